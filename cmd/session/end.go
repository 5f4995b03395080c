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

// EndAll logs out all sessions of the account's user, then takes their accounts
// out of the config file and returns their names. A token that the server does
// not know ends nothing but itself: the other sessions live on.
func (k *Keeper) EndAll(ctx context.Context, account config.Account) ([]string, ServerSide, error) {
	c, err := k.Open(account)
	if err != nil {
		return nil, "", err
	}
	if err := c.LogoutAll(ctx, c.Token); err != nil {
		if !isUnknownToken(err) {
			return nil, "", err
		}
		k.Reporter.Warning("other_devices", "the session was over already, so the other devices of the user could not be logged out")
		return namesOf(account), AlreadyGone, k.Forget(ctx, account)
	}
	names, err := k.forgetUser(ctx, account)
	return names, LoggedOut, err
}

// forgetUser takes all accounts of one user at one homeserver out of the file.
func (k *Keeper) forgetUser(ctx context.Context, account config.Account) (forgotten []string, err error) {
	if k.Store == nil || account.Name == "" {
		return nil, nil
	}
	ctx, cancel := lasting(ctx)
	defer cancel()
	err = k.Store.Update(ctx, func(file *config.File) error {
		for _, saved := range file.AccountsOf(account.UserID) {
			if saved.Homeserver == account.Homeserver {
				file.Remove(saved.Name)
				forgotten = append(forgotten, saved.Name)
			}
		}
		return nil
	})
	return forgotten, err
}

// LogOut ends a session that is saved nowhere. It is tried also when the run was
// interrupted.
func (k *Keeper) LogOut(ctx context.Context, r Result) error {
	ctx, cancel := lasting(ctx)
	defer cancel()
	c, err := k.Open(r.Account)
	if err != nil {
		return err
	}
	if err := c.Logout(ctx, c.Token); err != nil && !isUnknownToken(err) {
		return err
	}
	return nil
}

func namesOf(account config.Account) []string {
	if account.Name == "" {
		return nil
	}
	return []string{account.Name}
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
