package config

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"

	"mxlogin/client/secret"
)

// What Account.Storage says.
const (
	StorageFile    = "file" // also the empty string
	StorageKeyring = "keyring"
)

// Keyring keeps secrets by name. Its errors are [KeyringError].
type Keyring interface {
	Get(ctx context.Context, name string) (secret.Value, error)
	Set(ctx context.Context, name string, value secret.Value) error
	Delete(ctx context.Context, name string) error
}

// Targets of errors.Is.
var (
	// ErrNoItem: the keyring has no item of this name.
	ErrNoItem = errors.New("it has no such item")
	// ErrNoKeyring: there is no keyring here.
	ErrNoKeyring = errors.New("there is none")
	// ErrKeyringSilent: the keyring has not answered in time. Most likely it waits for
	// somebody to unlock it.
	ErrKeyringSilent = errors.New("it does not answer")
	// ErrKeyringLocked: nobody has unlocked the keyring.
	ErrKeyringLocked = errors.New("it is locked")
	// ErrItemTooLarge: the keyring takes no secret of this size.
	ErrItemTooLarge = errors.New("the token is too large for it")
	// ErrItemChanged: the keyring gives back another secret than it was given.
	ErrItemChanged = errors.New("it did not keep what it was given")
)

// KeyringError says that the system's keyring could not be used.
type KeyringError struct {
	Op  string // "read", "write to" or "delete from"
	Err error
}

func (e *KeyringError) Error() string {
	return fmt.Sprintf("cannot %s the system's keyring: %v", e.Op, e.Err)
}

func (e *KeyringError) Unwrap() error { return e.Err }

// Hint says what a person can do about the error.
func (e *KeyringError) Hint() string {
	switch {
	case errors.Is(e.Err, ErrNoItem):
		return "somebody has deleted it there; log in again"
	case errors.Is(e.Err, ErrNoKeyring):
		return "run mxlogin in a desktop session or under dbus-run-session with a Secret Service, or log in with --storage file"
	case errors.Is(e.Err, ErrItemTooLarge), errors.Is(e.Err, ErrItemChanged):
		return "keep this session in the config file: --storage file"
	}
	return "unlock it and try again, or log in with --storage file"
}

// Items are the names of an account's tokens in the keyring: what is random in them. One
// that is empty stands for a token that is not there. A token that changes gets a new
// item, so that the config file decides at any time which one counts.
type Items struct {
	Access, Refresh string
}

// SetTokens gives the account tokens in place of those it has. Where the account is kept
// in the keyring, [Store.Update] puts them there.
func (a *Account) SetTokens(access, refresh secret.Value) {
	a.AccessToken, a.RefreshToken, a.Items = access, refresh, Items{}
	if a.Storage == StorageKeyring {
		a.Items = Items{newItem(access), newItem(refresh)}
	}
}

func newItem(token secret.Value) string {
	if token.IsZero() {
		return ""
	}
	return rand.Text()
}

// SetStorage changes what keeps the tokens. They have to be at hand, as they are after
// [Store.Unlock].
func (a *Account) SetStorage(storage string) {
	a.Storage = ""
	if storage == StorageKeyring {
		a.Storage = storage
	}
	a.SetTokens(a.AccessToken, a.RefreshToken)
}

// SameSession reports whether two states of an account hold the same session, also where
// its tokens are at hand in one of them only.
func (a Account) SameSession(other Account) bool {
	if a.Items.Access != "" || other.Items.Access != "" {
		return a.Items.Access == other.Items.Access
	}
	return a.AccessToken.Equal(other.AccessToken)
}

// item is one secret of the keyring.
type item struct {
	kind  string
	name  string
	value secret.Value // zero where it is not at hand
}

// What an item holds.
const (
	kindAccess  = "access token"
	kindRefresh = "refresh token"
)

// items are those of the account. Whose token it is and where it is used is part of the
// name: an entry of another homeserver never gets it.
func (a Account) items() []item {
	var items []item
	add := func(kind, random string, value secret.Value) {
		if random != "" {
			name := fmt.Sprintf("%s of %s at %s, %s", kind, plain(a.UserID), plain(a.Homeserver), random)
			items = append(items, item{kind, name, value})
		}
	}
	add(kindAccess, a.Items.Access, a.AccessToken)
	add(kindRefresh, a.Items.Refresh, a.RefreshToken)
	return items
}

// plain is text without what a keyring, or the program that speaks to it, could take
// for something else.
func plain(text string) string {
	return strings.Map(func(r rune) rune {
		if r <= ' ' || r > '~' {
			return '_'
		}
		return r
	}, text)
}

// Unlock returns the account with its tokens at hand, from the keyring if it keeps
// them. Errors are [KeyringError].
func (s *Store) Unlock(ctx context.Context, account Account) (Account, error) {
	for _, item := range account.items() {
		if !item.value.IsZero() {
			continue
		}
		value, err := s.keyring.Get(ctx, item.name)
		if err != nil {
			return account, err
		}
		switch item.kind {
		case kindAccess:
			account.AccessToken = value
		case kindRefresh:
			account.RefreshToken = value
		}
	}
	return account, nil
}

// tryKeyring shows that the keyring keeps what it is given.
func tryKeyring(ctx context.Context, keyring Keyring) error {
	probe := item{name: "test of mxlogin, " + rand.Text(), value: secret.New("test")}
	err := keep(ctx, keyring, probe)
	if errors.Is(err, ErrKeyringSilent) {
		return err
	}
	if deleteErr := keyring.Delete(ctx, probe.name); err == nil {
		err = deleteErr
	}
	return err
}

// keep puts an item into the keyring and looks whether it is there: some say yes to a
// secret that they cut.
func keep(ctx context.Context, keyring Keyring, item item) error {
	if err := keyring.Set(ctx, item.name, item.value); err != nil {
		return err
	}
	kept, err := keyring.Get(ctx, item.name)
	if err == nil && !kept.Equal(item.value) {
		err = &KeyringError{Op: "write to", Err: ErrItemChanged}
	}
	return err
}
