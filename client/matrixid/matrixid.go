// Package matrixid has the grammar and the canonical form of the names a login
// deals with: user IDs, server names and base URLs. Every error of this package is
// a [SyntaxError].
//
// Matrix specification, appendices, "Identifier Grammar" and "Server Name".
package matrixid

// A SyntaxError tells why a text is not what it was to be. It never repeats the
// text: a secret pasted in the wrong place must not reach a log by way of an
// error.
type SyntaxError struct {
	What   string // "user ID", "server name", "base URL"
	Reason string // completes "not a valid …: "
	Hint   string // what to write instead; may be empty
}

func (e *SyntaxError) Error() string {
	return "not a valid " + e.What + ": " + e.Reason
}

// punycodeHint is for every place that takes a host name: the grammar is ASCII,
// and converting would hide a look-alike letter from the person.
const punycodeHint = "write the host in its ASCII form, which starts with xn--"

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// lowerASCII folds A to Z only. Unicode folding would make other letters equal
// to ASCII ones (the Kelvin sign is a k there).
func lowerASCII(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}
