// Package oauth speaks the OAuth 2.0 API of a homeserver: it reads the metadata of the
// authorization server, registers a client, logs in by an authorization code or a device
// code, renews and revokes.
//
// A session is of one device, whose ID the client makes; the scope of the grant names it.
// Who has logged in tells whoami alone.
//
// A login by a device code at the homeserver with a base URL, errors left out:
//
//	metadata, ok, err := oauth.FetchMetadata(ctx, t, base)
//	issuer, err := oauth.New(t, base, metadata, oauth.Clock{})
//	clientID, err := issuer.Register(ctx, oauth.Registration{ClientName: "example", ClientURI: "https://example.org/"})
//	code, err := issuer.RequestDeviceCode(ctx, clientID, "EXAMPLEDEVICE")
//	tokens, err := issuer.AwaitApproval(ctx, code) // once the page and the code have been shown
//
// Its errors are those of [mxlogin/client/transport], perhaps in an [UnreachableError],
// [Error] where the server refused, [AnswerError] where a browser came back from elsewhere,
// and [ExpiredError].
//
// Client-Server API, "OAuth 2.0 API", since v1.15.
package oauth

import (
	"context"
	"net/http"
	"time"

	"mxlogin/client/matrixid"
	"mxlogin/client/transport"
)

// Client speaks to the authorization server of one homeserver. It is safe for
// concurrent use.
type Client struct {
	transport  *transport.Client
	homeserver matrixid.BaseURL
	metadata   Metadata
	endpoints  endpoints
	now        func() time.Time
	sleep      func(context.Context, time.Duration) error
}

// Clock is the time that a [Client] goes by. The zero Clock is that of the machine.
type Clock struct {
	Now   func() time.Time
	Sleep func(context.Context, time.Duration) error // ends with the cause of the context
}

// New makes a Client of the authorization server that the homeserver at base describes.
// A description that a login cannot go by is a [transport.ProtocolError]: one without the
// members that the specification requires, or with an endpoint that no secret may be sent
// to.
func New(t *transport.Client, base matrixid.BaseURL, m Metadata, clock Clock) (*Client, error) {
	places, err := m.endpoints(t, base)
	if err != nil {
		return nil, err
	}
	c := &Client{transport: t, homeserver: base, metadata: m, endpoints: places, now: clock.Now, sleep: clock.Sleep}
	if c.now == nil {
		c.now = time.Now
	}
	if c.sleep == nil {
		c.sleep = sleep
	}
	return c, nil
}

// Metadata is what the authorization server says of itself.
func (c *Client) Metadata() Metadata { return c.metadata }

// post sends a form to an endpoint. Its answer is a success.
func (c *Client) post(ctx context.Context, to endpoint, form transport.Fields, repeatable bool) (*transport.Response, error) {
	return c.send(ctx, to, transport.Request{Form: form, Repeatable: repeatable})
}

func (c *Client) send(ctx context.Context, to endpoint, r transport.Request) (*transport.Response, error) {
	r.Method, r.Base, r.Path, r.Query = http.MethodPost, to.root, to.path, to.query
	resp, err := c.transport.Do(ctx, r)
	if err != nil {
		return nil, c.named(to, err)
	}
	return resp, refusal(resp)
}

// named says who has named the place that no answer came from, where that is elsewhere.
func (c *Client) named(to endpoint, err error) error {
	if isNoAnswer(err) && to.root.Origin() != c.homeserver.Origin() {
		return &UnreachableError{Homeserver: c.homeserver.String(), Err: err}
	}
	return err
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
