package session

import (
	"context"
	"errors"

	"mxlogin/client/transport"
	"mxlogin/config"
)

// ServerSide is what a logout did on the server.
type ServerSide string

// What a logout can have done there.
const (
	LoggedOut   ServerSide = "logged_out"
	AlreadyGone ServerSide = "already_gone"
	Expired     ServerSide = "expired" // the token was too old to end its device, which stays
	NotAsked    ServerSide = "not_asked"
)

// End logs the session out on the server, then takes its account out of the
// config file. Where the server does not answer, or refuses, everything stays.
func (k *Keeper) End(ctx context.Context, account config.Account) (ServerSide, error) {
	if !account.Pending && !account.HasSession() {
		return AlreadyGone, k.Forget(ctx, account)
	}
	if err := k.mayForget(ctx); err != nil {
		return "", err
	}
	account, err := k.end(ctx, account, api.end)
	done, err := whatEnded(err)
	if err != nil {
		return "", err
	}
	if done == LoggedOut && account.API == config.APIOAuth && !account.IsRenewable() && account.HasEnded(k.Now()) {
		done = Expired // an authorization server says yes to its revocation and ends nothing
	}
	return done, k.Forget(ctx, account)
}

// EndAll logs out all sessions of the account's user, then takes their accounts
// out of the config file and returns their names. A token that the server does
// not know ends nothing but itself: the other sessions live on.
func (k *Keeper) EndAll(ctx context.Context, account config.Account) ([]string, ServerSide, error) {
	before, err := k.accountsOf(ctx, account)
	if err != nil {
		return nil, "", err
	}
	account, err = k.end(ctx, account, api.endAll)
	done, err := whatEnded(err)
	switch {
	case isRefusal(err):
		return nil, "", &OneByOneError{Err: err}
	case err != nil:
		return nil, "", err
	case done != LoggedOut:
		k.Reporter.Warning("other_devices", "the session was over already, so the other devices of the user could not be logged out")
		return namesOf(account), done, k.Forget(ctx, account)
	}
	names, err := k.forgetAll(ctx, append(before, account))
	return names, LoggedOut, err
}

// mayForget shows that the config file can be written, before a session is ended that
// would stay in it.
func (k *Keeper) mayForget(ctx context.Context) error {
	if k.Store == nil {
		return nil
	}
	return k.canSave(ctx, config.StorageFile)
}

// accountsOf are the saved accounts of the account's user at its homeserver. The file is
// shown to be writable.
func (k *Keeper) accountsOf(ctx context.Context, account config.Account) (saved []config.Account, err error) {
	if err := k.mayForget(ctx); err != nil || k.Store == nil {
		return nil, err
	}
	file, err := k.Store.Load()
	if err != nil {
		return nil, err
	}
	for _, same := range file.AccountsOf(account.UserID) {
		if same.Homeserver == account.Homeserver {
			saved = append(saved, same)
		}
	}
	return saved, nil
}

// whatEnded is what the outcome of a logout says of the server. A session that the
// server does not know is no error.
func whatEnded(err error) (ServerSide, error) {
	var refusal *transport.MatrixError
	var over *OverError
	switch {
	case err == nil:
		return LoggedOut, nil
	case errors.As(err, &over) && over.DeviceID == "":
		return AlreadyGone, nil
	case errors.As(err, &over):
		return Expired, nil
	case !isUnknownToken(err):
		return "", err
	case errors.As(err, &refusal) && refusal.SoftLogout:
		return Expired, nil
	}
	return AlreadyGone, nil
}

func isRefusal(err error) bool {
	var refusal *transport.MatrixError
	return errors.As(err, &refusal)
}

// end asks the API that made the session to end it by how, and returns the account
// as the file has it then. An access token that has ended ends nothing at some
// servers, so such a session is renewed first.
func (k *Keeper) end(ctx context.Context, account config.Account, how func(api, context.Context, config.Account) error) (config.Account, error) {
	if !account.HasSession() {
		return account, NoSession(account)
	}
	account, err := k.unlocked(ctx, account)
	if err != nil {
		return account, err
	}
	made, err := k.apiOf(account)
	if err != nil {
		return account, err
	}
	renewable := account.IsRenewable()
	if renewable && account.HasEnded(k.Now()) {
		renewable = false
		if account, err = k.Renew(ctx, account); err != nil && !knowsNoRenewal(err) {
			return account, err
		}
	}
	if err = how(made, ctx, account); !isUnknownToken(err) || !renewable {
		return account, err
	}
	renewed, failure := k.Renew(ctx, account)
	if knowsNoRenewal(failure) {
		return account, err
	}
	if failure != nil {
		return renewed, failure
	}
	return renewed, how(made, ctx, renewed)
}

// apiOf returns the API that made the account's session, over a connection to its
// homeserver.
func (k *Keeper) apiOf(account config.Account) (api, error) {
	connection, err := k.Network.For(&account)
	if err != nil {
		return nil, err
	}
	return apiOf(connection, account), nil
}

// forgetAll takes accounts out of the file that are still what they were, and returns
// their names: what another process has made meanwhile is not over.
func (k *Keeper) forgetAll(ctx context.Context, accounts []config.Account) (forgotten []string, err error) {
	if k.Store == nil {
		return nil, nil
	}
	ctx, cancel := Lasting(ctx)
	defer cancel()
	err = k.Store.Update(ctx, func(file *config.File) error {
		for _, account := range accounts {
			if there, ok := file.Account(account.Name); ok && isUnchanged(account, there) {
				file.Remove(account.Name)
				forgotten = append(forgotten, account.Name)
			}
		}
		return nil
	})
	return forgotten, err
}

// isUnchanged reports whether an entry is the one that was read: two without a token are
// not, unless they are of one device.
func isUnchanged(read, there config.Account) bool {
	return there.SameSession(read) && there.DeviceID == read.DeviceID && there.Pending == read.Pending
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
		if there, ok := file.Account(account.Name); ok && isUnchanged(account, there) {
			file.Remove(account.Name)
		}
		return nil
	})
}
