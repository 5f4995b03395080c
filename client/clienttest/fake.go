package clienttest

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"slices"
	"sync"
	"testing"
)

// FakeOptions says how a Fake is reached. The zero value is plain http.
type FakeOptions struct {
	TLS   bool
	Hosts []string // the names in the certificate, and no others; default 127.0.0.1, ::1 and localhost
	CA    *CA      // who signs the certificate; default a new one
}

// Fake is a homeserver on 127.0.0.1 that answers as it was told and records what
// it was asked. It speaks HTTP/1.1.
//
// A request is named by its method and path as sent, "POST
// /_matrix/client/v3/login"; a * in it stands for any text without a slash, as
// in [path.Match]. Of several rules that fit, the first made that has a reply
// left answers. What no rule answers is 404 M_UNRECOGNIZED, as on a server that
// knows no such endpoint, and counts as unexpected.
type Fake struct {
	url    string
	ca     *CA
	server *http.Server
	cancel context.CancelFunc
	served chan struct{}  // closed once nobody listens any more
	open   sync.WaitGroup // the connections, and with them whoever answers there

	mu         sync.Mutex
	rules      []*rule
	requests   []Request
	arrived    chan struct{} // closed and replaced at each request
	unexpected []string
}

// Request is a request as it arrived.
type Request struct {
	Method     string
	Path       string // as sent, still escaped
	RawQuery   string
	Header     http.Header
	Body       string
	RemoteAddr string
	Host       string
	TLS        bool
}

// StartFake starts a Fake that runs until Close or until ctx ends.
func StartFake(ctx context.Context, o FakeOptions) (*Fake, error) {
	ctx, cancel := context.WithCancel(ctx)
	f := &Fake{cancel: cancel, ca: o.CA, served: make(chan struct{}), arrived: make(chan struct{})}
	listener, err := f.listen(o)
	if err != nil {
		cancel()
		return nil, fmt.Errorf("start a fake homeserver: %w", err)
	}
	f.server = &http.Server{
		Handler:     http.HandlerFunc(f.serve),
		BaseContext: func(net.Listener) context.Context { return ctx },
		ErrorLog:    log.New(io.Discard, "", 0), // clients that refuse the certificate
		ConnState:   f.count,
	}
	go func() {
		defer close(f.served)
		_ = f.server.Serve(listener)
	}()
	context.AfterFunc(ctx, func() { _ = f.server.Close() })
	return f, nil
}

// NewFake is StartFake for a test. The test fails if a request came that nobody
// scripted, or if a scripted one never came.
func NewFake(t testing.TB, o FakeOptions) *Fake {
	t.Helper()
	f, err := StartFake(context.WithoutCancel(t.Context()), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		f.Close()
		for _, request := range f.Unexpected() {
			t.Errorf("unexpected request: %s", request)
		}
		for _, request := range f.Unused() {
			t.Errorf("scripted request never came: %s", request)
		}
	})
	return f
}

// URL is the base URL, by IP address and without a final slash.
func (f *Fake) URL() string { return f.url }

// CAPEM is the certificate of the authority to trust, nil without TLS.
func (f *Fake) CAPEM() []byte {
	if f.ca == nil {
		return nil
	}
	return f.ca.PEM()
}

// Close ends the server and its connections, and returns when nothing of it runs
// any more, a handler that took over its connection excepted.
func (f *Fake) Close() {
	f.cancel()
	_ = f.server.Close()
	<-f.served
	f.open.Wait()
}

func (f *Fake) count(_ net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		f.open.Add(1)
	case http.StateClosed, http.StateHijacked:
		f.open.Done()
	}
}

// On answers request with the replies in turn, one request each.
func (f *Fake) On(request string, replies ...Reply) {
	f.add(&rule{request: request, replies: replies})
}

// OnEvery answers request with reply any number of times, or never.
func (f *Fake) OnEvery(request string, reply Reply) {
	f.add(&rule{request: request, handler: reply.serve})
}

// Handle lets h answer request any number of times, or never. The request's body
// has been read already, h gets a copy.
func (f *Fake) Handle(request string, h http.HandlerFunc) {
	f.add(&rule{request: request, handler: h})
}

// Requests are the requests so far in the order of their arrival.
func (f *Fake) Requests() []Request {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.requests)
}

// Unexpected are the requests so far that no rule answered.
func (f *Fake) Unexpected() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.unexpected)
}

// Unused are the scripted requests that have not come yet, one entry for each
// reply that is left.
func (f *Fake) Unused() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var unused []string
	for _, r := range f.rules {
		for range r.replies {
			unused = append(unused, r.request)
		}
	}
	return unused
}

// Await waits until a request has come that fits, or until ctx ends.
func (f *Fake) Await(ctx context.Context, request string) error {
	r := rule{request: request}
	for {
		f.mu.Lock()
		came := slices.ContainsFunc(f.requests, func(q Request) bool { return r.fits(q.Method + " " + q.Path) })
		arrived := f.arrived
		f.mu.Unlock()
		if came {
			return nil
		}
		select {
		case <-arrived:
		case <-ctx.Done():
			return fmt.Errorf("wait for %s: %w", request, context.Cause(ctx))
		}
	}
}

func (f *Fake) listen(o FakeOptions) (net.Listener, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	if !o.TLS {
		f.url = "http://" + listener.Addr().String()
		return listener, nil
	}
	f.url = "https://" + listener.Addr().String()
	config, err := f.tlsConfig(o.Hosts)
	if err != nil {
		_ = listener.Close()
		return nil, err
	}
	return tls.NewListener(listener, config), nil
}

func (f *Fake) tlsConfig(hosts []string) (*tls.Config, error) {
	if f.ca == nil {
		ca, err := NewCA()
		if err != nil {
			return nil, err
		}
		f.ca = ca
	}
	certificate, err := f.ca.Certificate(hosts...)
	if err != nil {
		return nil, err
	}
	// Replies that write to the connection need HTTP/1.1.
	return &tls.Config{Certificates: []tls.Certificate{certificate}, NextProtos: []string{"http/1.1"}}, nil
}

func (f *Fake) add(r *rule) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.rules = append(f.rules, r)
}

func (f *Fake) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		body = append(body, fmt.Sprintf(" [cut: %v]", err)...)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	f.record(r, string(body))(w, r)
}

// record notes the request and chooses who answers it, in one step, so that
// replies go out in the order in which requests are listed.
func (f *Fake) record(r *http.Request, body string) http.HandlerFunc {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.requests = append(f.requests, Request{
		Method:     r.Method,
		Path:       r.URL.EscapedPath(),
		RawQuery:   r.URL.RawQuery,
		Header:     r.Header.Clone(),
		Body:       body,
		RemoteAddr: r.RemoteAddr,
		Host:       r.Host,
		TLS:        r.TLS != nil,
	})
	close(f.arrived)
	f.arrived = make(chan struct{})

	request := r.Method + " " + r.URL.EscapedPath()
	for _, rule := range f.rules {
		if handler := rule.next(request); handler != nil {
			return handler
		}
	}
	f.unexpected = append(f.unexpected, request)
	return unrecognized().serve
}
