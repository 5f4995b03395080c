package client

import (
	"context"
	"net/http"

	"mxlogin/client/transport"
)

// Logout ends the session of the token and deletes its device. Where the session
// is over already, the error is a [transport.MatrixError] with the code
// M_UNKNOWN_TOKEN. The endpoint takes no body.
//
// Client-Server API, POST /logout.
func (c *Client) Logout(ctx context.Context, token transport.Credential) error {
	return c.end(ctx, "/logout", token)
}

// LogoutAll ends all sessions of the token's user and deletes their devices.
//
// Client-Server API, POST /logout/all.
func (c *Client) LogoutAll(ctx context.Context, token transport.Credential) error {
	return c.end(ctx, "/logout/all", token)
}

// end does not read the answer: the session has ended, whatever it holds.
func (c *Client) end(ctx context.Context, endpoint string, token transport.Credential) error {
	_, err := c.do(ctx, transport.Request{Method: http.MethodPost, Path: c.path(endpoint), Bearer: token})
	return err
}
