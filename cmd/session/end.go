package session

import (
	"context"

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
	done := LoggedOut
	if err := k.end(ctx, account, api.end); err != nil {
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
	if err := k.end(ctx, account, api.endAll); err != nil {
		if !isUnknownToken(err) {
			return nil, "", err
		}
		k.Reporter.Warning("other_devices", "the session was over already, so the other devices of the user could not be logged out")
		return namesOf(account), AlreadyGone, k.Forget(ctx, account)
	}
	names, err := k.forgetUser(ctx, account)
	return names, LoggedOut, err
}

// end asks the API that made the session to end it by how.
func (k *Keeper) end(ctx context.Context, account config.Account, how func(api, context.Context, config.Account) error) error {
	if !account.HasSession() {
		return NoSession(account)
	}
	k.Hide(account.RefreshToken)
	connection, err := k.Network.For(&account)
	if err != nil {
		return err
	}
	made, err := apiOf(connection, account)
	if err != nil {
		return err
	}
	return how(made, ctx, account)
}

// forgetUser takes all accounts of one user at one homeserver out of the file.
func (k *Keeper) forgetUser(ctx context.Context, account config.Account) (forgotten []string, err error) {
	if k.Store == nil || account.Name == "" {
		return nil, nil
	}
	ctx, cancel := Lasting(ctx)
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
	ctx, cancel := Lasting(ctx)
	defer cancel()
	return k.Store.Update(ctx, func(file *config.File) error {
		if there, ok := file.Account(account.Name); ok && there.AccessToken.Equal(account.AccessToken) {
			file.Remove(account.Name)
		}
		return nil
	})
}
