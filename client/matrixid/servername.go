package matrixid

import (
	"net/netip"
	"strconv"
	"strings"
)

// ServerName is the server part of a user ID: a host, and perhaps a port. It is
// compared exactly, letter case included, and is not a base URL.
type ServerName struct {
	text string
	host string
	port string
}

// ParseServerName reads a server name by the specification's grammar.
func ParseServerName(s string) (ServerName, error) {
	host, port, err := splitHostPort(s)
	if err == nil && len(port) > 5 {
		err = badServerName("a port has at most five digits", "")
	}
	if err != nil {
		return ServerName{}, err
	}
	if err := checkHost(host); err != nil {
		return ServerName{}, err
	}
	if port != "" {
		if n, _ := strconv.Atoi(port); n < 1 || n > 65535 {
			return ServerName{}, badServerName("the port is not between 1 and 65535", "")
		}
	}
	return ServerName{text: s, host: host, port: port}, nil
}

// String returns the server name as it was written.
func (n ServerName) String() string { return n.text }

// Host returns the name without its port; an IPv6 address keeps its brackets.
func (n ServerName) Host() string { return n.host }

// Port returns the port, or "" where the name has none.
func (n ServerName) Port() string { return n.port }

// WithoutPort returns the name of the host alone.
func (n ServerName) WithoutPort() ServerName {
	return ServerName{text: n.host, host: n.host}
}

// IsIP reports whether the host is an IP address rather than a DNS name.
func (n ServerName) IsIP() bool {
	_, ok := hostIP(n.host)
	return ok
}

// splitHostPort cuts "host:port" at the colon that starts the port. An empty
// port is an error: the grammar of server names wants digits after a colon.
func splitHostPort(s string) (host, port string, err error) {
	if s == "" {
		return "", "", badServerName("it is empty", "")
	}
	if !isASCII(s) {
		return "", "", badServerName("it has characters outside ASCII", punycodeHint)
	}
	if strings.HasPrefix(s, "[") {
		end := strings.IndexByte(s, ']')
		if end < 0 {
			return "", "", badServerName("the IPv6 address has no closing bracket", "")
		}
		if host = s[:end+1]; len(s) > len(host) && s[len(host)] != ':' {
			return "", "", badServerName("only a port may follow the IPv6 address", "")
		}
	} else {
		host, _, _ = strings.Cut(s, ":")
	}
	port, found := strings.CutPrefix(s[len(host):], ":")
	if !found {
		return host, "", nil
	}
	if port == "" || strings.Trim(port, "0123456789") != "" {
		return "", "", badServerName("the port is not a number", "")
	}
	return host, port, nil
}

// checkHost holds host against the grammar: IPv4address, "[" IPv6address "]" or
// dns-name.
func checkHost(host string) error {
	if strings.HasPrefix(host, "[") {
		if _, ok := hostIP(host); !ok {
			return badServerName("the brackets do not hold an IPv6 address", "")
		}
		return nil
	}
	switch {
	case host == "":
		return badServerName("the host is empty", "")
	case len(host) > 255:
		return badServerName("the host is longer than 255 characters", "")
	}
	for i := range len(host) {
		if !isDNSChar(host[i]) {
			return badServerName("the host may contain only letters, digits, '-' and '.'", "")
		}
	}
	if strings.HasPrefix(host, ".") || strings.Contains(host, "..") {
		return badServerName("the host has an empty label", "")
	}
	if _, ok := hostIP(host); !ok && endsInNumber(host) {
		return badServerName("the host looks like an IPv4 address but is not one", "")
	}
	return nil
}

// hostIP reads host as an IP address; IPv6 only in brackets, never with a zone.
func hostIP(host string) (netip.Addr, bool) {
	inner, bracketed := strings.CutPrefix(host, "[")
	if bracketed {
		inner = strings.TrimSuffix(inner, "]")
	}
	addr, err := netip.ParseAddr(inner)
	if err != nil || addr.Zone() != "" || bracketed != addr.Is6() {
		return netip.Addr{}, false
	}
	return addr, true
}

// endsInNumber reports whether a resolver may take host for an address in one of
// the old forms (127.1, 0x7f.1, 2130706433), which no reader would see as one.
func endsInNumber(host string) bool {
	host = strings.TrimSuffix(host, ".")
	last := lowerASCII(host[strings.LastIndexByte(host, '.')+1:])
	if hex, ok := strings.CutPrefix(last, "0x"); ok {
		return strings.Trim(hex, "0123456789abcdef") == ""
	}
	return last != "" && strings.Trim(last, "0123456789") == ""
}

func isDNSChar(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '.'
}

func badServerName(reason, hint string) error {
	return &SyntaxError{What: "server name", Reason: reason, Hint: hint}
}
