// Package secret holds strings that must not be printed by accident:
// passwords, access tokens, refresh tokens, login tokens.
package secret

import (
	"crypto/subtle"
	"fmt"
	"io"
	"log/slog"
)

// redacted is all that a Value shows of itself.
const redacted = "[redacted]"

// Value is a secret string. It prints as "[redacted]" under every verb of fmt,
// in JSON, as text, in YAML and in slog. [Value.Reveal] is the only way to the
// string itself. The zero Value is the empty string.
//
// The string sits behind a closure: a plain field would be printed by fmt
// wherever a Value is an unexported field of a printed struct, because fmt does
// not call methods there.
type Value struct {
	hold func() []byte
}

// New makes a Value of s.
func New(s string) Value {
	return Take([]byte(s))
}

// Take makes a Value of b and owns b from then on: the caller must not use it
// again, and [Value.Wipe] clears it.
func Take(b []byte) Value {
	if len(b) == 0 {
		return Value{}
	}
	return Value{hold: func() []byte { return b }}
}

// Reveal returns the secret itself. Call it where the secret leaves for the
// place it is meant for, and nowhere else.
func (v Value) Reveal() string {
	return string(v.bytes())
}

// IsZero reports whether v is the empty string.
func (v Value) IsZero() bool {
	return len(v.bytes()) == 0
}

// Equal compares two secrets in time that does not depend on where they differ.
func (v Value) Equal(w Value) bool {
	return subtle.ConstantTimeCompare(v.bytes(), w.bytes()) == 1
}

// Wipe overwrites the memory that holds the secret; it is then a string of NULs
// in every copy of v. Copies that the runtime or the kernel made are out of
// reach: Go gives no promise there.
func (v Value) Wipe() {
	clear(v.bytes())
}

func (v Value) bytes() []byte {
	if v.hold == nil {
		return nil
	}
	return v.hold()
}

// Format implements fmt.Formatter.
func (v Value) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, redacted)
}

// String implements fmt.Stringer.
func (v Value) String() string { return redacted }

// GoString implements fmt.GoStringer.
func (v Value) GoString() string { return redacted }

// MarshalJSON implements json.Marshaler.
func (v Value) MarshalJSON() ([]byte, error) { return []byte(`"` + redacted + `"`), nil }

// MarshalText implements encoding.TextMarshaler.
func (v Value) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// MarshalYAML implements the Marshaler interface of YAML packages.
func (v Value) MarshalYAML() (any, error) { return redacted, nil }

// LogValue implements slog.LogValuer.
func (v Value) LogValue() slog.Value { return slog.StringValue(redacted) }
