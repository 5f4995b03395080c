package cmd

import (
	"context"

	"github.com/spf13/cobra"

	"mxlogin/cmd/login"
)

type passwordOptions struct {
	loginFlags
	user             string
	email            string
	phone            string
	phoneCountry     string
	legacyIdentifier bool
	password         secretFlags
}

func newPassword(r *run) *cobra.Command {
	o := &passwordOptions{password: newSecretFlags(envPassword)}
	cmd := &cobra.Command{
		Use:   "password [USER]",
		Short: "Log in with a password (m.login.password)",
		Long: `Log in with a user ID and a password, and keep the session.

USER is a user ID (@alice:example.org, also without the @), or its localpart if
the homeserver is named otherwise. The password is asked for on the terminal;
jobs give it by --password-stdin, --password-file, --password-command or
MXLOGIN_PASSWORD. No flag takes the password itself.

With --email or --phone the server looks up the user. A phone number is
international (+44 ...), or as written in the country of --phone-country.`,
		Example: `  mxlogin password "@alice:example.org"
  mxlogin password alice --homeserver https://matrix.example.org
  mxlogin password "@bot:example.org" --password-file /run/secrets/bot -o token`,
		Args: atMostOne("USER"),
		RunE: r.command(func(ctx context.Context, args []string) error {
			o.user = argument(args)
			return runPassword(ctx, r, o)
		}),
	}
	flags := cmd.Flags()
	flags.StringVar(&o.email, "email", "", "log in with an e-mail `address` instead of USER")
	flags.StringVar(&o.phone, "phone", "", "log in with a phone `number` instead of USER")
	flags.StringVar(&o.phoneCountry, "phone-country", "", "the `country` in which the number is written, such as GB")
	flags.BoolVar(&o.legacyIdentifier, "legacy-identifier", false, "send user, or medium and address, as servers before r0.4.0 expect it")
	o.addFlags(flags)
	o.password.addFlags(flags)
	return cmd
}

func runPassword(ctx context.Context, r *run, o *passwordOptions) error {
	if err := o.password.check(); err != nil {
		return err
	}
	who, identifier, err := r.readIdentifier(o)
	if err != nil {
		return err
	}
	request := login.Request{By: login.Password{Identifier: identifier, Source: o.password.source(r.Environment)}}
	request.Who = who
	if o.user != "" {
		request.Target.User = who.User
	}
	return r.logIn(ctx, &o.loginFlags, request)
}
