package cmd

import (
	"context"

	"github.com/spf13/cobra"

	"mxlogin/cmd/output"
	"mxlogin/cmd/session"
)

func newAccessToken(r *run) *cobra.Command {
	return &cobra.Command{
		Use:   "access-token [ACCOUNT]",
		Short: "Print the saved access token",
		Long: `Print the access token of a saved account, for use by other programs. A session
with a refresh token is renewed first if its access token is about to expire.

The format is "token" unless --output says otherwise, whatever the settings
say. "header" is a line for curl. "env" is MATRIX_ variables as env files have
them; "export", "fish" and "powershell" set them in a shell, for the programs
that it starts.`,
		Example: `  mxlogin access-token
  mxlogin access-token -o header | curl -H "@-" https://example.org/_matrix/…
  mxlogin access-token -o env > matrix.env
  eval "$(mxlogin access-token -o export)"
  mxlogin access-token -o fish | source
  mxlogin access-token -o powershell | Invoke-Expression`,
		Args: atMostOne("ACCOUNT"),
		RunE: r.command(func(ctx context.Context, args []string) error {
			return runAccessToken(ctx, r, argument(args))
		}),
	}
}

func runAccessToken(ctx context.Context, r *run, argument string) error {
	format := output.Token
	if r.isGiven("output") {
		format = r.format
	}
	opened, err := r.open(ctx, argument)
	if err != nil {
		return err
	}
	account := opened.Account
	if format != output.Token && format != output.Header { // which show no more than the token
		if account, err = identified(ctx, opened); err != nil {
			return err
		}
	}
	return r.printSession(format, session.Result{Account: account, Saved: account.Name != "", Reused: true}, true)
}
