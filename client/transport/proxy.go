package transport

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// ProxyError tells that a variable of the environment names no proxy that could be used.
// Requests would go past it.
type ProxyError struct{ Variable string }

func (e *ProxyError) Error() string { return e.Variable + " is not the URL of a proxy" }

// proxyVariables are what net/http and curl read, in the spelling that goes first.
func proxyVariables() []string {
	return []string{"https_proxy", "HTTPS_PROXY", "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"}
}

// CheckProxies holds that the proxies which the environment names are some: net/http drops
// what it cannot read, and goes on without. The error is a [ProxyError] and does not repeat
// the value, which may have a password in it.
func CheckProxies(lookup func(string) (string, bool)) error {
	for _, name := range proxyVariables() {
		if value, ok := lookup(name); ok && value != "" && !isProxy(value) {
			return &ProxyError{Variable: name}
		}
	}
	return nil
}

func isProxy(text string) bool {
	if !strings.Contains(text, "://") {
		text = "http://" + text // host:port, as net/http takes it
	}
	u, err := url.Parse(text)
	return err == nil && u.Hostname() != "" && !strings.ContainsAny(text, " \t\r\n") &&
		slices.Contains([]string{"http", "https", "socks5", "socks5h"}, u.Scheme)
}

// proxyRefusalError tells what a proxy answered in the place of a way to the server.
type proxyRefusalError struct{ status int }

func (e *proxyRefusalError) Error() string {
	if e.status == http.StatusProxyAuthRequired {
		return "the proxy requires a user name and a password"
	}
	return fmt.Sprintf("the proxy answered %d instead of the server", e.status)
}

// checkConnect is told what a proxy answered to CONNECT.
func checkConnect(_ context.Context, _ *url.URL, _ *http.Request, answer *http.Response) error {
	if answer.StatusCode == http.StatusOK {
		return nil
	}
	return &proxyRefusalError{answer.StatusCode}
}
