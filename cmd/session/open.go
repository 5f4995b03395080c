package session

import (
	"context"
	"errors"
	"fmt"

	"mxlogin/client"
	"mxlogin/client/matrixid"
	"mxlogin/client/transport"
	"mxlogin/config"
)

// Client is an authenticated client: a homeserver and a token for it.
type Client struct {
	*client.Client
	Account config.Account
	Token   transport.Credential

	keeper *Keeper
}

// Open makes an authenticated client of a saved account.
func (k *Keeper) Open(account config.Account) (*Client, error) {
	if !account.HasSession() {
		return nil, NoSession(account)
	}
	base, err := matrixid.ParseBaseURL(account.Homeserver)
	if err != nil {
		return nil, fmt.Errorf("account %s: homeserver: %w", account.Name, err)
	}
	homeserver := k.client(base, account.Prefix)
	return &Client{Client: homeserver, Account: account, Token: homeserver.Bind(account.AccessToken), keeper: k}, nil
}

// NoSession says why an account without a session has none.
func NoSession(account config.Account) error {
	reason := "it is logged out"
	if account.Pending {
		reason = "its login was not finished"
	}
	return &NoSessionError{Account: account.Name, Reason: reason}
}

// WhoAmI asks who the token belongs to. Where the server says that the session is
// over, that is saved too.
func (c *Client) WhoAmI(ctx context.Context) (client.Identity, error) {
	who, err := c.Client.WhoAmI(ctx, c.Token)
	if isUnknownToken(err) {
		return client.Identity{}, c.over(ctx, err)
	}
	return who, err
}

// over saves that the server has ended the session: the tokens are worthless. On
// a soft logout the device lives on and its ID is kept for the next login.
func (c *Client) over(ctx context.Context, cause error) error {
	var refusal *transport.MatrixError
	errors.As(cause, &refusal)
	over := &OverError{Account: c.Account.Name, Err: cause}
	if refusal.SoftLogout {
		over.DeviceID = c.Account.DeviceID
	}
	if c.keeper.Store == nil {
		return over
	}
	ctx, cancel := lasting(ctx)
	defer cancel()
	err := c.keeper.Store.Update(ctx, func(file *config.File) error {
		entry, ok := file.Account(c.Account.Name)
		if !ok || !entry.AccessToken.Equal(c.Account.AccessToken) {
			return nil // another process has logged in meanwhile
		}
		entry = withoutSession(entry)
		entry.DeviceID = over.DeviceID
		file.Put(entry)
		return nil
	})
	if err != nil {
		c.keeper.Reporter.Warning("storage", "the dead session could not be taken out of the config file: "+err.Error())
	}
	return over
}

// isUnknownToken reports whether the server said, in so many words, that it does
// not know the token. No other refusal says that a session has ended: one server
// answers M_MISSING_TOKEN and ends nothing.
func isUnknownToken(err error) bool {
	var refusal *transport.MatrixError
	return errors.As(err, &refusal) && refusal.Code == "M_UNKNOWN_TOKEN"
}
