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

// NoHomeserverError tells that what answers at a URL is no homeserver.
type NoHomeserverError struct {
	URL string
	Err error // of an answer that could not be read; else nil
}

func (e *NoHomeserverError) Error() string {
	return e.URL + " answers, but is not a Matrix homeserver"
}

func (e *NoHomeserverError) Unwrap() error { return e.Err }

// NoDeviceGrantError tells that the authorization server has no logins by a device code.
type NoDeviceGrantError struct{ Homeserver string }

func (e *NoDeviceGrantError) Error() string {
	return e.Homeserver + " does not offer device codes"
}

// OtherDeviceError tells that a session was granted for another device than was asked for.
type OtherDeviceError struct{ Asked, Got string }

func (e *OtherDeviceError) Error() string {
	return fmt.Sprintf("asked for device %s, but the server granted %s", e.Asked, e.Got)
}

// RefusedError tells at what a login failed.
type RefusedError struct {
	Kind      Kind
	ByAddress bool // the user was named by an e-mail address or a phone number
	Err       error
}

func (e *RefusedError) Error() string { return e.Err.Error() }

func (e *RefusedError) Unwrap() error { return e.Err }
