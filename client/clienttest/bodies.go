package clienttest

import (
	"compress/gzip"
	"io"
	"net/http"
	"strings"
	"time"
)

// EndlessBody answers with a JSON string that does not end before the client
// leaves.
func EndlessBody() http.HandlerFunc {
	chunk := []byte(strings.Repeat("a", 32<<10))
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, err := io.WriteString(w, `{"endless":"`)
		for err == nil {
			_, err = w.Write(chunk)
		}
	}
}

// GzipBomb answers with a JSON string of size bytes, gzipped to about a
// thousandth of that, whether the client takes gzip or not.
func GzipBomb(size int64) http.HandlerFunc {
	chunk := []byte(strings.Repeat("a", 32<<10))
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Encoding", "gzip")
		bomb := gzip.NewWriter(w)
		_, _ = io.WriteString(bomb, `"`)
		for left := size - 2; left > 0; left -= int64(len(chunk)) {
			if r.Context().Err() != nil {
				return // the client has left; a write tells that MiBs later
			}
			_, _ = bomb.Write(chunk[:min(left, int64(len(chunk)))])
		}
		_, _ = io.WriteString(bomb, `"`)
		_ = bomb.Close()
	}
}

// DripBody answers with the start of a JSON string and then one more byte at
// each tick. Once ticks is closed, or if it is nil, nothing more comes, and the
// answer does not end before the client leaves.
func DripBody(ticks <-chan time.Time) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		drip := func(letter string) {
			_, _ = io.WriteString(w, letter)
			_ = http.NewResponseController(w).Flush()
		}
		drip(`"`)
		for next := ticks; ; {
			select {
			case _, open := <-next:
				if open {
					drip("a")
				} else {
					next = nil
				}
			case <-r.Context().Done():
				return
			}
		}
	}
}

// HugeHeaders answers 200 with a header field of n bytes and an empty object.
func HugeHeaders(n int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("X-Padding", strings.Repeat("a", n))
		_, _ = io.WriteString(w, "{}")
	}
}
