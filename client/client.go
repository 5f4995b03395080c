// Package client logs in to Matrix homeservers: it asks how you can log in, logs
// in, asks who a token belongs to, and logs out. It needs the standard library
// only, keeps no state between calls, and never prints.
//
// A login from nothing but a user ID and a password, errors left out:
//
//	alice, err := matrixid.ParseUserID("@alice:example.org")
//	t := transport.New(transport.Options{})
//	found, err := discovery.Resolve(ctx, t, alice.Server())
//	homeserver := client.New(t, found.Base)
//	session, err := homeserver.LoginPassword(ctx, client.User(alice.String()),
//		homeserver.Bind(secret.New(password)), client.LoginOptions{DeviceName: "example"})
//
// The session has the access token, which is good for requests at this homeserver:
//
//	who, err := homeserver.WhoAmI(ctx, homeserver.Bind(session.AccessToken))
//
// Its errors are those of [mxlogin/client/transport]: MatrixError where the
// server refused, ServerError for a 5xx, ProtocolError for an answer that the
// specification does not allow, NetworkError and TLSError where no answer came,
// RateLimitError, LimitError, RedirectError, ForbiddenError where a credential or
// plain http was not meant for this homeserver, InterruptedError where ctx ended.
// They speak of the protocol; what a person should do about them is for the caller
// to say.
package client

import (
	"context"
	"net/http"

	"mxlogin/client/matrixid"
	"mxlogin/client/secret"
	"mxlogin/client/transport"
)

// Prefix is the version part of the paths of the login API. Servers older than
// v1.1 of the specification know "r0" only.
type Prefix string

// The prefixes, newest first.
const (
	V3 Prefix = "v3"
	R0 Prefix = "r0"
)

// Client speaks to one homeserver. It is safe for concurrent use.
type Client struct {
	transport *transport.Client
	base      matrixid.BaseURL
	prefix    Prefix
}

// New makes a Client for the homeserver at base that uses the v3 paths.
func New(t *transport.Client, base matrixid.BaseURL) *Client {
	return &Client{transport: t, base: base, prefix: V3}
}

// WithPrefix returns a Client like c that uses other paths, as a server asks for
// that [Client.LoginFlows] found to be old. The empty prefix means V3.
func (c *Client) WithPrefix(p Prefix) *Client {
	if p == "" {
		p = V3
	}
	return &Client{transport: c.transport, base: c.base, prefix: p}
}

// Bind binds a secret to the origin of this homeserver: a password that a person
// means for it, or a token that it has issued.
func (c *Client) Bind(v secret.Value) transport.Credential {
	return c.transport.Bind(v, c.base.Origin())
}

// Base returns the base URL of the homeserver.
func (c *Client) Base() matrixid.BaseURL { return c.base }

// Prefix returns the version part of the paths in use.
func (c *Client) Prefix() Prefix { return c.prefix }

// path returns the path of an endpoint of the client-server API.
func (c *Client) path(endpoint string) string {
	return "/_matrix/client/" + string(c.prefix) + endpoint
}

// get sends an authenticated GET and reads the object it is answered by.
func (c *Client) get(ctx context.Context, endpoint string, token transport.Credential) (transport.Object, error) {
	return c.send(ctx, transport.Request{Method: http.MethodGet, Path: c.path(endpoint), Bearer: token})
}

// send sends r and reads the object it is answered by.
func (c *Client) send(ctx context.Context, r transport.Request) (transport.Object, error) {
	resp, err := c.do(ctx, r)
	if err != nil {
		return transport.Object{}, err
	}
	return resp.Object()
}

// do sends r; its answer is a success.
func (c *Client) do(ctx context.Context, r transport.Request) (*transport.Response, error) {
	r.Base = c.base
	resp, err := c.transport.Do(ctx, r)
	if err != nil {
		return nil, err
	}
	return resp, resp.Refusal()
}
