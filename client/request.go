package client

import (
	"context"
	"net/http"

	"mxlogin/client/transport"
)

// Request is any request to a homeserver, for what this package has no method of.
type Request struct {
	Method      string
	Path, Query string          // the path begins with a slash; both are sent as they are
	Body        []byte          // JSON; nil: none
	Into        *transport.Sink // takes the body of a success; nil: the answer holds it, up to 1 MiB
}

// Send sends a request with a token, and returns the answer whatever its status but for a
// 401, which is an error by which a session is renewed; the answer is returned with that.
func (c *Client) Send(ctx context.Context, token transport.Credential, r Request) (*transport.Response, error) {
	resp, err := c.transport.Do(ctx, transport.Request{
		Method: r.Method, Base: c.base, Path: r.Path, Query: r.Query, Raw: r.Body, Bearer: token, Into: r.Into,
	})
	if err == nil && resp.Status == http.StatusUnauthorized {
		err = resp.Refusal()
	}
	return resp, err
}
