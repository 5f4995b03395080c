package config

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"time"

	"github.com/zalando/go-keyring"

	"mxlogin/client/secret"
)

// SystemKeyring is the keyring of whoever runs this: a Secret Service on Linux and the
// BSDs, the Keychain of macOS, the Credential Manager of Windows. A call has 5 s.
type SystemKeyring struct{}

const (
	keyringService = "mxlogin"
	keyringTimeout = 5 * time.Second
)

// Get reads the secret of this name.
func (SystemKeyring) Get(ctx context.Context, name string) (secret.Value, error) {
	text, err := askKeyring(ctx, "read", func() (string, error) { return keyring.Get(keyringService, name) })
	return secret.New(text), err
}

// Set keeps a secret under a name.
func (SystemKeyring) Set(ctx context.Context, name string, value secret.Value) error {
	_, err := askKeyring(ctx, "write to", func() (string, error) { return "", keyring.Set(keyringService, name, value.Reveal()) })
	return err
}

// Delete removes the secret of this name.
func (SystemKeyring) Delete(ctx context.Context, name string) error {
	_, err := askKeyring(ctx, "delete from", func() (string, error) { return "", keyring.Delete(keyringService, name) })
	return err
}

// askKeyring does not wait longer than a call may take. The call cannot be broken off: it
// goes on until the process ends.
func askKeyring(ctx context.Context, op string, call func() (string, error)) (string, error) {
	if !hasKeyring() {
		return "", &KeyringError{Op: op, Err: ErrNoKeyring}
	}
	ctx, cancel := context.WithTimeoutCause(ctx, keyringTimeout, ErrKeyringSilent)
	defer cancel()
	type answer struct {
		text string
		err  error
	}
	answered := make(chan answer, 1)
	go func() {
		var got answer
		defer func() {
			if fault := recover(); fault != nil { // of the library, at an answer of another type
				got.err = errors.New("it gave an answer that makes no sense")
			}
			answered <- got
		}()
		got.text, got.err = call()
	}()
	select {
	case got := <-answered:
		if got.err != nil {
			return "", &KeyringError{Op: op, Err: reasonOf(got.err)}
		}
		return got.text, nil
	case <-ctx.Done():
		if cause := context.Cause(ctx); !errors.Is(cause, ErrKeyringSilent) {
			return "", fmt.Errorf("wait for the system's keyring: %w", cause)
		}
		return "", &KeyringError{Op: op, Err: fmt.Errorf("%w within %v", ErrKeyringSilent, keyringTimeout)}
	}
}

// reasonOf is the library's error in our words, where we have some.
func reasonOf(err error) error {
	var missing *exec.Error
	switch {
	case errors.Is(err, keyring.ErrNotFound):
		return ErrNoItem
	case errors.Is(err, keyring.ErrSetDataTooBig):
		return ErrItemTooLarge
	case errors.Is(err, keyring.ErrUnsupportedPlatform), errors.As(err, &missing):
		return ErrNoKeyring
	case strings.HasPrefix(err.Error(), "failed to unlock"):
		return ErrKeyringLocked
	case isNoService(err):
		return fmt.Errorf("%w: %w", ErrNoKeyring, err)
	}
	return err
}
