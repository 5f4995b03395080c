package client

import (
	"context"
	"errors"
	"net/http"
	"time"

	"mxlogin/client/secret"
	"mxlogin/client/transport"
)

// ErrNoLoginTokens says that the homeserver gives out no login tokens.
var ErrNoLoginTokens = errors.New("the server gives out no login tokens")

const loginTokenPath = "/_matrix/client/v1/login/get_token"

// LoginTokenGrant is a login token that a session has minted for another device.
type LoginTokenGrant struct {
	Token    secret.Value
	Lifetime time.Duration // from the answer on
}

// MintLoginToken gets a token that logs another device of the token's user in, once, by
// [Client.LoginToken]. The homeserver wants to know that it is the user who asks: prove
// answers it. The error is ErrNoLoginTokens where the homeserver has no such endpoint.
//
// Client-Server API, POST /login/get_token, since v1.7.
func (c *Client) MintLoginToken(ctx context.Context, token transport.Credential, prove Prove) (LoginTokenGrant, error) {
	answer, err := c.interact(ctx, transport.Request{
		Method: http.MethodPost, Path: loginTokenPath, Bearer: token, JSON: transport.Fields{},
	}, prove)
	var refusal *transport.MatrixError
	var page *transport.ProtocolError
	isAbsent := errors.As(err, &refusal) && refusal.Status == http.StatusNotFound ||
		errors.As(err, &page) && page.Status == http.StatusNotFound // MAS answers by a page
	if isAbsent {
		return LoginTokenGrant{}, ErrNoLoginTokens
	}
	if err != nil {
		return LoginTokenGrant{}, err
	}
	minted, err := answer.Secret("login_token")
	if err != nil {
		return LoginTokenGrant{}, err
	}
	if minted.IsZero() {
		return LoginTokenGrant{}, answer.Invalid("login_token", "is missing")
	}
	lifetime, _, err := answer.Lifetime("expires_in_ms", time.Millisecond)
	return LoginTokenGrant{Token: minted, Lifetime: lifetime}, err
}

// MayMintLoginToken asks whether the token's user may do [Client.MintLoginToken]. A
// homeserver that does not say so is taken to say no, as the specification wants.
//
// Client-Server API, GET /capabilities, "m.get_login_token".
func (c *Client) MayMintLoginToken(ctx context.Context, token transport.Credential) (bool, error) {
	answer, err := c.get(ctx, "/capabilities", token)
	if err != nil {
		return false, err
	}
	capabilities, _, err := answer.Object("capabilities")
	if err != nil {
		return false, err
	}
	mint, _, err := capabilities.Object("m.get_login_token")
	if err != nil {
		return false, err
	}
	enabled, _, err := mint.Bool("enabled")
	return enabled, err
}
