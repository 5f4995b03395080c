package transport

import (
	"context"
	"errors"
	"net"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestLocalhostIsDialledHere: plain http is allowed to that name, so whatever a resolver
// says of it is not asked for.
func TestLocalhostIsDialledHere(t *testing.T) {
	here, away := errors.New("nobody at 127.0.0.1"), errors.New("nobody at ::1")
	for address, want := range map[string]struct {
		dialled []string
		err     error
	}{
		"localhost:80":           {[]string{"127.0.0.1:80", "[::1]:80"}, here},
		"localhost.evil.test:80": {[]string{"localhost.evil.test:80"}, away},
		"LOCALHOST:80":           {[]string{"LOCALHOST:80"}, away}, // origins are in lower case before
		"hs.test:443":            {[]string{"hs.test:443"}, away},
		"no port":                {[]string{"no port"}, away},
	} {
		var dialled []string
		dial := dialLocalhostHere(func(_ context.Context, _, address string) (net.Conn, error) {
			dialled = append(dialled, address)
			if address == "127.0.0.1:80" {
				return nil, here
			}
			return nil, away
		})
		_, err := dial(t.Context(), "tcp", address)
		if !errors.Is(err, want.err) {
			t.Errorf("%s: %v", address, err)
		}
		if diff := cmp.Diff(want.dialled, dialled); diff != "" {
			t.Errorf("%s (-want +got):\n%s", address, diff)
		}
	}
}

// TestLocalhostIsTheFirstThatAnswers, by either kind of address.
func TestLocalhostIsTheFirstThatAnswers(t *testing.T) {
	for _, answering := range []string{"127.0.0.1:80", "[::1]:80"} {
		near, far := net.Pipe()
		dial := dialLocalhostHere(func(_ context.Context, _, address string) (net.Conn, error) {
			if address == answering {
				return near, nil
			}
			return nil, errors.New("nobody there")
		})
		if got, err := dial(t.Context(), "tcp", "localhost:80"); err != nil || got != near {
			t.Errorf("%s: %v, %v", answering, got, err)
		}
		_ = near.Close()
		_ = far.Close()
	}
}
