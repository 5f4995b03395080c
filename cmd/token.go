package cmd

import (
	"context"

	"github.com/spf13/cobra"

	"mxlogin/cmd/choose"
	"mxlogin/cmd/login"
)

type tokenOptions struct {
	loginFlags
	target string
	token  secretFlags
}

func newToken(r *run) *cobra.Command {
	o := &tokenOptions{token: newSecretFlags(envLoginToken)}
	cmd := &cobra.Command{
		Use:   "token [TARGET]",
		Short: "Log in with a login token (m.login.token)",
		Long: `Log in with a login token: one that another session has minted, or that a
single sign-on ended with. It is good once, for a short time.

TARGET is a user ID, a server name or a URL. With a user ID, a token of another
user is refused. The token itself is never an argument: it is asked for on the
terminal, or comes from --login-token-stdin, --login-token-file,
--login-token-command or MXLOGIN_LOGIN_TOKEN.`,
		Example: `  mxlogin token example.org
  mxlogin token "@alice:example.org" --login-token-file token.txt`,
		Args: atMostOne("TARGET"),
		RunE: r.command(func(ctx context.Context, args []string) error {
			o.target = argument(args)
			return runToken(ctx, r, o)
		}),
	}
	o.addFlags(cmd.Flags())
	o.token.addFlags(cmd.Flags())
	return cmd
}

func runToken(ctx context.Context, r *run, o *tokenOptions) error {
	if err := o.token.check(); err != nil {
		return err
	}
	target, err := choose.ParseTarget(o.target, r.reporter.Warning)
	if err != nil {
		return err
	}
	request := login.Request{Target: target, By: login.Token{Source: o.token.source(r.Environment)}}
	request.Who = choose.Who{User: target.User}
	return r.logIn(ctx, &o.loginFlags, request)
}
