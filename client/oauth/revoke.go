package oauth

import (
	"context"

	"mxlogin/client/secret"
	"mxlogin/client/transport"
)

// The kinds of token that a revocation can hint at.
const (
	AccessToken  = "access_token"
	RefreshToken = "refresh_token"
)

// Revoke ends the session of a token, by the client that it was granted to. kind is what
// the token is.
//
// By the specification a token that is over already is revoked as well. One server answers
// invalid_grant then; another says yes to everything and, of an access token that has
// ended, revokes nothing: the refresh token in use is the one to revoke.
//
// Client-Server API, "Token revocation"; RFC 7009.
func (c *Client) Revoke(ctx context.Context, clientID, kind string, token secret.Value) error {
	// Revoked twice a token is as dead as before.
	_, err := c.post(ctx, c.endpoints.revocation, transport.Fields{
		"token":           c.transport.Bind(token, c.endpoints.revocation.root.Origin()),
		"token_type_hint": kind,
		"client_id":       clientID,
	}, true)
	return err
}
