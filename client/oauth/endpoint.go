package oauth

import (
	"net/url"
	"strings"

	"mxlogin/client/matrixid"
	"mxlogin/client/transport"
)

// endpoints are where the requests of a login go.
type endpoints struct{ authorization, token, registration, revocation, device endpoint }

// endpoint is a place of an authorization server.
type endpoint struct {
	root        matrixid.BaseURL // its origin
	path, query string           // escaped, as they are sent
}

// maxPlace bounds the URL of an endpoint or of a page in bytes.
const maxPlace = 4 << 10

// parseEndpoint reads a URL that a homeserver at base, or its authorization server, sends
// a request or a person to. fault completes "the URL …"; it is empty where there is none.
// The URL is https, or http where that is allowed; one of this machine is taken from a
// homeserver of this machine alone.
func parseEndpoint(text string, t *transport.Client, base matrixid.BaseURL) (e endpoint, fault string) {
	if len(text) > maxPlace {
		return endpoint{}, "is longer than 4 KiB"
	}
	if strings.IndexFunc(text, func(r rune) bool { return r <= ' ' || r >= 0x7f || r == '\\' }) >= 0 {
		return endpoint{}, "has a character that no URL may have"
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" {
		return endpoint{}, "is not a URL"
	}
	root, err := matrixid.ParseBaseURL(u.Scheme + "://" + u.Host)
	switch {
	case err != nil:
		return endpoint{}, "is not https"
	case u.User != nil:
		return endpoint{}, "has a user name or a password"
	case strings.Contains(text, "#"):
		return endpoint{}, "has a fragment"
	case root.Origin().IsLoopback() && !base.Origin().IsLoopback():
		return endpoint{}, "is a loopback address, which only a server on this machine may name"
	case !t.MayDial(root.Origin()):
		return endpoint{}, "is not https"
	}
	if _, err := url.ParseQuery(u.RawQuery); err != nil {
		return endpoint{}, "has a query that cannot be read"
	}
	return endpoint{root: root, path: "/" + strings.TrimPrefix(u.EscapedPath(), "/"), query: u.RawQuery}, ""
}

// url is the endpoint with parameters added to those that it has.
func (e endpoint) url(add url.Values) string {
	query := e.query
	if query != "" && len(add) > 0 {
		query += "&"
	}
	if query += add.Encode(); query != "" {
		query = "?" + query
	}
	return e.root.Join(e.path) + query
}
