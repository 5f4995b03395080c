package cmd

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"mxlogin/client/transport"
	"mxlogin/cmd/choose"
	"mxlogin/cmd/output"
	"mxlogin/cmd/session"
	"mxlogin/cmd/terminal"
	"mxlogin/config"
)

type logoutOptions struct {
	account    string
	allDevices bool
	yes        bool
	localOnly  bool
}

func newLogout(r *run) *cobra.Command {
	o := &logoutOptions{}
	cmd := &cobra.Command{
		Use:   "logout [ACCOUNT]",
		Short: "End the session on the server, then forget it",
		Long: `End the session on the server, which deletes its device, then take the account
out of the config file. If the server cannot be reached nothing changes.

A session of OAuth 2.0 is revoked where it was granted. All sessions of such a
user are ended on a page of the account; --all-devices names it.`,
		Example: `  mxlogin logout
  mxlogin logout "@alice:example.org"
  mxlogin logout --all-devices --yes
  mxlogin logout --local-only`,
		Args: atMostOne("ACCOUNT"),
		RunE: r.tokenless(func(ctx context.Context, args []string) error {
			o.account = argument(args)
			return runLogout(ctx, r, o)
		}),
	}
	cmd.Flags().BoolVar(&o.allDevices, "all-devices", false, "end all sessions of the user, on every device")
	cmd.Flags().BoolVar(&o.yes, "yes", false, "do not ask before ending all sessions")
	cmd.Flags().BoolVar(&o.localOnly, "local-only", false, "only forget the session here; do not ask the server")
	return cmd
}

// logoutResult is the JSON of logout.
type logoutResult struct {
	Accounts []string           `json:"accounts" doc:"names of the accounts that are forgotten"`
	Server   session.ServerSide `json:"server" doc:"logged_out, already_gone (the server did not know the session any more), expired (the access token could end nothing) or not_asked"`
}

func runLogout(ctx context.Context, r *run, o *logoutOptions) error {
	if o.allDevices && o.localOnly {
		return &choose.UsageError{Message: "--all-devices and --local-only cannot be used together", Hint: "use one of them"}
	}
	account, keeper, err := r.sessionToEnd(ctx, o)
	if err != nil {
		return err
	}
	if o.allDevices && !o.yes {
		if err := r.confirmAll(ctx, account); err != nil {
			return err
		}
	}
	names, done, err := o.end(ctx, keeper, account)
	if err != nil {
		return keptError(err)
	}
	if r.format == output.JSON {
		return r.print().JSON(logoutResult{Accounts: append([]string{}, names...), Server: done})
	}
	who := endedSession(account, names)
	if o.allDevices && done == session.LoggedOut {
		who = "all sessions of " + who
	}
	return r.print().Lines(fmt.Sprintf(serverWords(done), who))
}

// endedSession says whose session has ended, where, and what it was saved as.
func endedSession(account config.Account, names []string) string {
	who := account.UserID
	if who == "" {
		who = "the session of " + envAccessToken // which does not say whose it is
	}
	who += " at " + account.Homeserver
	if len(names) > 1 || len(names) == 1 && names[0] != account.UserID {
		who += " (" + plural(len(names), "account ", "%d accounts: ") + strings.Join(names, ", ") + ")"
	}
	return who
}

// confirmAll asks before sessions are ended that other people or devices may be using.
func (r *run) confirmAll(ctx context.Context, account config.Account) error {
	who := account.UserID
	if who == "" {
		who = "this user"
	}
	needed := terminal.InteractionError{Needed: "a yes to ending all sessions of " + who, Hint: "add --yes"}
	answer, err := r.person.Line(ctx, needed, fmt.Sprintf("End all sessions of %s at %s, on every device? Type yes: ", who, account.Homeserver))
	if err != nil {
		return err
	}
	if strings.TrimSpace(answer) != "yes" {
		return &choose.UsageError{Message: "nothing was ended: the answer was not yes"}
	}
	return nil
}

// sessionToEnd returns the account that is meant. To forget one no server needs
// to be reached, so nothing is looked up for it.
func (r *run) sessionToEnd(ctx context.Context, o *logoutOptions) (config.Account, *session.Keeper, error) {
	if !o.localOnly {
		return r.session(ctx, o.account)
	}
	if _, ok := r.unsavedToken(o.account); ok {
		return config.Account{}, nil, &choose.UsageError{
			Message: "the session of " + envAccessToken + " is not saved, so --local-only has nothing to forget",
			Hint:    "name a saved account, or leave out --local-only",
		}
	}
	account, err := r.account(ctx, o.account)
	if err != nil {
		return config.Account{}, nil, err
	}
	keeper, err := r.saving()
	return account, keeper, err
}

func (o *logoutOptions) end(ctx context.Context, keeper *session.Keeper, account config.Account) ([]string, session.ServerSide, error) {
	if o.allDevices {
		return keeper.EndAll(ctx, account)
	}
	if o.localOnly {
		return []string{account.Name}, session.NotAsked, keeper.Forget(ctx, account)
	}
	done, err := keeper.End(ctx, account)
	if account.Name == "" {
		return nil, done, err
	}
	return []string{account.Name}, done, err
}

func serverWords(done session.ServerSide) string {
	switch done {
	case session.AlreadyGone:
		return "Forgot %s: the session had ended already"
	case session.Expired:
		return "Forgot %s: the access token had expired, so the device stays on the server"
	case session.NotAsked:
		return "Forgot %s without asking the server: the session lives on there"
	}
	return "Logged out %s"
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
