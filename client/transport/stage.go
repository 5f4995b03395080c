package transport

import (
	"crypto/tls"
	"net/http/httptrace"
	"sync/atomic"
	"time"
)

// slowAfter is how long a request goes without an answer before OnSlow is told.
const slowAfter = 3 * time.Second

// Slow tells that a request has had no whole answer for 3 s.
type Slow struct {
	Request string // method, origin and path
	For     string // what is waited for, such as "the TLS handshake"
}

// stage is how far a request has come.
type stage int32

const (
	stageBegun stage = iota
	stageConnecting
	stageHandshake
	stageConnected
)

// waitsFor names what the request has not got.
func (s stage) waitsFor() string {
	switch s {
	case stageConnecting:
		return "the connection"
	case stageHandshake:
		return "the TLS handshake"
	}
	return "the answer"
}

// progress follows one request.
type progress struct {
	stage atomic.Int32
	sent  atomic.Bool // it may have reached the server
}

func (p *progress) at() stage { return stage(p.stage.Load()) }

// reach never goes back: net/http may go on with a connection that the request does not
// need any more.
func (p *progress) reach(s stage) {
	for now := p.stage.Load(); now < int32(s); now = p.stage.Load() {
		if p.stage.CompareAndSwap(now, int32(s)) {
			return
		}
	}
}

// trace returns the hooks that net/http calls as the request goes on.
func (p *progress) trace() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		DNSStart:          func(httptrace.DNSStartInfo) { p.reach(stageConnecting) },
		ConnectStart:      func(string, string) { p.reach(stageConnecting) },
		TLSHandshakeStart: func() { p.reach(stageHandshake) },
		TLSHandshakeDone:  func(tls.ConnectionState, error) { p.reach(stageConnected) },
		GotConn:           func(httptrace.GotConnInfo) { p.reach(stageConnected) },
		WroteHeaders:      func() { p.sent.Store(true) },
	}
}
