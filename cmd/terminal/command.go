package terminal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"time"

	"mxlogin/client/secret"
)

// CommandError says that a command that was to print a secret could not be
// started or failed. It holds nothing of the output.
type CommandError struct {
	Program string
	Err     error // an *exec.ExitError if the program ran
}

// Error names the program and its exit status.
func (e *CommandError) Error() string { return fmt.Sprintf("command %q failed: %v", e.Program, e.Err) }

// Unwrap returns what os/exec said.
func (e *CommandError) Unwrap() error { return e.Err }

// ReadSecretCommand runs command, split by [SplitCommand] and without a shell,
// and takes what it prints as [ReadSecretFrom] does. The program gets environ
// alone as its environment and the null device as its standard input; its
// standard error goes to stderr. When ctx ends the program is killed, not the
// programs it started. A program that fails is a [*CommandError].
func ReadSecretCommand(ctx context.Context, command string, environ []string, stderr io.Writer) (secret.Value, error) {
	words, err := SplitCommand(command)
	if err != nil {
		return secret.Value{}, err
	}
	running, kill := context.WithCancel(ctx)
	defer kill()
	cmd := exec.CommandContext(running, words[0], words[1:]...)
	cmd.Env = append([]string{}, environ...) // nil would pass on ours
	cmd.Stderr = stderr
	cmd.WaitDelay = time.Second // for what the program left behind to hold stderr open
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return secret.Value{}, &CommandError{words[0], err}
	}
	if err := cmd.Start(); err != nil {
		return secret.Value{}, &CommandError{words[0], err}
	}
	v, readErr := ReadSecretFrom(ctx, stdout, "the output of "+words[0])
	if errors.Is(readErr, errTooLong) {
		kill()
	}
	waitErr := cmd.Wait()
	if err := firstCause(ctx, readErr, waitErr, words[0]); err != nil {
		v.Wipe()
		return secret.Value{}, err
	}
	return v, nil
}

// firstCause says which of the errors of a finished command to report. One that
// we killed, or that failed, fails for that reason and not for what it printed.
func firstCause(ctx context.Context, readErr, waitErr error, program string) error {
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.Is(readErr, errTooLong):
		return readErr
	case waitErr != nil && !errors.Is(waitErr, exec.ErrWaitDelay):
		return &CommandError{program, waitErr}
	}
	return readErr
}
