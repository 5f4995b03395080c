package choose

import (
	"errors"
	"fmt"
	"strings"

	"mxlogin/client/matrixid"
	"mxlogin/config"
)

// UsageError tells that what was typed, or set, cannot be meant.
type UsageError struct {
	Message string
	Hint    string
	Err     error
}

func (e *UsageError) Error() string { return e.Message }

func (e *UsageError) Unwrap() error { return e.Err }

// syntaxError says which argument it is that err tells of, without repeating it:
// it may be a secret.
func syntaxError(what string, err error) error {
	var syntax *matrixid.SyntaxError
	if !errors.As(err, &syntax) {
		return err
	}
	return &UsageError{Message: what + " is " + syntax.Error(), Hint: syntax.Hint, Err: err}
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
	Flow    string // that the account logged in by
	Unknown bool   // no account of this name is saved
	Reason  string // a sentence; where there is an account, what goes on after its name
	// Variable is the environment variable that asked for the session, or "".
	Variable string
}

func (e *NoSessionError) Error() string {
	if e.Account == "" {
		return e.Reason + inBrackets(e.Variable)
	}
	return fmt.Sprintf("account %s %s", e.Account, e.Reason) + inBrackets(e.Variable)
}

// ElsewhereError tells that an account is saved for another homeserver than the
// one that is meant now.
type ElsewhereError struct {
	Account string // its name
	Saved   string // base URL of its homeserver
	Meant   string // base URL, or server name, of the other one
	InUse   bool   // its session was to be used, and no login to be made
	// Variable is the environment variable that named the other one, or "".
	Variable string
}

func (e *ElsewhereError) Error() string {
	return fmt.Sprintf("account %s is saved for %s, not for %s", e.Account, e.Saved, e.Meant) + inBrackets(e.Variable)
}

// bySetting notes in err the environment variable by which the setting key has its value:
// in the command that failed nobody sees it.
func bySetting(s *config.Settings, key string, err error) error {
	var none *NoSessionError
	var elsewhere *ElsewhereError
	switch {
	case s.Source(key) != config.SourceEnv:
	case errors.As(err, &none):
		none.Variable = s.Origin(key)
	case errors.As(err, &elsewhere):
		elsewhere.Variable = s.Origin(key)
	}
	return err
}

func inBrackets(name string) string {
	if name == "" {
		return ""
	}
	return " (" + name + ")"
}
