//go:build unix

package cmd

import (
	"errors"
	"fmt"
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

// isInit reports whether this process is the first of a container: the kernel gives it no
// default action of a signal, and the children of all that have ended.
func isInit() bool { return os.Getpid() == 1 }

// awaitChild waits for the command and returns its end as that of mxlogin.
func awaitChild(child *exec.Cmd) error {
	if !isInit() {
		return exitStatus(child.Wait())
	}
	// What others have left behind has to be waited for as well, or it stays.
	for {
		var status syscall.WaitStatus
		pid, err := syscall.Wait4(-1, &status, 0, nil)
		switch {
		case errors.Is(err, syscall.EINTR):
		case err != nil:
			return fmt.Errorf("wait for the command: %w", err)
		case pid == child.Process.Pid && status.Signaled():
			return &ExitStatusError{Code: exitSignalBase + int(status.Signal())}
		case pid == child.Process.Pid:
			return &ExitStatusError{Code: status.ExitStatus()}
		}
	}
}

// endBySignal ends the process by the signal that ended the run, so that a shell
// or a supervisor sees how it came about; they report it as 128+N. SIGQUIT is
// left out: its default would dump core, and with it what is in memory.
func endBySignal(cause error) {
	var ended *SignalError
	if !errors.As(cause, &ended) || ended.Signal == syscall.SIGQUIT || isInit() {
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
