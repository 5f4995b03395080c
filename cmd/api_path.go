package cmd

import (
	"net/url"
	"strings"

	"mxlogin/client/matrixid"
	"mxlogin/cmd/choose"
	"mxlogin/config"
)

// parseAPIPath reads PATH: a path below /_matrix/ or /_synapse/, as it is sent, and a
// query. A base URL may have a path, so nothing in it may lead out of that: no dot
// segments, encoded or not, no empty ones, no backslashes. The words in braces stand for
// what the account has.
func parseAPIPath(text string, account config.Account) (path, query string, err error) {
	refuse := func(reason, hint string) (string, string, error) {
		return "", "", &choose.UsageError{Message: "the path " + reason, Hint: hint}
	}
	server := ""
	if user, err := matrixid.ParseServedUserID(account.UserID); err == nil {
		server = user.Server().String()
	}
	for name, value := range map[string]string{"{user_id}": account.UserID, "{device_id}": account.DeviceID, "{server_name}": server} {
		text = strings.ReplaceAll(text, name, url.PathEscape(value))
	}
	path, query, _ = strings.Cut(text, "?")
	switch {
	case strings.Contains(text, "://"):
		return refuse("is a URL", "leave out the homeserver: it is that of the session")
	case !strings.HasPrefix(path, "/_matrix/") && !strings.HasPrefix(path, "/_synapse/"):
		return refuse("does not begin with /_matrix/ or /_synapse/", "")
	case strings.ContainsAny(text, "{}"):
		return refuse("has a word in braces that is none of {user_id}, {device_id} and {server_name}", "")
	case strings.IndexFunc(text, func(r rune) bool { return r <= ' ' || r >= 0x7f || r == '\\' || r == '#' }) >= 0:
		return refuse("has a character that must be percent-encoded", "")
	}
	for segment := range strings.SplitSeq(path[1:], "/") {
		plain, err := url.PathUnescape(segment)
		if err != nil {
			return refuse("has a % that encodes nothing", "")
		}
		if segment == "" {
			return refuse("has an empty segment", "")
		}
		for part := range strings.FieldsFuncSeq(plain, func(r rune) bool { return r == '/' || r == '\\' }) {
			if part == "." || part == ".." {
				return refuse("has a dot segment", "")
			}
		}
		if strings.IndexFunc(plain, func(r rune) bool { return r < ' ' || r == 0x7f || r == '\\' }) >= 0 {
			return refuse("has a control character or a backslash", "")
		}
	}
	return path, query, nil
}
