package session

import (
	"mxlogin/client/matrixid"
)

// Asked is who is to be logged in, as far as it is known before the answer: a
// user ID, a localpart, or (both empty) whoever the secret belongs to.
type Asked struct {
	User      matrixid.UserID
	Localpart string
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
	if !a.User.IsZero() {
		return a.User.String()
	}
	return a.Localpart
}
