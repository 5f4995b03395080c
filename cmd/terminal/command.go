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
// started or failed. It holds nothing of the command and its output.
type CommandError struct {
	Source  string // what named the command, such as --password-command
	Started bool
	Err     error // an *exec.ExitError if the program ran
}

// Error names the source and the exit status.
func (e *CommandError) Error() string {
	if !e.Started {
		return fmt.Sprintf("%s cannot be started: %v", e.Source, e.Err)
	}
	return fmt.Sprintf("%s failed: %v", e.Source, e.Err)
}

// Unwrap returns what os/exec said.
func (e *CommandError) Unwrap() error { return e.Err }

// ReadSecretCommand runs command, split by [SplitCommand] and without a shell,
// and takes the first line that it prints as a secret, as [ReadSecretFrom] does; lines
// counts them all. The program gets environ
// alone as its environment and the null device as its standard input; its
// standard error goes to stderr. source is what named the command
// ("--password-command") and stands for it in messages: people give the secret
// itself there. When ctx ends the program is killed, not the programs it started. A
// program that fails is a [*CommandError].
func ReadSecretCommand(ctx context.Context, source, command string, environ []string, stderr io.Writer) (v secret.Value, lines int, err error) {
	words, err := SplitCommand(command)
	if err != nil {
		return secret.Value{}, 0, err
	}
	running, kill := context.WithCancel(ctx)
	defer kill()
	cmd := exec.CommandContext(running, words[0], words[1:]...)
	cmd.Env = append([]string{}, environ...) // nil would pass on ours
	cmd.Stderr = stderr
	cmd.WaitDelay = time.Second // for what the program left behind to hold stderr open
	stdout, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		return secret.Value{}, 0, &CommandError{Source: source, Err: reason(err)}
	}
	printed, readErr := await(ctx, func() (printed firstLine, err error) {
		printed.value, printed.lines, err = readSecret(stdout, "the output of "+source)
		return printed, err
	}, func(late firstLine) { late.value.Wipe() })
	if errors.Is(readErr, errTooLong) {
		kill()
	}
	waitErr := cmd.Wait()
	if err := firstCause(ctx, readErr, waitErr, source); err != nil {
		printed.value.Wipe()
		return secret.Value{}, 0, err
	}
	return printed.value, printed.lines, nil
}

// firstLine is the first of some lines.
type firstLine struct {
	value secret.Value
	lines int
}

// firstCause says which of the errors of a finished command to report. One that
// we killed, or that failed, fails for that reason and not for what it printed.
func firstCause(ctx context.Context, readErr, waitErr error, source string) error {
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.Is(readErr, errTooLong):
		return readErr
	case waitErr != nil && !errors.Is(waitErr, exec.ErrWaitDelay):
		return &CommandError{Source: source, Started: true, Err: waitErr}
	}
	return readErr
}
