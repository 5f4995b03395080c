package session

import (
	"crypto/rand"
	"strings"
)

// newDeviceID makes 10 random capital letters: some 47 bits, and what servers
// and their administrators are used to.
func newDeviceID() string {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	id := make([]byte, 0, 10)
	for len(id) < cap(id) {
		var b [16]byte
		_, _ = rand.Read(b[:]) // never fails: it ends the program
		for _, c := range b {
			// 234 is the largest multiple of 26 in a byte.
			if c < 234 && len(id) < cap(id) {
				id = append(id, letters[c%26])
			}
		}
	}
	return string(id)
}

// isBeside reports whether a pending entry stands beside a session or has no user.
func isBeside(name string) bool { return strings.HasPrefix(name, "pending: ") }
