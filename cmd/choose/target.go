package choose

import (
	"strings"

	"mxlogin/client/matrixid"
)

// Target is what a person can name a homeserver by. At most one field is set.
type Target struct {
	User   matrixid.UserID
	Server matrixid.ServerName
	Base   matrixid.BaseURL
}

// ParseTarget reads TARGET: a user ID, a server name or a URL; no text is no
// target. A bare word is none of them, so that a password or a token in the wrong
// place never reaches DNS; and no error repeats the text, so that it reaches no
// log either.
func ParseTarget(text string, warn Warn) (Target, error) {
	return parseTarget("the target", text, warn)
}

// parseTarget is ParseTarget for a text that errors call what.
func parseTarget(what, text string, warn Warn) (Target, error) {
	text = Trim(text, warn)
	switch {
	case text == "":
		return Target{}, nil
	case strings.HasPrefix(text, "@"):
		user, err := matrixid.ParseUserID(text)
		return Target{User: user}, syntaxError(what, err)
	case strings.Contains(text, "://"):
		base, stripped, err := matrixid.ParseTypedBaseURL(text)
		if stripped {
			warn("url", "ignoring everything from the '?' or '#' in the URL")
		}
		return Target{Base: base}, syntaxError(what, err)
	case !looksLikeServer(text):
		return Target{}, &UsageError{
			Message: what + " is not a valid server name: it is a single word",
			Hint:    "write @user:server, a server name such as example.org, or a URL",
		}
	}
	server, err := matrixid.ParseServerName(text)
	return Target{Server: server}, syntaxError(what, err)
}

// IsZero reports whether nothing was named.
func (t Target) IsZero() bool { return t == Target{} }

// place is the homeserver that the target names by itself.
func (t Target) place() Place {
	server := t.Server
	if !t.User.IsZero() {
		server = t.User.Server()
	}
	return Place{Base: t.Base, Server: server}
}

// looksLikeServer tells a server name from a secret: it has a dot, a port or
// brackets, or is localhost, and is not three parts of base64.
func looksLikeServer(text string) bool {
	if strings.HasPrefix(text, "eyJ") && strings.Count(text, ".") == 2 {
		return false // a JWT
	}
	return text == "localhost" || strings.ContainsAny(text, ".:[")
}

// Trim takes away the ASCII space around an argument, as it comes along when one
// is copied, and says so.
func Trim(text string, warn Warn) string {
	trimmed := strings.Trim(text, " \t\r\n")
	if trimmed != text {
		warn("space", "ignoring the space around the argument")
	}
	return trimmed
}
