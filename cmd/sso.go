package cmd

import (
	"context"

	"github.com/spf13/cobra"

	"mxlogin/cmd/choose"
	"mxlogin/cmd/login"
)

type ssoOptions struct {
	loginFlags
	target   string
	provider string
}

func newSSO(r *run) *cobra.Command {
	o := &ssoOptions{}
	cmd := &cobra.Command{
		Use:   "sso [TARGET]",
		Short: "Log in with a browser, by single sign-on (m.login.sso)",
		Long: `Log in at the homeserver's identity provider with a browser, and keep the
session.

The page is opened in the browser of this machine, and its URL shown. When you
have logged in there the browser comes back to mxlogin, at an address of this
machine that nobody else can reach or guess.

Over ssh, in a container or with --no-browser, open the URL in any browser. In
the end the browser cannot reach mxlogin and shows an error; copy the address of
that page and paste it into the terminal.

TARGET is a user ID, a server name or a URL. With a user ID, another user is
refused.`,
		Example: `  mxlogin sso example.org
  mxlogin sso "@alice:example.org" --idp oidc-github
  mxlogin sso example.org --no-browser`,
		Args: atMostOne("TARGET"),
		RunE: r.command(func(ctx context.Context, args []string) error {
			o.target = argument(args)
			return runSSO(ctx, r, o)
		}),
	}
	cmd.Flags().StringVar(&o.provider, "idp", "", "`ID` of the identity provider, as mxlogin flows -o json shows it (default: ask)")
	o.addFlags(cmd.Flags())
	return cmd
}

func runSSO(ctx context.Context, r *run, o *ssoOptions) error {
	target, err := choose.ParseTarget(o.target, r.reporter.Warning)
	if err != nil {
		return err
	}
	request := login.Request{Target: target, By: login.SSO{Provider: o.provider}}
	request.Who = choose.Who{User: target.User}
	return r.logIn(ctx, &o.loginFlags, request)
}
