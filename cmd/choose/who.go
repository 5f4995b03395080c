package choose

import (
	"strings"

	"mxlogin/client/matrixid"
)

// Who is who is to be logged in, as far as it is known before the answer: a user
// ID, a localpart, an address that only the server can tell the user of, or
// nothing: then it is whoever the secret belongs to. At most one field is set.
type Who struct {
	User      matrixid.UserID
	Localpart string
	Address   string // an e-mail address or a phone number
}

// ParseUser reads USER: a user ID, also without its '@' (PowerShell reads an '@'
// at the start), or a localpart. No error repeats the text.
func ParseUser(text string, warn Warn) (Who, error) {
	text = Trim(text, warn)
	if !strings.HasPrefix(text, "@") && !strings.Contains(text, ":") {
		if text == "" {
			return Who{}, &UsageError{Message: "the user is empty", Hint: "write @user:server"}
		}
		return Who{Localpart: text}, syntaxError("the user", matrixid.CheckTypedLocalpart(text))
	}
	if !strings.HasPrefix(text, "@") {
		text = "@" + text
	}
	user, err := matrixid.ParseUserID(text)
	if err != nil {
		return Who{}, syntaxError("the user", err)
	}
	if user.HasUpperCase() {
		warn("upper_case", "the user ID has upper-case letters; servers create only lower-case ones today")
	}
	return Who{User: user}, nil
}

// IsZero reports whether nobody was named.
func (w Who) IsZero() bool { return w == Who{} }

// Accepts reports whether the server may answer with user.
func (w Who) Accepts(user matrixid.UserID) bool {
	switch {
	case !w.User.IsZero():
		return w.User.Names(user)
	case w.Localpart != "":
		return matrixid.SameLocalpart(w.Localpart, user.Localpart())
	}
	return true
}

// String names who was asked for.
func (w Who) String() string {
	switch {
	case !w.User.IsZero():
		return w.User.String()
	case w.Localpart != "":
		return w.Localpart
	}
	return w.Address
}
