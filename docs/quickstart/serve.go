package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
)

const invitation = `A Dendrite homeserver runs at %[1]s.
It has a user %[2]q with the password %[3]s

  mxlogin flows %[1]s
  mxlogin password %[4]s --homeserver %[1]s

Ctrl-C ends it, and nothing of it stays.
`

// serve keeps a homeserver with the demo user until ctx ends, which is no error then.
func serve(ctx context.Context, out io.Writer, password string) error {
	return inTemporaryDirectory(ctx, func(dir string) (err error) {
		homeserver, err := startHomeserver(ctx, out, filepath.Join(dir, "homeserver"), password)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, homeserver.Stop()) }()
		if _, err := fmt.Fprintf(out, invitation, homeserver.URL(), demoUser, password, demoUserID); err != nil {
			return err
		}
		<-ctx.Done()
		return nil
	})
}
