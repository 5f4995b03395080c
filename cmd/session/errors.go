package session

import (
	"fmt"
	"strings"
)

// UnfinishedError tells of a login whose answer was lost: the server may have
// made the device, and the next login of the account takes it over.
type UnfinishedError struct {
	DeviceID string
	Pending  bool // the config file remembers the device
	Err      error
}

func (e *UnfinishedError) Error() string {
	return fmt.Sprintf("%s; the login may have gone through, as device %s", e.Err, e.DeviceID)
}

func (e *UnfinishedError) Unwrap() error { return e.Err }

// OtherUserError tells that the server logged in another user than was asked
// for. Nothing was saved.
type OtherUserError struct {
	Asked, Got string
	Fate       Fate
}

func (e *OtherUserError) Error() string {
	return fmt.Sprintf("asked for %s, the server logged in %s; %s", e.Asked, e.Got, e.Fate)
}

// UnsavedError tells that a login went through and could not be saved.
type UnsavedError struct {
	Fate Fate
	Err  error
}

func (e *UnsavedError) Error() string { return fmt.Sprintf("%s; %s", e.Err, e.Fate) }

func (e *UnsavedError) Unwrap() error { return e.Err }

// Fate is what became of a session that could not be kept.
type Fate struct {
	DeviceID  string
	LoggedOut bool
	Untouched bool // it is another program's, and stays as it was
}

func (f Fate) String() string {
	switch {
	case f.LoggedOut:
		return "the new session was logged out again"
	case f.Untouched:
		return "nothing was saved"
	}
	return fmt.Sprintf("a fresh token for device %s exists on the server and is lost", f.DeviceID)
}

// ChoiceError tells that it is not clear which account is meant.
type ChoiceError struct {
	Reason string
	Names  []string // the accounts to choose from
}

func (e *ChoiceError) Error() string {
	if len(e.Names) == 0 {
		return e.Reason
	}
	return e.Reason + ": " + strings.Join(e.Names, ", ")
}

// NoSessionError tells that there is no session to work with.
type NoSessionError struct {
	Account string // "" where there is no account at all
	Unknown bool   // no account of this name is saved
	Reason  string
}

func (e *NoSessionError) Error() string {
	if e.Account == "" {
		return e.Reason
	}
	return fmt.Sprintf("account %s: %s", e.Account, e.Reason)
}

// OverError tells that the server ended the session.
type OverError struct {
	Account  string
	DeviceID string // kept where the server keeps the device
	Err      error
}

func (e *OverError) Error() string {
	if e.Account == "" {
		return "the server does not know the session; it is over"
	}
	return fmt.Sprintf("the server has ended the session of account %s", e.Account)
}

func (e *OverError) Unwrap() error { return e.Err }
