package transport

import (
	"errors"
	"slices"
	"strings"

	"mxlogin/client/matrixid"
)

// HTTPHost is a host that plain http may go to.
type HTTPHost struct {
	host string
	port string // "" for any
}

// ParseHTTPHost reads "host" (any port) or "host:port"; an IPv6 address is in
// brackets. Its error is a [matrixid.SyntaxError].
func ParseHTTPHost(s string) (HTTPHost, error) {
	base, err := matrixid.ParseBaseURL("http://" + s)
	if err != nil || strings.ContainsAny(s, "/") {
		reason, hint := "it is not a host", "write host or host:port, an IPv6 address in brackets"
		if syntax := (*matrixid.SyntaxError)(nil); errors.As(err, &syntax) {
			reason = syntax.Reason
		}
		return HTTPHost{}, &matrixid.SyntaxError{What: "host", Reason: reason, Hint: hint}
	}
	allowed := HTTPHost{host: base.Origin().Host()}
	if hasPort(s) {
		allowed.port = base.Origin().Port()
	}
	return allowed, nil
}

// MayDial reports whether requests may go to origin: it is https, or http to this
// machine or one of the allowed hosts.
func MayDial(origin matrixid.Origin, allowed []HTTPHost) bool {
	return origin.Scheme() == "https" || origin.IsLoopback() || slices.ContainsFunc(allowed, func(h HTTPHost) bool {
		return h.host == origin.Host() && (h.port == "" || h.port == origin.Port())
	})
}

func hasPort(s string) bool {
	return strings.Contains(s[strings.LastIndexByte(s, ']')+1:], ":")
}
