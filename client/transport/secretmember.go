package transport

import (
	"strings"
	"time"

	"mxlogin/client/secret"
)

const (
	maxSecret   = 16 << 10 // bytes; it has to fit into a header
	maxLifetime = 10 * 365 * 24 * time.Hour
)

// Secret returns a member that must be a secret which can go into a header line; the
// empty secret where it is missing.
func (o Object) Secret(name string) (secret.Value, error) {
	text, ok, err := o.String(name)
	if err != nil || !ok {
		return secret.Value{}, err
	}
	switch {
	case text == "":
		return secret.Value{}, o.Invalid(name, "is empty")
	case len(text) > maxSecret:
		return secret.Value{}, o.Invalid(name, "is longer than 16 KiB")
	case strings.IndexFunc(text, func(r rune) bool { return r <= ' ' || r >= 0x7f }) >= 0:
		return secret.Value{}, o.Invalid(name, "has a character that cannot go into a header")
	}
	return secret.New(text), nil
}

// Lifetime returns a member that must be a whole number of units; ok is false where it
// is missing. What is past becomes 0, what is beyond ten years becomes ten years:
// neither may overflow a clock.
func (o Object) Lifetime(name string, unit time.Duration) (lifetime time.Duration, ok bool, err error) {
	count, ok, err := o.Integer(name)
	if err != nil || !ok {
		return 0, false, err
	}
	count = min(max(count, 0), int64(maxLifetime/unit))
	return time.Duration(count) * unit, true, nil
}
