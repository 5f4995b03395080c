package session

import (
	"errors"
	"fmt"

	"mxlogin/client/transport"
	"mxlogin/cmd/choose"
	"mxlogin/config"
)

// UnfinishedError tells of a login whose answer was lost: the server may have
// made the device.
type UnfinishedError struct {
	DeviceID  string
	TakenOver bool // the next login of the account will use the device
	Err       error
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
	return fmt.Sprintf("asked for %s, but the server logged in %s; %s", e.Asked, e.Got, e.Fate)
}

// ForeignUserError tells that a homeserver logged in a user whose account is saved
// for another homeserver. Nothing was saved.
type ForeignUserError struct {
	Got       string
	Elsewhere *choose.ElsewhereError
	Fate      Fate
}

func (e *ForeignUserError) Error() string {
	return fmt.Sprintf("%s logged in %s, whose account %s is saved for %s; %s",
		e.Elsewhere.Meant, e.Got, e.Elsewhere.Account, e.Elsewhere.Saved, e.Fate)
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
	return fmt.Sprintf("a new token for device %s exists on the server, but is lost", f.DeviceID)
}

// StrangerError tells that the token of a session is of another user or device
// than the session is saved for. Nothing was changed.
type StrangerError struct {
	Account            string // "" for a session that is not saved
	UserID, DeviceID   string // as it is saved
	GotUser, GotDevice string // as the server has it
}

func (e *StrangerError) Error() string {
	return fmt.Sprintf("the server says the token belongs to %s, device %s; account %s is saved as %s, device %s",
		e.GotUser, e.GotDevice, e.Account, e.UserID, e.DeviceID)
}

// NoIssuerError tells that a homeserver has no OAuth 2.0 API, or none any more.
type NoIssuerError struct{ Homeserver string }

func (e *NoIssuerError) Error() string { return e.Homeserver + " has no OAuth 2.0 API" }

// OtherIssuerError tells that a homeserver names another authorization server than the
// one that made a session. Nothing was sent to it.
type OtherIssuerError struct {
	Account      string
	Saved, Named string // issuers
}

func (e *OtherIssuerError) Error() string {
	return fmt.Sprintf("the homeserver names another authorization server, %s; the session of account %s belongs to %s", e.Named, e.Account, e.Saved)
}

// ElsewhereError tells that something is done on a page of the account, not by a request.
type ElsewhereError struct{ URL string } // "" where the server names none

func (e *ElsewhereError) Error() string {
	if e.URL == "" {
		return "the server manages devices on a page of its own, but does not name it"
	}
	return "the server manages devices on a page of its own"
}

// OneByOneError tells that the server does not end all sessions of a user at once.
type OneByOneError struct{ Err error }

func (e *OneByOneError) Error() string { return e.Err.Error() }

func (e *OneByOneError) Unwrap() error { return e.Err }

// NotRenewableError tells that a session has no refresh token.
type NotRenewableError struct{ Account, Flow string }

func (e *NotRenewableError) Error() string {
	return fmt.Sprintf("the session of account %s has no refresh token", e.Account)
}

// OverError tells that the server ended the session.
type OverError struct {
	Account  string
	Flow     string // that the account logged in by
	DeviceID string // kept where the server keeps the device
	Err      error
}

func (e *OverError) Error() string {
	if e.Account == "" {
		return "the server does not know the session; it has ended"
	}
	return fmt.Sprintf("the server has ended the session of account %s", e.Account)
}

func (e *OverError) Unwrap() error { return e.Err }

// newOverError makes the OverError of the server's refusal. After a soft logout the
// device lives on, and its ID is kept for the next login.
//
// Client-Server API, "Soft logout".
func newOverError(account config.Account, refusal error) *OverError {
	over := &OverError{Account: account.Name, Flow: account.Flow, Err: refusal}
	var said *transport.MatrixError
	if errors.As(refusal, &said) && said.SoftLogout {
		over.DeviceID = account.DeviceID
	}
	return over
}

// left is what remains of an account whose session is over.
func (e *OverError) left(account config.Account) config.Account {
	account = WithoutSession(account)
	account.DeviceID = e.DeviceID
	return account
}
