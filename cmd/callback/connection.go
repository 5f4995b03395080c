package callback

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"time"
)

// The server of net/http would do all of this and more: connections that are kept,
// HTTP/2, bodies. It would make the program larger by 0.4 MB.

const (
	maxRequest = 16 << 10        // bytes of a request, which has no body
	slowest    = 5 * time.Second // for a whole exchange

	acceptPause = 10 * time.Millisecond
)

// acceptAll takes connections until the port is closed.
func (r *Receiver) acceptAll(listener net.Listener) {
	for {
		connection, err := listener.Accept()
		if err != nil {
			if !r.isOpen() {
				return
			}
			<-time.After(acceptPause) // for want of files, which others may give back
			continue
		}
		if !r.add(connection) {
			_ = connection.Close()
			return
		}
		go r.serve(connection)
	}
}

// serve answers the one request of a connection.
func (r *Receiver) serve(connection net.Conn) {
	defer r.remove(connection)
	_ = connection.SetDeadline(time.Now().Add(slowest))
	limited := &io.LimitedReader{R: connection, N: maxRequest}
	request, err := http.ReadRequest(bufio.NewReader(limited))
	answer := page{status: http.StatusBadRequest, body: pageNothing}
	switch {
	case err == nil:
		answer = r.answer(request)
	case limited.N == 0:
		answer.status = http.StatusRequestHeaderFieldsTooLarge
	}
	if err := answer.write(connection); err == nil && answer.isLast {
		r.markShown()
	}
	drain(connection)
}

// drain reads what the other side still sends, a little: to close with something unread
// would reset the connection, and the answer be lost.
func drain(connection net.Conn) {
	if half, ok := connection.(*net.TCPConn); ok {
		_ = half.CloseWrite()
	}
	_, _ = io.CopyN(io.Discard, connection, 1<<20)
}

// add notes an open connection. It reports whether the receiver is open.
func (r *Receiver) add(connection net.Conn) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.open == nil {
		return false
	}
	r.open[connection] = true
	return true
}

func (r *Receiver) remove(connection net.Conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.open, connection)
	_ = connection.Close()
}

func (r *Receiver) isOpen() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.open != nil
}

// closeAll ends all connections and lets no other begin.
func (r *Receiver) closeAll() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for connection := range r.open {
		_ = connection.Close()
	}
	r.open = nil
}
