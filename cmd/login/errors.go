package login

import "fmt"

// NotOfferedError tells that the homeserver does not offer what was wanted.
type NotOfferedError struct {
	Wanted string // a login type, or words for several
	Offer  Offer
}

func (e *NotOfferedError) Error() string {
	return fmt.Sprintf("%s does not offer %s", e.Offer.Base, e.Wanted)
}

// RefusedError tells at what a login failed.
type RefusedError struct {
	Kind      Kind
	ByAddress bool // the user was named by an e-mail address or a phone number
	Err       error
}

func (e *RefusedError) Error() string { return e.Err.Error() }

func (e *RefusedError) Unwrap() error { return e.Err }
