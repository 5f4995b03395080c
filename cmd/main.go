// Package cmd is the command line of mxlogin: one file a command, named after
// it. It is the only package that knows cobra.
package cmd

import (
	"context"
	"io"
	"log"
	"os"
	"os/signal"
	"slices"
	"strings"
	"sync"
	"time"

	"mxlogin/cmd/session"
	"mxlogin/cmd/terminal"
)

// Main runs mxlogin with the process's arguments and streams, and ends the
// process: with the exit code, or by the signal that ended the run.
func Main() {
	// GODEBUG=http2debug=1 makes net/http log headers and bodies, tokens and
	// passwords included, by the standard logger.
	log.SetOutput(io.Discard)

	startCommand := forbidCore()
	environment := NewEnvironment(os.Environ())
	for _, name := range environment.SecretNames() {
		_ = os.Unsetenv(name)
	}
	obeyAllProxy(environment)
	ctx, stop := withSignals(context.Background())
	code := Run(ctx, os.Args[1:], &App{
		Stdin:        os.Stdin,
		Stdout:       os.Stdout,
		Stderr:       os.Stderr,
		Environment:  environment,
		OpenTerminal: openTerminal,
		OpenBrowser:  terminal.FindBrowser(environment.Lookup, environment.ForChildren()),
		Now:          time.Now,
		StartCommand: startCommand,
	})
	if cause := context.Cause(ctx); cause != nil && code == explain(cause).ExitCode {
		stop()
		endBySignal(cause)
	}
	os.Exit(code)
}

// obeyAllProxy has ALL_PROXY stand for the proxies that are not named, as it does for
// curl: net/http reads the others alone, once, from the process.
func obeyAllProxy(e Environment) {
	all := firstSet(e, "all_proxy", "ALL_PROXY")
	if all == "" {
		return
	}
	for _, scheme := range []string{"http", "https"} {
		if name := scheme + "_proxy"; firstSet(e, name, strings.ToUpper(name)) == "" {
			_ = os.Setenv(name, all)
		}
	}
}

func firstSet(e Environment, names ...string) string {
	for _, name := range names {
		if value, _ := e.Lookup(name); value != "" {
			return value
		}
	}
	return ""
}

func openTerminal() (terminal.Prompter, error) { return terminal.Open() }

// SignalError is the cause of a context that a signal ended.
type SignalError struct{ Signal os.Signal }

func (e *SignalError) Error() string { return "ended by signal: " + e.Signal.String() }

// insistence is how long after the first signal others are not heard: what must not be
// cut short takes less. After that the next one ends the process.
const insistence = session.LingerTime + time.Second

// watchedSignals are the signals that end a process, but for those that were ignored when
// it started: nohup and shells without job control mean it.
func watchedSignals() []os.Signal { return slices.DeleteFunc(endingSignals(), signal.Ignored) }

// withSignals returns a context that ends at the first of the signals that end a
// process. Signals are watched for from
// the moment that something waits for the context: until then they end the
// process as any other, and a command that never waits is spared the threads that
// it takes.
func withSignals(parent context.Context) (ctx context.Context, stop func()) {
	ctx, cancel := context.WithCancelCause(parent)
	signals := make(chan os.Signal, 1)
	watch := sync.OnceFunc(func() {
		watched := watchedSignals()
		if len(watched) == 0 {
			return // to watch for none is to watch for all
		}
		signal.Notify(signals, watched...)
		go func() {
			select {
			case s := <-signals:
				cancel(&SignalError{Signal: s})
				time.AfterFunc(insistence, func() { signal.Stop(signals) })
			case <-parent.Done():
			}
		}()
	})
	if isInit() {
		watch() // the runtime's own end by a signal would be exit code 2
	}
	return &watchedContext{Context: ctx, watch: watch}, func() { signal.Stop(signals) }
}

// watchedContext calls watch when it is first waited for.
type watchedContext struct {
	context.Context //nolint:containedctx // it is a context
	watch           func()
}

func (w *watchedContext) Done() <-chan struct{} {
	w.watch()
	return w.Context.Done()
}
