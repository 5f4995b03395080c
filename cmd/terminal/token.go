package terminal

import (
	"regexp"
	"strings"
)

// assignment is a line of an env file or of a shell. What ends in "=" alone is base64.
var assignment = regexp.MustCompile(`^(export\s+|set\s+|\$env:)?[A-Za-z_][A-Za-z0-9_]*\s*=\s*[^=\s]`)

// CheckToken holds that text can be a token: it would go into a header line, where a
// space or a line end is an error of the network that nobody understands. The
// [*InputError] says which form it has instead. subject names the text.
func CheckToken(text, subject string) error {
	form, hint := "", ""
	switch lower := strings.ToLower(strings.TrimSpace(text)); {
	case strings.HasPrefix(lower, "{"):
		form, hint = "is JSON", "give the token alone, such as with jq -r .access_token"
	case strings.HasPrefix(lower, "bearer "), strings.HasPrefix(lower, "authorization:"):
		form, hint = "is a header", "give the token alone, without Bearer"
	case assignment.MatchString(strings.TrimSpace(text)):
		form, hint = "is an assignment", "give only what follows the ="
	case len(text) > 1 && strings.ContainsRune(`"'`, rune(text[0])) && text[0] == text[len(text)-1]:
		form, hint = "is in quotes", "leave them out"
	case text != strings.TrimSpace(text):
		form, hint = "begins or ends with a space", "leave it out"
	case strings.IndexFunc(text, func(r rune) bool { return r <= ' ' || r >= 0x7f }) >= 0:
		form, hint = "has a space or a character that no token may have", "give the token alone"
	default:
		return nil
	}
	return &InputError{Message: subject + " " + form, Hint: hint}
}
