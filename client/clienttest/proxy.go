package clienttest

import (
	"context"
	"fmt"
	"io"
	"log"
	"maps"
	"net"
	"net/http"
	"slices"
	"sync"
	"testing"
)

// ConnectProxy is an HTTP proxy on 127.0.0.1 that gives names to loopback
// servers. As HTTPS_PROXY of a process it lets that process speak to
// https://hs.test, which is a test's own server, and to nothing else.
type ConnectProxy struct {
	url    string
	routes map[string]string
	server *http.Server
	cancel context.CancelFunc
	served chan struct{}

	mu       sync.Mutex
	requests []string
}

// StartConnectProxy starts a proxy that runs until Close or until ctx ends. Its
// routes lead from what clients ask for, "hs.test:443", to loopback addresses,
// "127.0.0.1:1234".
func StartConnectProxy(ctx context.Context, routes map[string]string) (*ConnectProxy, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("start a proxy: %w", err)
	}
	ctx, cancel := context.WithCancel(ctx)
	p := &ConnectProxy{
		url:    "http://" + listener.Addr().String(),
		routes: maps.Clone(routes),
		cancel: cancel,
		served: make(chan struct{}),
	}
	p.server = &http.Server{
		Handler:     http.HandlerFunc(p.serve),
		BaseContext: func(net.Listener) context.Context { return ctx }, // hijacked tunnels end with it
		ErrorLog:    log.New(io.Discard, "", 0),
	}
	go func() {
		defer close(p.served)
		_ = p.server.Serve(listener)
	}()
	context.AfterFunc(ctx, func() { _ = p.server.Close() })
	return p, nil
}

// NewConnectProxy is StartConnectProxy for a test, with which it ends.
func NewConnectProxy(t testing.TB, routes map[string]string) *ConnectProxy {
	t.Helper()
	p, err := StartConnectProxy(context.WithoutCancel(t.Context()), routes)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

// URL is what HTTPS_PROXY is to be.
func (p *ConnectProxy) URL() string { return p.url }

// Requests are the requests so far in order, also the refused ones: "CONNECT
// hs.test:443", or "GET http://hs.test/" where a client wants plain http.
func (p *ConnectProxy) Requests() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.requests)
}

// Close ends the proxy and its tunnels.
func (p *ConnectProxy) Close() {
	p.cancel()
	_ = p.server.Close()
	<-p.served
}

func (p *ConnectProxy) serve(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	p.requests = append(p.requests, r.Method+" "+r.RequestURI)
	p.mu.Unlock()

	address, ok := p.routes[r.Host]
	if r.Method != http.MethodConnect || !ok {
		http.Error(w, "no route to "+r.Host, http.StatusForbidden)
		return
	}
	server, err := new(net.Dialer).DialContext(r.Context(), "tcp", address)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	client, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		_ = server.Close()
		panic(http.ErrAbortHandler)
	}
	closeBoth := func() {
		_ = client.Close()
		_ = server.Close()
	}
	defer closeBoth()
	defer context.AfterFunc(r.Context(), closeBoth)()

	_, _ = io.WriteString(client, "HTTP/1.1 200 Connection established\r\n\r\n")
	go func() {
		_, _ = io.Copy(server, buffered) // not client: it may have sent more already
		closeWrite(server)
	}()
	_, _ = io.Copy(client, server)
}

// closeWrite tells the peer that no more will come; it may still answer.
func closeWrite(conn net.Conn) {
	if half, ok := conn.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite()
	}
}
