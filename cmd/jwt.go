package cmd

import (
	"context"

	"github.com/spf13/cobra"

	"mxlogin/cmd/choose"
	"mxlogin/cmd/login"
)

type jwtOptions struct {
	loginFlags
	target string
	token  secretFlags
}

func newJWT(r *run) *cobra.Command {
	o := &jwtOptions{token: newSecretFlags(envJWT)}
	cmd := &cobra.Command{
		Use:   "jwt [TARGET]",
		Short: "Log in with a JSON Web Token (org.matrix.login.jwt)",
		Long: `Log in with a JSON Web Token signed by the server's operator. Synapse accepts
one if it is set up for it, and may then create the user.

TARGET is a user ID, a server name or a URL. With a user ID, a token of another
user is refused. The token is asked for on the terminal, or comes from
--jwt-stdin, --jwt-file, --jwt-command or MXLOGIN_JWT.`,
		Example: `  mxlogin jwt example.org --jwt-file /run/secrets/jwt
  make-jwt bot | mxlogin jwt "@bot:example.org" --jwt-stdin`,
		Args: atMostOne("TARGET"),
		RunE: r.command(func(ctx context.Context, args []string) error {
			o.target = argument(args)
			return runJWT(ctx, r, o)
		}),
	}
	o.addFlags(cmd.Flags())
	o.token.addFlags(cmd.Flags())
	return cmd
}

func runJWT(ctx context.Context, r *run, o *jwtOptions) error {
	if err := o.token.check(); err != nil {
		return err
	}
	target, err := choose.ParseTarget(o.target, r.reporter.Warning)
	if err != nil {
		return err
	}
	request := login.Request{Target: target, By: login.JWT{Source: o.token.source(r.Environment)}}
	request.Who = choose.Who{User: target.User}
	return r.logIn(ctx, &o.loginFlags, request)
}
