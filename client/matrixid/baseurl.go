package matrixid

import (
	"errors"
	"net/url"
	"strconv"
	"strings"
)

// BaseURL is where the client-server API of a homeserver begins: an origin and
// perhaps a path before "/_matrix". It is in canonical form, so equal base URLs
// are equal as strings. The zero BaseURL is none.
type BaseURL struct {
	origin Origin
	path   string // no slash at the end; empty or starts with one
}

// ParseBaseURL reads a base URL by the strict rules for one that a machine
// wrote: discovery, a login answer, a config file. The scheme is http or https;
// whether http may be used there is for the transport to say.
func ParseBaseURL(s string) (BaseURL, error) {
	base, stripped, err := parseBaseURL(s)
	if err == nil && stripped {
		err = badBaseURL("it has a query or a fragment", "")
	}
	if err != nil {
		return BaseURL{}, err
	}
	return base, nil
}

// ParseTypedBaseURL reads a base URL that a person typed. A query or a fragment,
// as it comes along from a browser, is dropped and reported by stripped.
func ParseTypedBaseURL(s string) (base BaseURL, stripped bool, err error) {
	return parseBaseURL(s)
}

// HTTPSBaseURL is the base URL that a server name stands for where discovery
// says nothing: https, the same host and port.
func HTTPSBaseURL(n ServerName) BaseURL {
	port := n.port
	if port == "" {
		port = defaultPort("https")
	}
	return BaseURL{origin: Origin{scheme: "https", host: canonicalHost(n.host), port: canonicalPort(port)}}
}

// String returns the canonical form, without a slash at the end.
func (b BaseURL) String() string { return b.origin.String() + b.path }

// Origin returns the origin that requests below b go to.
func (b BaseURL) Origin() Origin { return b.origin }

// IsZero reports whether b is no base URL at all.
func (b BaseURL) IsZero() bool { return b == BaseURL{} }

// Join returns the URL of path, which starts with a slash, below b.
func (b BaseURL) Join(path string) string { return b.String() + path }

func parseBaseURL(s string) (base BaseURL, stripped bool, err error) {
	if err := checkURLText(s); err != nil {
		return BaseURL{}, false, err
	}
	scheme, rest, found := strings.Cut(s, "://")
	scheme = lowerASCII(scheme)
	if !found || scheme != "http" && scheme != "https" {
		return BaseURL{}, false, badBaseURL("it does not start with https://", "write it like https://matrix.example.org")
	}
	if rest == "" || strings.ContainsAny(rest[:1], "/?#") {
		return BaseURL{}, false, badBaseURL("it has no host", "")
	}
	u, err := url.Parse(s)
	if err != nil {
		// The parser's error repeats the URL and with it a password in it.
		return BaseURL{}, false, badBaseURL("it cannot be parsed as a URL", "")
	}
	if u.User != nil {
		return BaseURL{}, false, badBaseURL("it holds a user name or a password", "remove everything up to the '@'")
	}
	origin, err := parseOrigin(scheme, u.Host)
	if err != nil {
		return BaseURL{}, false, err
	}
	path, err := canonicalPath(u.EscapedPath())
	if err != nil {
		return BaseURL{}, false, err
	}
	return BaseURL{origin: origin, path: path}, strings.ContainsAny(rest, "?#"), nil
}

// checkURLText refuses what a URL parser may read in another way than a person:
// spaces, control characters, backslashes, letters outside ASCII.
func checkURLText(s string) error {
	if s == "" {
		return badBaseURL("it is empty", "")
	}
	if !isASCII(s) {
		return badBaseURL("it has characters outside ASCII", punycodeHint)
	}
	for i := range len(s) {
		if s[i] <= ' ' || s[i] == 0x7f || s[i] == '\\' {
			return badBaseURL("it has a space, a control character or a backslash", "")
		}
	}
	return nil
}

func parseOrigin(scheme, authority string) (Origin, error) {
	// "host:" without a port is a valid authority and means the default port.
	authority = strings.TrimSuffix(authority, ":")
	host, port, err := splitHostPort(authority)
	if err == nil {
		err = checkHost(host)
	}
	if err != nil {
		var syntax *SyntaxError
		errors.As(err, &syntax)
		return Origin{}, badBaseURL(syntax.Reason, syntax.Hint)
	}
	if port == "" {
		port = defaultPort(scheme)
	}
	if port = canonicalPort(port); port == "" {
		return Origin{}, badBaseURL("the port is not between 1 and 65535", "")
	}
	host = canonicalHost(host)
	if host == "" {
		return Origin{}, badBaseURL("the host is empty", "")
	}
	return Origin{scheme: scheme, host: host, port: port}, nil
}

// canonicalPort drops leading zeros; it returns "" for what is not a port.
func canonicalPort(port string) string {
	n, err := strconv.Atoi(port)
	if err != nil || n < 1 || n > 65535 {
		return ""
	}
	return strconv.Itoa(n)
}

// canonicalPath keeps a prefix such as "/matrix", without slashes at its end.
func canonicalPath(escaped string) (string, error) {
	path := strings.TrimRight(escaped, "/")
	if strings.Contains(path, "//") {
		return "", badBaseURL("its path has an empty segment", "")
	}
	for segment := range strings.SplitSeq(path, "/") {
		unescaped, err := url.PathUnescape(segment)
		switch {
		case err != nil || unescaped == "." || unescaped == ".." || strings.ContainsAny(unescaped, "/\\"):
			return "", badBaseURL("its path is not a plain one", "")
		case unescaped == "_matrix":
			return "", badBaseURL("it includes /_matrix", "remove /_matrix and everything after it")
		}
	}
	return path, nil
}

func badBaseURL(reason, hint string) error {
	return &SyntaxError{What: "base URL", Reason: reason, Hint: hint}
}
