// Quickstart shows a login from beginning to end: it starts a real homeserver on
// the loopback and runs the commands that a reader would type, with their real
// output. It needs nothing but Go:
//
//	go run ./docs/quickstart
//
// With -serve it shows nothing: it keeps the homeserver for you to try mxlogin with,
// until you press Ctrl-C.
//
// It works in any directory of the module. Its exit code is 0, 1 if a command
// did not end as expected, or 128+N if signal N ended the demo.
package main

import (
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	toServe := flag.Bool("serve", false, "only keep a homeserver, until Ctrl-C")
	flag.Parse()
	ctx, stop := withSignals(context.Background())
	var err error
	if *toServe {
		err = serve(ctx, os.Stdout, rand.Text())
	} else {
		err = run(ctx, os.Stdout, os.Environ(), rand.Text())
	}
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "quickstart:", err)
	}
	os.Exit(exitCode(err))
}

// signalError is the cause of a context that a signal ended.
type signalError struct{ syscall.Signal }

func (e signalError) Error() string { return "ended by signal: " + e.String() }

// withSignals returns a context that ends at the first signal that asks the
// process to end. Later ones are ignored until stop: cleaning up takes seconds at
// most, and a person who presses Ctrl-C twice wants nothing left either.
func withSignals(parent context.Context) (ctx context.Context, stop func()) {
	ctx, cancel := context.WithCancelCause(parent)
	signals := make(chan os.Signal, 1)
	// SIGPIPE is what `quickstart | head` ends by.
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGPIPE)
	go func() {
		select {
		case s := <-signals:
			if number, ok := s.(syscall.Signal); ok {
				cancel(signalError{number})
			}
		case <-ctx.Done():
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		cancel(nil)
	}
}

func exitCode(err error) int {
	var ended signalError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &ended):
		return 128 + int(ended.Signal)
	}
	return 1
}
