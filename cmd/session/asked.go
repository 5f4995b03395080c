package session

import (
	"mxlogin/client/matrixid"
)

// Asked is who is to be logged in, as far as it is known before the answer: a
// user ID, a localpart, an address that only the server can tell the user of, or
// nothing: then it is whoever the secret belongs to.
type Asked struct {
	User      matrixid.UserID
	Localpart string
	Address   string // an e-mail address or a phone number
}

// Accepts reports whether the server may answer with user.
func (a Asked) Accepts(user matrixid.UserID) bool {
	switch {
	case !a.User.IsZero():
		return a.User.Names(user)
	case a.Localpart != "":
		return matrixid.SameLocalpart(a.Localpart, user.Localpart())
	}
	return true
}

// String names who was asked for.
func (a Asked) String() string {
	switch {
	case !a.User.IsZero():
		return a.User.String()
	case a.Localpart != "":
		return a.Localpart
	}
	return a.Address
}
