package matrixid

import (
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxUserID is the longest user ID in bytes, with the '@' and the server name.
const maxUserID = 255

// UserID is a Matrix user ID, split at its first colon.
type UserID struct {
	localpart string
	server    ServerName
}

// ParseUserID reads a user ID that a person typed. Historical localparts (upper
// case, other characters than the grammar of today) pass; an empty one and
// characters that cannot be seen do not, because nobody types them on purpose.
func ParseUserID(s string) (UserID, error) {
	id, err := parseUserID(s)
	if err != nil {
		return UserID{}, err
	}
	if id.localpart == "" {
		return UserID{}, badUserID("the localpart is empty", "")
	}
	if err := CheckTypedLocalpart(id.localpart); err != nil {
		return UserID{}, err
	}
	return id, nil
}

// ParseServedUserID reads a user ID that a server sent. Clients must accept any
// localpart without ':' and NUL there, control characters and the empty one
// included.
func ParseServedUserID(s string) (UserID, error) {
	return parseUserID(s)
}

// CheckTypedLocalpart refuses what a person cannot have meant in a localpart.
func CheckTypedLocalpart(localpart string) error {
	if !utf8.ValidString(localpart) {
		return badUserID("it is not valid UTF-8", "")
	}
	for _, r := range localpart {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || unicode.IsSpace(r) {
			return badUserID("it has a space or an invisible character", "")
		}
	}
	if strings.Contains(localpart, ":") {
		return badUserID("the localpart has a ':'", "")
	}
	return nil
}

// String returns the user ID as it was written.
func (u UserID) String() string { return "@" + u.localpart + ":" + u.server.String() }

// Localpart returns the part between '@' and the first ':'.
func (u UserID) Localpart() string { return u.localpart }

// Server returns the server name.
func (u UserID) Server() ServerName { return u.server }

// IsZero reports whether u is no user ID at all.
func (u UserID) IsZero() bool { return u == UserID{} }

// Names reports whether a server that was asked to log in u may answer with
// served: the server name is the same and the localpart differs in the case of
// ASCII letters at most, since servers lower it.
func (u UserID) Names(served UserID) bool {
	return u.server.text == served.server.text && SameLocalpart(u.localpart, served.localpart)
}

// SameLocalpart compares two localparts but for the case of ASCII letters.
func SameLocalpart(a, b string) bool {
	return lowerASCII(a) == lowerASCII(b)
}

// HasUpperCase reports whether the localpart has an upper case letter, which
// only historical user IDs have.
func (u UserID) HasUpperCase() bool {
	return strings.IndexFunc(u.localpart, unicode.IsUpper) >= 0
}

func parseUserID(s string) (UserID, error) {
	rest, found := strings.CutPrefix(s, "@")
	if !found {
		return UserID{}, badUserID("it does not start with '@'", "")
	}
	if len(s) > maxUserID {
		return UserID{}, badUserID("it is longer than 255 bytes", "")
	}
	if !utf8.ValidString(s) {
		return UserID{}, badUserID("it is not valid UTF-8", "")
	}
	localpart, serverText, found := strings.Cut(rest, ":")
	if !found {
		return UserID{}, badUserID("it has no server", "write @user:server")
	}
	if strings.Contains(localpart, "\x00") {
		return UserID{}, badUserID("it has a NUL character", "")
	}
	server, err := ParseServerName(serverText)
	if err != nil {
		var syntax *SyntaxError
		errors.As(err, &syntax)
		return UserID{}, badUserID("in the server name, "+syntax.Reason, syntax.Hint)
	}
	return UserID{localpart: localpart, server: server}, nil
}

func badUserID(reason, hint string) error {
	return &SyntaxError{What: "user ID", Reason: reason, Hint: hint}
}
