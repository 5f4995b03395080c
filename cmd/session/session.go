// Package session is the life of a session: a login ends in one (check, save,
// report), a command opens it, a logout ends it.
package session

import (
	"context"
	"errors"
	"time"

	"mxlogin/client/secret"
	"mxlogin/config"
)

// Reporter takes what a person should know and that is no error.
type Reporter interface {
	Warning(code, message string)
	Notice(kind, message string, fields map[string]any)
}

// Store is the config file's place, a [config.Store].
type Store interface {
	Load() (*config.File, error)
	Update(ctx context.Context, change func(*config.File) error) error
	UpdateChecked(ctx context.Context, storage string, change func(*config.File) error) error
	Unlock(ctx context.Context, account config.Account) (config.Account, error)
}

// Keeper takes sessions in and gives them out.
type Keeper struct {
	Store    Store // nil saves nothing
	Network  Network
	Reporter Reporter
	Hide     func(secret.Value) // gets every token that is read or issued
	Now      func() time.Time
}

// Unsaved returns a Keeper of sessions that are saved nowhere.
func (k *Keeper) Unsaved() *Keeper {
	unsaved := *k
	unsaved.Store = nil
	return &unsaved
}

// canSave shows that a session in this storage could be saved.
func (k *Keeper) canSave(ctx context.Context, storage string) error {
	return k.Store.UpdateChecked(ctx, storage, func(*config.File) error { return nil })
}

// unlocked returns an account with its tokens at hand. Where the keyring does not have them
// any more another process may have renewed the session, or logged in: then the account is
// as it is saved now.
func (k *Keeper) unlocked(ctx context.Context, account config.Account) (config.Account, error) {
	for k.Store != nil {
		with, err := k.Store.Unlock(ctx, account)
		if err == nil {
			account = with
			break
		}
		if !errors.Is(err, config.ErrNoItem) {
			return account, err
		}
		file, failure := k.Store.Load()
		if failure != nil {
			return account, failure
		}
		there, ok := file.Account(account.Name)
		if !ok || !there.HasSession() || there.SameSession(account) {
			return account, err
		}
		account = there
	}
	k.Hide(account.AccessToken)
	k.Hide(account.RefreshToken)
	return account, nil
}

// Result is a session that a login made or found.
type Result struct {
	Account config.Account
	Saved   bool // in the config file
	Reused  bool // it was there before
	Renewed bool // by this command
}

// LingerTime is how long what must not be cut short may go on after the run was
// interrupted: a session that the server has made must not be lost to a signal.
const LingerTime = 5 * time.Second

// Lasting returns a context that outlives an interruption of ctx by LingerTime, and
// then ends by the same cause.
func Lasting(ctx context.Context) (context.Context, context.CancelFunc) {
	lasting, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	unhook := context.AfterFunc(ctx, func() {
		time.AfterFunc(LingerTime, func() { cancel(context.Cause(ctx)) })
	})
	return lasting, func() {
		unhook()
		cancel(nil)
	}
}
