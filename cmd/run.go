package cmd

import (
	"context"
	"errors"
	"fmt"
	"runtime"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Run runs mxlogin with args, which do not hold the program's name, and returns
// the exit code. It is the only place that reports an error, and it can be called
// more than once in a process.
func Run(ctx context.Context, args []string, app *App) (code int) {
	defer func() {
		if p := recover(); p != nil {
			code = app.report(panicked(p))
		}
	}()
	root := NewRoot(app)
	if isCompletion(args) {
		addCompletions(app, root)
	}
	root.SetArgs(args)
	root.SetIn(app.Stdin)
	root.SetOut(app.Stdout)
	root.SetErr(app.Stderr)
	executed, err := root.ExecuteContextC(ctx)
	app.flags = flagsOf(app, executed)
	return app.end(err, context.Cause(ctx))
}

// end returns the exit code of a run that came to err while ctx had ended by
// cause. A signal decides, whatever it made fail; a run that had done its work
// all the same says nothing.
func (a *App) end(err, cause error) int {
	var status *ExitStatusError
	switch {
	case errors.As(err, &status):
		return status.Code
	case cause == nil || errors.Is(err, cause):
		return a.report(err)
	case err == nil:
		return explain(cause).ExitCode
	}
	return a.report(fmt.Errorf("%w (%w)", err, cause))
}

// report tells of err, if it is one, and returns its exit code.
func (a *App) report(err error) int {
	if err == nil {
		return exitOK
	}
	failure := explain(err)
	if failure.Message != "" {
		a.Reporter().Failure(failure)
	}
	return failure.ExitCode
}

// panicError is a fault of mxlogin. The value of a panic is not repeated: it may
// hold what was being worked on.
type panicError struct{ where string }

func (e *panicError) Error() string { return "mxlogin has a fault, at " + e.where }

func panicked(any) error {
	pcs := make([]uintptr, 16)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(3, pcs)])
	for {
		frame, more := frames.Next()
		if !isRuntime(frame.Function) || !more {
			return &panicError{where: fmt.Sprintf("%s:%d", frame.Function, frame.Line)}
		}
	}
}

func isRuntime(function string) bool {
	return len(function) > 8 && function[:8] == "runtime."
}

// flagsOf returns the flags of the command that ran, also where it failed before
// its flags were noted.
func flagsOf(app *App, executed *cobra.Command) *pflag.FlagSet {
	if app.flags != nil || executed == nil {
		return app.flags
	}
	return executed.Flags()
}
