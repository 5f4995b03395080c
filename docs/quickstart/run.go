package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"mxlogin/client/clienttest"
)

// demoUser is the localpart of the user who logs in.
const demoUser = "demo"

// demoUserID is the whole user ID: the homeserver is called localhost.
const demoUserID = "@" + demoUser + ":localhost"

// run plays the demo to out for a user with the given password, and leaves
// nothing behind. If ctx ends first, the error is its cause.
func run(ctx context.Context, out io.Writer, environ []string, password string) error {
	return inTemporaryDirectory(ctx, func(dir string) error {
		return play(ctx, out, dir, environ, password)
	})
}

// inTemporaryDirectory calls do with a directory that goes when it returns.
func inTemporaryDirectory(ctx context.Context, do func(dir string) error) (err error) {
	dir, err := os.MkdirTemp("", "mxlogin-quickstart-")
	if err != nil {
		return fmt.Errorf("make a temporary directory: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()

	err = do(dir)
	if err != nil && endsNow(ctx) {
		return context.Cause(ctx) // what else failed, failed because of that
	}
	return err
}

// endsNow reports whether ctx has ended or is about to. Ctrl-C on a terminal also
// goes to the child processes, and one that it ends may be noticed first.
func endsNow(ctx context.Context) bool {
	select {
	case <-ctx.Done():
		return true
	case <-time.After(signalDelay):
		return false
	}
}

// signalDelay is how much later than a child a signal may reach this process.
const signalDelay = 200 * time.Millisecond

func play(ctx context.Context, out io.Writer, dir string, environ []string, password string) (err error) {
	if _, err := fmt.Fprintf(out, introduction, dir); err != nil {
		return err
	}
	mxlogin, err := buildMxlogin(ctx, dir)
	if err != nil {
		return err
	}
	homeserver, err := startHomeserver(ctx, out, filepath.Join(dir, "homeserver"), password)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, homeserver.Stop()) }()
	if _, err := fmt.Fprintf(out, "A Dendrite homeserver runs at %s.\nIt has a user %q; PASSWORD holds the password.\n\n", homeserver.URL(), demoUser); err != nil {
		return err
	}

	home := filepath.Join(dir, "home")
	if err := os.Mkdir(home, 0o700); err != nil {
		return err
	}
	shell := &shell{out: out, mxlogin: mxlogin, home: home, environ: ownEnvironment(environ, home)}
	for _, step := range steps(homeserver.URL(), password) {
		if err := shell.play(ctx, step); err != nil {
			return err
		}
	}
	_, err = io.WriteString(out, conclusion)
	return err
}

// startHomeserver starts a server with its files in dir, where the demo user is
// registered.
func startHomeserver(ctx context.Context, out io.Writer, dir, password string) (*clienttest.Dendrite, error) {
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, err
	}
	homeserver, err := clienttest.StartDendrite(ctx, clienttest.DendriteOptions{Dir: dir, Progress: out})
	if err != nil {
		return nil, err
	}
	if err := homeserver.Register(ctx, demoUser, password); err != nil {
		return nil, errors.Join(err, homeserver.Stop())
	}
	return homeserver, nil
}
