package session

import (
	"context"
	"time"

	"mxlogin/client/secret"
	"mxlogin/config"
)

// ServerSide is what a logout did on the server.
type ServerSide string

// What a logout can have done there.
const (
	LoggedOut   ServerSide = "logged_out"
	AlreadyGone ServerSide = "already_gone"
	NotAsked    ServerSide = "not_asked"
)

// End logs the session out on the server, then takes its account out of the
// config file. Where the server does not answer, or refuses, everything stays.
func (k *Keeper) End(ctx context.Context, account config.Account) (ServerSide, error) {
	if !account.Pending && !account.HasSession() {
		return AlreadyGone, k.Forget(ctx, account)
	}
	c, err := k.Open(account)
	if err != nil {
		return "", err
	}
	done := LoggedOut
	if err := c.Logout(ctx, c.Token); err != nil {
		if !isUnknownToken(err) {
			return "", err
		}
		done = AlreadyGone
	}
	return done, k.Forget(ctx, account)
}

// Forget takes an account out of the config file and asks no server. Where another
// process has logged in to it meanwhile, that session stays.
func (k *Keeper) Forget(ctx context.Context, account config.Account) error {
	if k.Store == nil {
		return nil
	}
	ctx, cancel := lasting(ctx)
	defer cancel()
	return k.Store.Update(ctx, func(file *config.File) error {
		if there, ok := file.Account(account.Name); ok && there.AccessToken.Equal(account.AccessToken) {
			file.Remove(account.Name)
		}
		return nil
	})
}

// withoutSession returns the account without what ends with its session.
func withoutSession(account config.Account) config.Account {
	account.AccessToken, account.RefreshToken = secret.Value{}, secret.Value{}
	account.ExpiresAt = time.Time{}
	return account
}
