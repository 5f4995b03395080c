package cmd

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"

	"mxlogin/cmd/terminal"
)

// ExitStatusError is the exit code of a command that mxlogin ran for the caller. It
// becomes mxlogin's own, and nothing is said about it.
type ExitStatusError struct{ Code int }

func (e *ExitStatusError) Error() string { return fmt.Sprintf("exit status %d", e.Code) }

// ProgramError tells that the command cannot be run.
type ProgramError struct {
	Name string
	Code int // 126 or 127, as a shell has it
	Err  error
}

func (e *ProgramError) Error() string { return fmt.Sprintf("cannot run %s: %v", e.Name, e.Err) }

func (e *ProgramError) Unwrap() error { return e.Err }

// The exit codes of a command that could not be run.
const (
	exitCannotRun = 126
	exitNotFound  = 127
)

// findProgram looks for the command before anything is done for it.
func findProgram(name string) (string, error) {
	path, err := exec.LookPath(name)
	if err == nil {
		return path, nil
	}
	if cause := (*exec.Error)(nil); errors.As(err, &cause) {
		err = cause.Err
	}
	if info, statErr := os.Stat(name); errors.Is(err, fs.ErrPermission) || statErr == nil && info.IsDir() && filepath.Base(name) != name {
		return "", &ProgramError{Name: name, Code: exitCannotRun, Err: err}
	}
	return "", &ProgramError{Name: name, Code: exitNotFound, Err: err}
}

// runChild runs the command with an environment, on the streams of this process. It is not started where the run was interrupted before.
func (r *run) runChild(ctx context.Context, program string, argv, environ []string) error {
	child := exec.Command(program) //nolint:noctx // it ends by itself; signals are passed on to it
	child.Args = argv
	child.Env = environ
	child.Stdin, child.Stdout, child.Stderr = r.Stdin, r.Stdout, r.Stderr

	// Before the start, so that no signal is lost in between.
	signals := make(chan os.Signal, 4)
	if watched := watchedSignals(); len(watched) > 0 {
		signal.Notify(signals, watched...)
		defer signal.Stop(signals)
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	start := r.StartCommand
	if start == nil {
		start = (*exec.Cmd).Start
	}
	if err := start(child); err != nil {
		return &ProgramError{Name: argv[0], Code: exitCannotRun, Err: err}
	}
	done := make(chan error, 1)
	go func() { done <- awaitChild(child) }()
	for {
		select {
		case s := <-signals:
			if !isTyped(s) || !terminal.IsInForeground() { // else it has got it already
				_ = child.Process.Signal(s)
			}
		case err := <-done:
			return err
		}
	}
}

// exitStatus makes the child's end that of mxlogin.
func exitStatus(err error) error {
	var ended *exec.ExitError
	switch {
	case err == nil:
		return &ExitStatusError{Code: exitOK}
	case errors.As(err, &ended):
		return &ExitStatusError{Code: shellCode(ended)}
	}
	return fmt.Errorf("wait for the command: %w", err)
}
