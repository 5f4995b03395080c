package cmd

import (
	"context"

	"github.com/spf13/cobra"

	"mxlogin/cmd/session"
)

func newRefresh(r *run) *cobra.Command {
	var showToken bool
	cmd := &cobra.Command{
		Use:   "refresh [ACCOUNT]",
		Short: "Renew a saved session now",
		Long: `Get a new access token for a saved session that was made with --renewable or by
OAuth 2.0, and save it. The device stays the same.

This is seldom needed: access-token, exec and whoami renew the session
themselves, shortly before its access token expires or when the server no longer
accepts it. Of several processes, one renews and the others use its token.`,
		Example: `  mxlogin refresh
  mxlogin refresh "@bot:example.org" -o json`,
		Args: atMostOne("ACCOUNT"),
		RunE: r.command(func(ctx context.Context, args []string) error {
			account, keeper, err := r.session(ctx, argument(args))
			if err != nil {
				return err
			}
			if account, err = keeper.Renew(ctx, account); err != nil {
				return err
			}
			return r.printSession(r.format, session.Result{Account: account, Saved: account.Name != "", Reused: true, Renewed: true}, showToken)
		}),
	}
	addShowToken(cmd.Flags(), &showToken)
	return cmd
}
