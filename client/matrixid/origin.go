package matrixid

import "strings"

// Origin is the scheme, host and port that a secret may go to. Two origins are
// equal exactly if == says so: all parts are in canonical form.
type Origin struct {
	scheme string // "http" or "https"
	host   string // lower case; an IPv6 address in brackets
	port   string // never empty
}

// String returns the origin as a URL without a path; a default port is left out.
func (o Origin) String() string {
	if o == (Origin{}) {
		return ""
	}
	return o.scheme + "://" + o.authority()
}

// Scheme returns "http" or "https".
func (o Origin) Scheme() string { return o.scheme }

// Host returns the host; an IPv6 address is in brackets.
func (o Origin) Host() string { return o.host }

// Port returns the port, the scheme's own where none was written.
func (o Origin) Port() string { return o.port }

// IsLoopback reports whether the origin is on this machine: an address of
// 127.0.0.0/8, ::1, or the name localhost.
func (o Origin) IsLoopback() bool {
	if o.host == "localhost" {
		return true
	}
	addr, ok := hostIP(o.host)
	return ok && addr.IsLoopback()
}

// IsIP reports whether the host is an IP address.
func (o Origin) IsIP() bool {
	_, ok := hostIP(o.host)
	return ok
}

func (o Origin) authority() string {
	if o.port == defaultPort(o.scheme) {
		return o.host
	}
	return o.host + ":" + o.port
}

func defaultPort(scheme string) string {
	if scheme == "http" {
		return "80"
	}
	return "443"
}

// canonicalHost lowers a host, drops the dot that ends a full DNS name, and
// writes an address in its one usual form.
func canonicalHost(host string) string {
	if addr, ok := hostIP(host); ok {
		addr = addr.Unmap()
		if addr.Is6() {
			return "[" + addr.String() + "]"
		}
		return addr.String()
	}
	return lowerASCII(strings.TrimSuffix(host, "."))
}
