package session

import (
	"context"
	"fmt"

	"mxlogin/client"
	"mxlogin/client/matrixid"
	"mxlogin/client/transport"
	"mxlogin/config"
)

// legacy is the login API of the client-server specification, as far as it goes on
// with what it began.
type legacy struct{ connection Connection }

func (l legacy) renew(ctx context.Context, account config.Account) (client.Tokens, error) {
	homeserver, _, err := l.connection.open(account)
	if err != nil {
		return client.Tokens{}, err
	}
	return homeserver.Refresh(ctx, homeserver.Bind(account.RefreshToken))
}

func (l legacy) end(ctx context.Context, account config.Account) error {
	homeserver, token, err := l.connection.open(account)
	if err != nil {
		return err
	}
	return homeserver.Logout(ctx, token)
}

func (l legacy) endAll(ctx context.Context, account config.Account) error {
	homeserver, token, err := l.connection.open(account)
	if err != nil {
		return err
	}
	return homeserver.LogoutAll(ctx, token)
}

// elsewhere asks whether the homeserver has the OAuth 2.0 API as well: then devices are
// managed there.
//
// Client-Server API, DELETE /devices/{deviceId}.
func (l legacy) elsewhere(ctx context.Context, account config.Account, action, deviceID string) error {
	page, ok, err := l.connection.accountPage(ctx, account, action, deviceID)
	if err != nil || !ok {
		return err
	}
	return page
}

func baseOf(account config.Account) (matrixid.BaseURL, error) {
	base, err := matrixid.ParseBaseURL(account.Homeserver)
	if err != nil {
		return matrixid.BaseURL{}, fmt.Errorf("account %s: homeserver: %w", account.Name, err)
	}
	return base, nil
}

// open makes a client for the account's homeserver, and binds its token to that.
func (c Connection) open(account config.Account) (*client.Client, transport.Credential, error) {
	base, err := baseOf(account)
	if err != nil {
		return nil, transport.Credential{}, err
	}
	homeserver := client.New(c.Transport, base).WithPrefix(client.Prefix(account.Prefix))
	return homeserver, homeserver.Bind(account.AccessToken), nil
}
