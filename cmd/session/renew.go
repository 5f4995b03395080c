package session

import (
	"context"
	"errors"
	"fmt"
	"time"

	"mxlogin/client"
	"mxlogin/client/oauth"
	"mxlogin/client/transport"
	"mxlogin/config"
)

// Renew gets a new access token for the session of an account, and returns the account
// as it is saved then. Other processes wait meanwhile: where one of them has renewed
// the session already, its token is taken and nothing is sent.
//
// Nothing is sent where the config file could not be written, and no new token is used
// before it is saved: until then the server takes the old refresh token again, whatever
// happens here.
//
// A session without a refresh token is a [*NotRenewableError], one that the server
// refuses to renew an [*OverError]; then the account is what is left of it. After any
// other error everything is as it was.
func (k *Keeper) Renew(ctx context.Context, account config.Account) (config.Account, error) {
	switch {
	case !account.HasSession():
		return account, NoSession(account)
	case !account.IsRenewable():
		return account, &NotRenewableError{Account: account.Name, Flow: account.Flow}
	case k.Store == nil:
		return k.renewed(ctx, account)
	}
	var over *OverError
	err := k.Store.UpdateChecked(ctx, account.Storage, func(file *config.File) error {
		there, ok := file.Account(account.Name)
		if !ok || !there.HasSession() {
			return NoSession(config.Account{Name: account.Name, Flow: account.Flow})
		}
		there, err := k.unlocked(ctx, there)
		if err != nil {
			return err
		}
		if !there.SameSession(account) {
			account = there
			return nil
		}
		renewed, err := k.renewed(ctx, there)
		if errors.As(err, &over) {
			account = over.left(there)
			file.Put(account)
			return nil
		}
		if err != nil {
			return err
		}
		account = renewed
		file.Put(renewed)
		return nil
	})
	if err == nil && over != nil {
		return account, over
	}
	return account, err
}

// renewed is the account with the tokens that the API which made its session gives it.
func (k *Keeper) renewed(ctx context.Context, account config.Account) (config.Account, error) {
	made, err := k.apiOf(account)
	if err != nil {
		return account, err
	}
	tokens, err := made.renew(ctx, account)
	if endsSession(err) {
		return account, newOverError(account, err)
	}
	if err != nil {
		return account, fmt.Errorf("renewing the session: %w", err)
	}
	k.Hide(tokens.AccessToken)
	k.Hide(tokens.RefreshToken)
	refresh := tokens.RefreshToken
	if refresh.IsZero() { // it stays
		refresh = account.RefreshToken
	}
	account.SetTokens(tokens.AccessToken, refresh)
	account.ExpiresAt, account.Lifetime = k.endOf(tokens)
	return account, nil
}

// endOf is when an access token that was issued now ends, and how long it lives.
func (k *Keeper) endOf(tokens client.Tokens) (end time.Time, lifetime time.Duration) {
	if !tokens.Expires {
		return time.Time{}, 0
	}
	return k.Now().Add(tokens.Lifetime).UTC().Truncate(time.Second), tokens.Lifetime
}

// endsSession reports whether a renewal was refused in a way that ends the session: by
// a Matrix error, but for a limit and for an account that is locked for a time. A
// server that knows no renewal (any more) says nothing of the session.
//
// By the specification such a refusal is M_UNKNOWN_TOKEN; Synapse says M_FORBIDDEN of a
// refresh token that is too old. Of an authorization server it is any refusal but one that
// speaks of the server.
func endsSession(err error) bool {
	var refused *oauth.Error
	if errors.As(err, &refused) {
		return !knowsNoRenewal(err) && !isOAuthError(err, oauth.ServerError, oauth.Unavailable, oauth.SlowDown)
	}
	var refusal *transport.MatrixError
	if !errors.As(err, &refusal) {
		return false
	}
	switch refusal.Code {
	case "M_USER_LOCKED", "M_LIMIT_EXCEEDED", "M_UNRECOGNIZED":
		return false
	}
	return true
}
