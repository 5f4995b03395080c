package cmd

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"

	"mxlogin/client/matrixid"
	"mxlogin/client/transport"
	"mxlogin/cmd/output"
)

// describeTransport tells of what came of a request on its way.
func describeTransport(err error) (output.Failure, bool) {
	var limited *transport.RateLimitError
	var tls *transport.TLSError
	var network *transport.NetworkError
	var server *transport.ServerError
	var redirect *transport.RedirectError
	var forbidden *transport.ForbiddenError
	var protocol *transport.ProtocolError
	var limit *transport.LimitError
	var proxy *transport.ProxyError
	switch {
	case errors.As(err, &proxy):
		return failureOf(classUsage, proxy.Error(), "write it like http://proxy.example.org:3128, or unset it"), true
	case errors.As(err, &limited):
		failure := failureOf(classRateLimited, limited.Error(), "raise --max-wait, or try again later")
		failure.RetryAfter, failure.ErrCode = limited.RetryAfter, limited.Code
		return failure, true
	case errors.As(err, &tls):
		return failureOf(classTLS, tls.Error(), tlsHint(tls)), true
	case errors.As(err, &network):
		return failureOf(classNetwork, network.Error(), proxyHint(network)), true
	case errors.As(err, &server):
		failure := failureOf(classNetwork, server.Error(), "")
		failure.ErrCode = server.Code
		return failure, true
	case errors.As(err, &redirect):
		hint := "a captive portal or another login page may be in front of the homeserver"
		if redirect.Base != "" {
			hint = "if you trust it, log in there: --homeserver " + shellWord(redirect.Base)
		}
		return failureOf(classProtocol, redirect.Error(), hint), true
	case errors.As(err, &forbidden):
		return failureOf(classUsage, forbidden.Error(), "use https, or allow it: --allow-http "+hostOf(forbidden.Origin)), true
	case errors.As(err, &protocol) && isTooLong(protocol.Status):
		return failureOf(classUsage, fmt.Sprintf("%s (%d from %s)", tooLong, protocol.Status, protocol.Request), ""), true
	case errors.As(err, &protocol):
		return failureOf(classProtocol, protocol.Error(), ""), true
	case errors.As(err, &limit):
		return failureOf(classProtocol, limit.Error(), ""), true
	case errors.Is(err, context.DeadlineExceeded):
		return failureOf(classNetwork, err.Error(), ""), true
	}
	return output.Failure{}, false
}

func proxyHint(e *transport.NetworkError) string {
	if strings.Contains(e.Reason, "the proxy ") {
		return "check HTTPS_PROXY, HTTP_PROXY and ALL_PROXY; NO_PROXY lists hosts to reach directly"
	}
	return ""
}

func tlsHint(e *transport.TLSError) string {
	if strings.Contains(e.Reason, "not trusted") && e.OwnRoots {
		return "the authorities that were given are not this one, or the server does not send the certificates in between"
	}
	if strings.Contains(e.Reason, "not trusted") {
		return "if the server uses an authority of its own, give that one's certificate: --ca-file FILE"
	}
	return ""
}

// noHomeserverHint names the server name that the URL of a web page may stand for.
func noHomeserverHint(address string) string {
	u, err := url.Parse(address)
	if err != nil || net.ParseIP(u.Hostname()) != nil {
		return "check the URL"
	}
	return "check the URL, or use the server name: mxlogin flows " + shellWord(strings.TrimPrefix(u.Hostname(), "www."))
}

func hostOf(o matrixid.Origin) string {
	host := o.Host()
	if o.Port() != "80" {
		host += ":" + o.Port()
	}
	return host
}
