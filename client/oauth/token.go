package oauth

import (
	"context"
	"strings"
	"time"

	"mxlogin/client"
	"mxlogin/client/secret"
	"mxlogin/client/transport"
)

// Refresh gets new tokens for the session of a refresh token, by the client that the
// session was granted to. Where the answer has no refresh token the old one stays in use.
//
// The old refresh token is good until one of the new tokens is used, so the request is
// sent a second time where the connection or a gateway failed. Not every server keeps to
// that.
//
// Client-Server API, "Token refresh flow".
func (c *Client) Refresh(ctx context.Context, clientID string, refreshToken secret.Value) (client.Tokens, error) {
	return c.askForTokens(ctx, "", true, transport.Fields{
		"grant_type":    grantRefresh,
		"refresh_token": c.bind(refreshToken),
		"client_id":     clientID,
	})
}

// askForTokens sends a request to the token endpoint. Tokens that come with an error were
// issued and are not those that were asked for.
func (c *Client) askForTokens(ctx context.Context, deviceID string, repeatable bool, form transport.Fields) (client.Tokens, error) {
	resp, err := c.post(ctx, c.endpoints.token, form, repeatable)
	if err != nil {
		return client.Tokens{}, err
	}
	answer, err := resp.Object()
	if err != nil {
		return client.Tokens{}, err
	}
	tokens, err := readTokens(answer)
	if err != nil {
		return tokens, err
	}
	if err := refuseEcho(answer, form); err != nil {
		return client.Tokens{}, err
	}
	if deviceID == "" {
		return tokens, nil
	}
	return tokens, checkScope(answer, deviceID)
}

// readTokens reads an answer of the token endpoint (RFC 6749, 5.1). expires_in counts
// seconds.
func readTokens(answer transport.Object) (t client.Tokens, err error) {
	if t.AccessToken, err = answer.Secret("access_token"); err != nil {
		return client.Tokens{}, err
	}
	if t.AccessToken.IsZero() {
		return client.Tokens{}, answer.Invalid("access_token", "is missing")
	}
	if t.RefreshToken, err = answer.Secret("refresh_token"); err != nil {
		return t, err
	}
	kind, _, err := answer.String("token_type")
	if err != nil {
		return t, err
	}
	if !strings.EqualFold(kind, "Bearer") {
		return t, answer.Invalid("token_type", "is not Bearer")
	}
	t.Lifetime, t.Expires, err = answer.Lifetime("expires_in", time.Second)
	return t, err
}

// refuseEcho refuses an access token that is a secret which was just sent.
func refuseEcho(answer transport.Object, form transport.Fields) error {
	text, _, _ := answer.String("access_token")
	for _, value := range form {
		if sent, ok := value.(transport.Credential); ok && sent.IsRepeatedBy(text) {
			return answer.Invalid("access_token", "repeats the secret that was sent")
		}
	}
	return nil
}
