package client

import (
	"context"
	"net/http"

	"mxlogin/client/transport"
)

// Refresh gets new tokens for the session of a refresh token. Where the answer has
// no refresh token the old one stays in use.
//
// The old tokens are good until one of the new ones is used: whoever saves the new
// ones first can repeat a renewal whose answer was lost. So the request is sent a
// second time where the connection or a gateway failed.
//
// A refusal is a [transport.MatrixError]: M_UNKNOWN_TOKEN by the specification,
// M_FORBIDDEN by Synapse. A server without renewal answers M_UNRECOGNIZED.
//
// Client-Server API, POST /refresh.
func (c *Client) Refresh(ctx context.Context, refreshToken transport.Credential) (Tokens, error) {
	answer, err := c.send(ctx, transport.Request{
		Method: http.MethodPost, Path: c.path("/refresh"), Repeatable: true,
		JSON: transport.Fields{"refresh_token": refreshToken},
	})
	if err != nil {
		return Tokens{}, err
	}
	tokens, err := readTokens(answer)
	if err != nil {
		return Tokens{}, err
	}
	return tokens, refuseEcho(answer, refreshToken, "access_token")
}
