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
	listener net.Listener
	cancel   context.CancelFunc
	wg       sync.WaitGroup

	probing sync.Mutex // one Connections at a time

	mu       sync.Mutex
	changed  *sync.Cond
	peers    []string // of all connections so far
	open     map[net.Conn]bool
	received []byte
	closed   bool
}

// StartSink starts a Sink that runs until Close or until ctx ends.
func StartSink(ctx context.Context) (*Sink, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("start a sink: %w", err)
	}
	ctx, cancel := context.WithCancel(ctx)
	s := &Sink{listener: listener, cancel: cancel, open: make(map[net.Conn]bool)}
	s.changed = sync.NewCond(&s.mu)
	s.wg.Go(s.accept)
	context.AfterFunc(ctx, s.shut)
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
func (s *Sink) Addr() string { return s.listener.Addr().String() }

// Close ends the sink and its connections.
func (s *Sink) Close() {
	s.cancel()
	s.shut()
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
	for !s.closed {
		if i := slices.Index(s.peers, own); i >= 0 {
			s.peers = slices.Delete(s.peers, i, i+1)
			return
		}
		s.changed.Wait()
	}
}

func (s *Sink) accept() {
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			return
		}
		if !s.enter(conn) {
			_ = conn.Close()
			return
		}
		s.wg.Go(func() {
			defer s.leave(conn)
			_, _ = io.Copy(sinkWriter{s}, conn)
		})
	}
}

func (s *Sink) enter(conn net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.open[conn] = true
	s.peers = append(s.peers, conn.RemoteAddr().String())
	s.changed.Broadcast()
	return true
}

func (s *Sink) leave(conn net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.open, conn)
	_ = conn.Close()
}

func (s *Sink) shut() {
	_ = s.listener.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	for conn := range s.open {
		_ = conn.Close()
	}
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
