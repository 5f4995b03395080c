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

// newRoundTripper makes the HTTP transport: proxies from the environment, TLS 1.2
// or later, bounded headers.
func newRoundTripper(roots *x509.CertPool) http.RoundTripper {
	dialer := &net.Dialer{KeepAlive: 30 * time.Second}
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
