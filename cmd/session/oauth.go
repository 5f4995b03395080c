package session

import (
	"context"
	"errors"
	"slices"

	"mxlogin/client"
	"mxlogin/client/matrixid"
	"mxlogin/client/oauth"
	"mxlogin/config"
)

// Issuer returns a client of the authorization server of a homeserver. Where that has no
// OAuth 2.0 API it is a [*NoIssuerError].
func (c Connection) Issuer(ctx context.Context, base matrixid.BaseURL) (*oauth.Client, error) {
	metadata, ok, err := c.Metadata.Fetch(ctx, c.Transport, base)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, &NoIssuerError{Homeserver: base.String()}
	}
	return oauth.New(c.Transport, base, metadata, c.Clock)
}

// accountPage returns an [*ElsewhereError] with the page on which a person does an action
// on a device; its URL is empty where none is named. ok is false where the homeserver has
// no OAuth 2.0 API.
func (c Connection) accountPage(ctx context.Context, account config.Account, action, deviceID string) (page *ElsewhereError, ok bool, err error) {
	base, err := baseOf(account)
	if err != nil {
		return nil, false, err
	}
	metadata, ok, err := c.Metadata.Fetch(ctx, c.Transport, base)
	if err != nil || !ok {
		return nil, false, err
	}
	return &ElsewhereError{URL: metadata.AccountPage(c.Transport, base, action, deviceID)}, true, nil
}

// oauthAPI is the OAuth 2.0 API, as far as it goes on with what it began. What it does is
// done by the client that the session was granted to.
type oauthAPI struct{ connection Connection }

func (o oauthAPI) renew(ctx context.Context, account config.Account) (client.Tokens, error) {
	issuer, err := o.issuer(ctx, account)
	if err != nil {
		return client.Tokens{}, err
	}
	return issuer.Refresh(ctx, account.OAuth.ClientID, account.RefreshToken)
}

// end revokes the refresh token in use, which ends the session whether its access token is
// good or not. A server may say that this token ends nothing more; whether the session is
// over is then for the homeserver to say.
func (o oauthAPI) end(ctx context.Context, account config.Account) error {
	issuer, err := o.issuer(ctx, account)
	if err != nil {
		return err
	}
	kind, token := oauth.RefreshToken, account.RefreshToken
	if token.IsZero() {
		kind, token = oauth.AccessToken, account.AccessToken
	}
	refused := issuer.Revoke(ctx, account.OAuth.ClientID, kind, token)
	if !isOAuthError(refused, oauth.InvalidGrant) {
		return refused
	}
	homeserver, access, err := o.connection.open(account)
	if err != nil {
		return err
	}
	if _, err = homeserver.WhoAmI(ctx, access); err != nil {
		return err
	}
	return refused
}

// endAll is not part of this API.
func (o oauthAPI) endAll(ctx context.Context, account config.Account) error {
	return o.elsewhere(ctx, account, oauth.ActionDevicesList, "")
}

func (o oauthAPI) elsewhere(ctx context.Context, account config.Account, action, deviceID string) error {
	page, ok, err := o.connection.accountPage(ctx, account, action, deviceID)
	if err != nil {
		return err
	}
	if !ok {
		page = &ElsewhereError{}
	}
	return page
}

// issuer returns a client of the authorization server that made the account's session: no
// other gets its tokens.
func (o oauthAPI) issuer(ctx context.Context, account config.Account) (*oauth.Client, error) {
	base, err := baseOf(account)
	if err != nil {
		return nil, err
	}
	issuer, err := o.connection.Issuer(ctx, base)
	if err != nil {
		return nil, err
	}
	if named := issuer.Metadata().Issuer; named != account.OAuth.Issuer {
		return nil, &OtherIssuerError{Account: account.Name, Saved: account.OAuth.Issuer, Named: named}
	}
	return issuer, nil
}

// isOAuthError reports whether an authorization server refused with one of these codes.
func isOAuthError(err error, codes ...string) bool {
	var refused *oauth.Error
	if !errors.As(err, &refused) {
		return false
	}
	return slices.Contains(codes, refused.Code)
}
