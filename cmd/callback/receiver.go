// Package callback receives the redirect that a login in the browser ends with: that of
// single sign-on, which brings a login token, and that of OAuth 2.0.
//
// Any page in any browser, and any process of this machine, can send requests to a port
// of the loopback. So the receiver has an address that nobody can guess, says nothing
// about itself, and no request but the right one ends the wait.
package callback

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"sync"
	"time"
)

// Receiver waits for a redirect on a port of its own.
type Receiver struct {
	accept Accept
	host   string // 127.0.0.1:PORT
	path   string // of the redirect; random
	end    string // of the page that the browser ends at; random

	listener net.Listener
	got      chan url.Values // holds the answer
	shown    chan struct{}   // closed when the last page was served

	mu     sync.Mutex
	open   map[net.Conn]bool // nil once the receiver is closed
	used   bool              // the answer has come
	failed bool              // and it tells of an error
}

// Accept tells whether the query of a redirect is the answer that is waited for.
type Accept func(url.Values) error

// lastPage is how long Close waits for the browser to get its last page.
const lastPage = 2 * time.Second

// Listen opens a port of the literal 127.0.0.1, which no other machine reaches and, other
// than "localhost", no other process can stand in for. It must be open before the browser
// is. A failure of the random source ends the program.
func Listen(ctx context.Context, accept Accept) (*Receiver, error) {
	return listenAt(ctx, "127.0.0.1:0", accept)
}

func listenAt(ctx context.Context, address string, accept Accept) (*Receiver, error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp4", address)
	if err != nil {
		return nil, fmt.Errorf("open a port of 127.0.0.1 for the browser to come back to: %w", err)
	}
	r := &Receiver{
		accept: accept, host: listener.Addr().String(),
		path: "/" + rand.Text(), end: "/" + rand.Text(), // 128 bits each
		listener: listener, open: map[net.Conn]bool{},
		got: make(chan url.Values, 1), shown: make(chan struct{}),
	}
	go r.acceptAll(listener)
	return r, nil
}

// URL is the address to redirect the browser to.
func (r *Receiver) URL() string { return "http://" + r.host + r.path }

// Wait returns the query of the first redirect that is accepted, as soon as it has come,
// or the cause of ctx.
func (r *Receiver) Wait(ctx context.Context) (url.Values, error) {
	select {
	case query := <-r.got:
		return query, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// Read reads the address that the browser ended at, which a person has copied from
// there. It is held to what a request is held to. Errors do not repeat the text.
func (r *Receiver) Read(pasted string) (url.Values, error) {
	address, err := url.Parse(strings.TrimSpace(pasted))
	if err != nil {
		return nil, errors.New("that is not a URL")
	}
	if address.Scheme != "http" || address.Host != r.host || !equal(address.Path, r.path) {
		return nil, errors.New("that is not the address the browser ended at, which begins with http://" + r.host)
	}
	query, err := url.ParseQuery(address.RawQuery)
	if err == nil {
		err = r.accept(query)
	}
	if err != nil {
		return nil, fmt.Errorf("that address holds no answer: %w", err)
	}
	return query, nil
}

// Close closes the port. Where the answer has come by the browser, that gets its last
// page before.
func (r *Receiver) Close() error {
	r.mu.Lock()
	used := r.used
	r.mu.Unlock()
	if used {
		patience := time.NewTimer(lastPage)
		defer patience.Stop()
		select {
		case <-r.shown:
		case <-patience.C:
		}
	}
	// Requests under way get no time: whoever sends them slowly would hold it up.
	r.closeAll()
	if err := r.listener.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
		return fmt.Errorf("close the port that the browser comes back to: %w", err)
	}
	return nil
}

// equal compares in a time that tells nothing of where the texts differ.
func equal(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }
