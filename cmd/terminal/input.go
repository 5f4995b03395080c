package terminal

import (
	"bytes"
	"unicode/utf8"

	"mxlogin/client/secret"
)

// InputError says that what was given as input cannot be used. It never quotes
// the input.
type InputError struct {
	Message string
	Hint    string // what to do instead, or ""
	Err     error  // the cause, or nil
}

// Error returns the message without the hint.
func (e *InputError) Error() string { return e.Message }

// Unwrap returns the cause.
func (e *InputError) Unwrap() error { return e.Err }

// takeSecret checks text and returns a copy of it as a secret. subject names the
// text in messages.
func takeSecret(text []byte, subject string) (secret.Value, error) {
	if err := checkText(text, subject); err != nil {
		return secret.Value{}, err
	}
	if len(text) == 0 {
		return secret.Value{}, &InputError{Message: subject + " is empty"}
	}
	return secret.Take(bytes.Clone(text)), nil
}

// checkText refuses what JSON cannot carry unchanged.
func checkText(text []byte, subject string) error {
	switch {
	case bytes.HasPrefix(text, []byte("\ufeff")):
		return &InputError{Message: subject + " begins with a byte order mark", Hint: "save it as UTF-8 without one"}
	case bytes.IndexByte(text, 0) >= 0:
		return &InputError{Message: subject + " holds a NUL byte"}
	case !utf8.Valid(text):
		return &InputError{Message: subject + " is not valid UTF-8"}
	}
	return nil
}
