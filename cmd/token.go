package cmd

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"mxlogin/client"
	"mxlogin/cmd/session"
)

type tokenOptions struct {
	loginOptions
	target string
	token  secretSource
}

func newToken(app *App) *cobra.Command {
	o := &tokenOptions{token: newSecretSource(envLoginToken)}
	cmd := &cobra.Command{
		Use:   "token [TARGET]",
		Short: "Log in with a login token (m.login.token)",
		Long: `Log in with a login token: one that another session has minted, or that a
single sign-on ended with. It is good once and not for long.

TARGET is a user ID, a server name or a URL. With a user ID, a token of another
user is refused. The token itself is never an argument: it is asked for on the
terminal, or comes from --login-token-stdin, --login-token-file,
--login-token-command or MXLOGIN_LOGIN_TOKEN.`,
		Example: `  mxlogin token example.org
  mxlogin token '@alice:example.org' --login-token-file token.txt`,
		Args: atMostOne("TARGET"),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.target = argument(args)
			return runToken(cmd.Context(), app, o)
		},
	}
	o.addFlags(cmd.Flags())
	o.token.addFlags(cmd.Flags())
	return cmd
}

func runToken(ctx context.Context, app *App, o *tokenOptions) error {
	if err := o.token.check(); err != nil {
		return err
	}
	named, err := app.parseOptionalTarget(o.target)
	if err != nil {
		return err
	}
	login, err := app.prepareLogin(ctx, o.loginOptions, client.FlowToken, session.Asked{User: named.user}, named)
	if err != nil {
		return err
	}
	if done, err := login.reuse(ctx); done || err != nil {
		return err
	}
	if err := login.checkFlow(ctx); err != nil {
		return err
	}
	return login.byToken(ctx, &o.token)
}

// byToken gets the login token and logs in with it.
func (l *loginRun) byToken(ctx context.Context, source *secretSource) error {
	token, err := l.app.readSecret(ctx, source, fmt.Sprintf("Login token for %s: ", l.origin()))
	if err != nil {
		return err
	}
	defer token.Wipe()
	return l.finish(ctx, func(c *client.Client, options client.LoginOptions) (client.Session, error) {
		return c.LoginToken(ctx, l.bind(token), options)
	})
}
