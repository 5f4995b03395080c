package transport

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"time"
)

const maxHeaders = 64 << 10 // bytes of an answer's headers

// dialTime bounds the connection, all addresses of a host together: net/http does not
// pass on the deadline of a request, and each address gets a share of this one.
const dialTime = 10 * time.Second

// newRoundTripper makes the HTTP transport: proxies from the environment, TLS 1.2
// or later, bounded headers. No request takes longer than timeout.
func newRoundTripper(roots *x509.CertPool, timeout time.Duration) http.RoundTripper {
	dialer := &net.Dialer{Timeout: min(timeout*3/4, dialTime), KeepAlive: 30 * time.Second}
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		OnProxyConnectResponse: checkConnect,
		DialContext:            dialLocalhostHere(dialer.DialContext),
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots},
		ForceAttemptHTTP2:      true,
		MaxResponseHeaderBytes: maxHeaders,
		MaxIdleConns:           4,
		IdleConnTimeout:        30 * time.Second,
	}
}

type dialFunc func(ctx context.Context, network, address string) (net.Conn, error)

// dialLocalhostHere dials the name localhost on loopback addresses only: http is
// allowed to that name, so no resolver may send it elsewhere.
func dialLocalhostHere(dial dialFunc) dialFunc {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		host, port, err := net.SplitHostPort(address)
		if err != nil || host != "localhost" {
			return dial(ctx, network, address)
		}
		conn, err := dial(ctx, network, net.JoinHostPort("127.0.0.1", port))
		if err == nil {
			return conn, nil
		}
		if conn, err6 := dial(ctx, network, net.JoinHostPort("::1", port)); err6 == nil {
			return conn, nil
		}
		return nil, err
	}
}
