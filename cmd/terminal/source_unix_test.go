//go:build unix

package terminal_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"mxlogin/cmd/terminal"
)

func TestReadSecretFileFromFIFO(t *testing.T) {
	path := filepath.Join(t.TempDir(), "fifo")
	if err := unix.Mkfifo(path, 0o644); err != nil {
		t.Fatal(err)
	}
	go func() { _ = os.WriteFile(path, []byte(canary+"\n"), 0) }()
	v, othersCanRead, err := terminal.ReadSecretFile(t.Context(), "--x-file", path, terminal.ReadSecretFrom)
	if err != nil || v.Reveal() != canary || othersCanRead {
		t.Errorf("read as %q, %t, %v", v.Reveal(), othersCanRead, err)
	}
}

func TestReadSecretFileWaitsForAWriterWithinItsContext(t *testing.T) {
	path := filepath.Join(t.TempDir(), "fifo")
	if err := unix.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	cause := errors.New("interrupted")
	ctx, cancel := context.WithCancelCause(t.Context())
	go cancel(cause)
	if _, _, err := terminal.ReadSecretFile(ctx, "--x-file", path, terminal.ReadSecretFrom); !errors.Is(err, cause) {
		t.Errorf("got %v, want the cause", err)
	}
	// Lets the open that was left behind end.
	if f, err := os.OpenFile(path, os.O_RDWR|unix.O_NONBLOCK, 0); err == nil {
		_ = f.Close()
	}
}

func TestReadSecretFileFromDescriptor(t *testing.T) {
	r, w := openPair(os.Pipe())(t)
	defer func() { _ = r.Close() }()
	if _, err := w.WriteString(canary); err != nil {
		t.Fatal(err)
	}
	_ = w.Close()
	v, othersCanRead, err := terminal.ReadSecretFile(t.Context(), "--x-file", fmt.Sprintf("/dev/fd/%d", r.Fd()), terminal.ReadSecretFrom)
	if err != nil || v.Reveal() != canary || othersCanRead {
		t.Errorf("read as %q, %t, %v", v.Reveal(), othersCanRead, err)
	}
}

// TestAFileOfSomebodyElseIsNotWarnedOf: nobody but its owner can change its mode.
func TestAFileOfSomebodyElseIsNotWarnedOf(t *testing.T) {
	path := "/etc/passwd"
	if os.Geteuid() == 0 {
		path = filepath.Join(t.TempDir(), "secret")
		if err := os.WriteFile(path, []byte(canary), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.Chown(path, 12345, 12345); err != nil {
			t.Fatal(err)
		}
	}
	if _, othersCanRead, err := terminal.ReadSecretFile(t.Context(), "--x-file", path, terminal.ReadTextFrom); othersCanRead {
		t.Errorf("othersCanRead, %v", err)
	}
}
