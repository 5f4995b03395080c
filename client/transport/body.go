package transport

import (
	"io"
	"sync"
)

// wipedBody is a request's body that is overwritten when it is closed: it may
// hold a password. net/http may still be writing it when the answer is there, so
// reading and closing cannot be used together.
type wipedBody struct {
	mu     sync.Mutex
	text   []byte
	read   int
	closed bool
}

func (b *wipedBody) Read(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.closed:
		return 0, io.ErrClosedPipe
	case b.read == len(b.text):
		return 0, io.EOF
	}
	n := copy(p, b.text[b.read:])
	b.read += n
	return n, nil
}

// Close overwrites the body. It may be called more than once.
func (b *wipedBody) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	clear(b.text)
	return nil
}
