package cmd

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"mxlogin/client/transport"
	"mxlogin/cmd/output"
	"mxlogin/cmd/session"
	"mxlogin/cmd/terminal"
)

type logoutOptions struct {
	account   string
	localOnly bool
}

func newLogout(app *App) *cobra.Command {
	o := &logoutOptions{}
	cmd := &cobra.Command{
		Use:   "logout [ACCOUNT]",
		Short: "End the session on the server, then forget it",
		Long: `End the session on the server, which deletes its device, then take the account
out of the config file. If the server cannot be reached nothing changes.`,
		Example: `  mxlogin logout
  mxlogin logout @alice:example.org
  mxlogin logout --local-only`,
		Args: atMostOne("ACCOUNT"),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.account = argument(args)
			return runLogout(cmd.Context(), app, o)
		},
	}
	cmd.Flags().BoolVar(&o.localOnly, "local-only", false, "ask no server: only forget the session here")
	return cmd
}

// logoutResult is the JSON of logout.
type logoutResult struct {
	Accounts []string           `json:"accounts"`
	Server   session.ServerSide `json:"server"`
}

func runLogout(ctx context.Context, app *App, o *logoutOptions) error {
	format, err := app.plainFormat()
	if err != nil {
		return err
	}
	account, err := app.selectAccount(o.account)
	if err != nil {
		return err
	}
	keeper, err := app.keeperOf(account)
	if err != nil {
		return err
	}
	done := session.NotAsked
	if o.localOnly {
		err = keeper.Forget(ctx, account)
	} else {
		done, err = keeper.End(ctx, account)
	}
	if err != nil {
		return keptError(err)
	}
	if format == output.JSON {
		return output.PrintJSON(app.Stdout, logoutResult{Accounts: []string{account.Name}, Server: done})
	}
	_, err = fmt.Fprintf(app.Stdout, "%s %s\n", serverWords(done), terminal.Safe(account.Name))
	return err
}

func serverWords(done session.ServerSide) string {
	switch done {
	case session.AlreadyGone:
		return "The session was over already; forgot"
	case session.NotAsked:
		return "Forgot, without asking the server,"
	}
	return "Logged out"
}

// KeptError tells that a logout changed nothing.
type KeptError struct{ Err error }

func (e *KeptError) Error() string { return e.Err.Error() }

func (e *KeptError) Unwrap() error { return e.Err }

// keptError marks the errors of a server that was not reached.
func keptError(err error) error {
	var network *transport.NetworkError
	var tls *transport.TLSError
	var server *transport.ServerError
	if errors.As(err, &network) || errors.As(err, &tls) || errors.As(err, &server) {
		return &KeptError{Err: err}
	}
	return err
}
