//go:build unix

package cmd

import (
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"
)

func endingSignals() []os.Signal {
	return []os.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT}
}

// isTyped reports whether a terminal sends the signal for a key: then every
// process in its foreground has got it already.
func isTyped(s os.Signal) bool { return s == syscall.SIGINT || s == syscall.SIGQUIT }

// shellCode is the exit code that a shell would give: 128+N for signal N.
func shellCode(ended *exec.ExitError) int {
	if status, ok := ended.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return exitSignalBase + int(status.Signal())
	}
	return ended.ExitCode()
}

// endBySignal ends the process by the signal that ended the run, so that a shell
// or a supervisor sees how it came about; they report it as 128+N. SIGQUIT is
// left out: its default would dump core, and with it what is in memory.
func endBySignal(cause error) {
	var ended *SignalError
	if !errors.As(cause, &ended) || ended.Signal == syscall.SIGQUIT {
		return
	}
	number, ok := ended.Signal.(syscall.Signal)
	if !ok {
		return
	}
	signal.Reset(number)
	_ = syscall.Kill(os.Getpid(), number)
	<-time.After(time.Second) // another thread may be given the signal a moment later
}
