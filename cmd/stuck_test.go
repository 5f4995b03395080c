package cmd_test

import (
	"context"
	"strings"
	"syscall"
	"testing"
	"time"

	"mxlogin/cmd"
)

// stuckTerminal takes nothing, as a terminal whose output somebody has stopped.
type stuckTerminal struct{ entered chan struct{} }

func (s stuckTerminal) Write([]byte) (int, error) {
	s.entered <- struct{}{}
	select {}
}

// TestX2_ASignalEndsARunWhoseTerminalTakesNothing, whatever it was writing.
func TestX2_ASignalEndsARunWhoseTerminalTakesNothing(t *testing.T) {
	const terminated = 128 + int(syscall.SIGTERM)
	for args, want := range map[string]int{
		"flows http://127.0.0.1:1": 5, // an error, which came before the signal
		"version":                  terminated,
		"help flags":               terminated,
		"login --help":             terminated,
		"password @A:hs.test --homeserver http://127.0.0.1:1 --password-stdin": terminated, // a warning
	} {
		stuck := stuckTerminal{make(chan struct{}, 8)}
		ctx, interrupt := context.WithCancelCause(t.Context())
		code := make(chan int, 1)
		go func() {
			code <- cmd.Run(ctx, strings.Fields(args), &cmd.App{
				Stdin: strings.NewReader("pw-of-the-test"), Stdout: stuck, Stderr: stuck, Now: time.Now,
				Environment: cmd.NewEnvironment([]string{"HOME=" + t.TempDir()}),
			})
		}()
		<-stuck.entered
		interrupt(&cmd.SignalError{Signal: syscall.SIGTERM})
		if got := <-code; got != want {
			t.Errorf("%s: exit code %d, want %d", args, got, want)
		}
	}
}
