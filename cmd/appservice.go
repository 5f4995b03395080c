package cmd

import (
	"context"

	"github.com/spf13/cobra"

	"mxlogin/cmd/choose"
	"mxlogin/cmd/login"
)

type appServiceOptions struct {
	loginFlags
	user  string
	token secretFlags
}

func newAppService(r *run) *cobra.Command {
	o := &appServiceOptions{token: newSecretFlags(envASToken)}
	cmd := &cobra.Command{
		Use:   "appservice USER",
		Short: "Log in a user of an application service (m.login.application_service)",
		Long: `Log in a user in the namespace of an application service, such as a bridge, with
the token of that service (as_token). The user must exist already.

USER is a user ID, or its localpart if the homeserver is named otherwise. The
token is asked for on the terminal, or comes from --as-token-stdin,
--as-token-file, --as-token-command or MXLOGIN_AS_TOKEN.`,
		Example: `  mxlogin appservice "@bridge_bot:example.org" --as-token-file token.txt`,
		Args:    exactly(1, " USER"),
		RunE: r.command(func(ctx context.Context, args []string) error {
			o.user = args[0]
			return runAppService(ctx, r, o)
		}),
	}
	o.addFlags(cmd.Flags())
	o.token.addFlags(cmd.Flags())
	return cmd
}

func runAppService(ctx context.Context, r *run, o *appServiceOptions) error {
	if err := o.token.check(); err != nil {
		return err
	}
	who, err := choose.ParseUser(o.user, r.reporter.Warning)
	if err != nil {
		return err
	}
	request := login.Request{By: login.AppService{Source: o.token.source(r.Environment)}}
	request.Who, request.Target.User = who, who.User
	return r.logIn(ctx, &o.loginFlags, request)
}
