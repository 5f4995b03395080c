package clienttest

import (
	"context"
	"net"
	"sync"
)

// listening is a listener on 127.0.0.1 and its connections, which end with it.
type listening struct {
	listener net.Listener

	mu     sync.Mutex
	open   map[net.Conn]bool
	closed bool
}

func listen(ctx context.Context) (*listening, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	return &listening{listener: listener, open: map[net.Conn]bool{}}, nil
}

// addr is host:port.
func (l *listening) addr() string { return l.listener.Addr().String() }

// acceptAll serves each connection until close, and closes it then. Before that it is
// counted, in the order in which they came.
func (l *listening) acceptAll(count, serve func(net.Conn)) {
	var wg sync.WaitGroup
	defer wg.Wait()
	for {
		conn, err := l.listener.Accept()
		if err != nil {
			return
		}
		if !l.enter(conn) {
			_ = conn.Close()
			return
		}
		count(conn)
		wg.Go(func() {
			defer l.leave(conn)
			serve(conn)
		})
	}
}

func (l *listening) enter(conn net.Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.closed {
		l.open[conn] = true
	}
	return !l.closed
}

func (l *listening) leave(conn net.Conn) {
	_ = conn.Close()
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.open, conn)
}

func (l *listening) close() {
	_ = l.listener.Close()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	for conn := range l.open {
		_ = conn.Close()
	}
}
