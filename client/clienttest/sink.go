package clienttest

import (
	"context"
	"fmt"
	"io"
	"net"
	"slices"
	"sync"
	"testing"
)

// Sink is a listener on 127.0.0.1 that answers nothing and counts what comes: a
// place where no secret may be sent.
type Sink struct {
	*listening
	cancel context.CancelFunc
	wg     sync.WaitGroup

	probing sync.Mutex // one Connections at a time

	mu       sync.Mutex
	changed  *sync.Cond
	peers    []string // of all connections so far
	received []byte
	shut     bool
}

// StartSink starts a Sink that runs until Close or until ctx ends.
func StartSink(ctx context.Context) (*Sink, error) {
	listening, err := listen(ctx)
	if err != nil {
		return nil, fmt.Errorf("start a sink: %w", err)
	}
	ctx, cancel := context.WithCancel(ctx)
	s := &Sink{listening: listening, cancel: cancel}
	s.changed = sync.NewCond(&s.mu)
	s.wg.Go(func() { s.acceptAll(s.count, s.receive) })
	context.AfterFunc(ctx, s.end)
	return s, nil
}

// NewSink is StartSink for a test, with which it ends.
func NewSink(t testing.TB) *Sink {
	t.Helper()
	s, err := StartSink(context.WithoutCancel(t.Context()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// URL is the sink's address as a plain http base URL, without a final slash.
func (s *Sink) URL() string { return "http://" + s.Addr() }

// Addr is the sink's address as host:port.
func (s *Sink) Addr() string { return s.addr() }

// Close ends the sink and its connections.
func (s *Sink) Close() {
	s.cancel()
	s.end()
	s.wg.Wait()
}

// Connections is how many connections were made before this call, also those
// whose client has left already.
func (s *Sink) Connections() int {
	s.flush()
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.peers)
}

// Received is what came so far, over all connections. With no connection it is
// empty for certain; else more may be on its way.
func (s *Sink) Received() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.received)
}

// flush returns once all connections that the kernel has made for us are
// counted. They are accepted in order, so it makes one more and waits for that.
func (s *Sink) flush() {
	s.probing.Lock()
	defer s.probing.Unlock()
	probe, err := net.Dial("tcp", s.Addr())
	if err != nil {
		return // closed: nothing more can have come
	}
	defer probe.Close()
	own := probe.LocalAddr().String()

	s.mu.Lock()
	defer s.mu.Unlock()
	for !s.shut {
		if i := slices.Index(s.peers, own); i >= 0 {
			s.peers = slices.Delete(s.peers, i, i+1)
			return
		}
		s.changed.Wait()
	}
}

func (s *Sink) count(conn net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.peers = append(s.peers, conn.RemoteAddr().String())
	s.changed.Broadcast()
}

func (s *Sink) receive(conn net.Conn) { _, _ = io.Copy(sinkWriter{s}, conn) }

func (s *Sink) end() {
	s.close()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.shut = true
	s.changed.Broadcast()
}

// sinkWriter keeps what a connection sends.
type sinkWriter struct{ *Sink }

func (w sinkWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.received = append(w.received, p...)
	return len(p), nil
}
