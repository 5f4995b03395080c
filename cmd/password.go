package cmd

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"mxlogin/client"
)

type passwordOptions struct {
	loginOptions
	user             string
	email            string
	phone            string
	phoneCountry     string
	legacyIdentifier bool
	password         secretSource
}

func newPassword(app *App) *cobra.Command {
	o := &passwordOptions{password: newSecretSource(envPassword)}
	cmd := &cobra.Command{
		Use:   "password [USER]",
		Short: "Log in with a password (m.login.password)",
		Long: `Log in with a user ID and a password, and keep the session.

USER is a user ID (@alice:example.org, also without the @) or, with a
homeserver named in another way, the part before the colon. The password is
asked for on the terminal; jobs give it by --password-stdin, --password-file,
--password-command or MXLOGIN_PASSWORD. No flag takes the password itself.

With --email or --phone the server finds out the user. A phone number is
international (+44 ...), or as written in the country of --phone-country.`,
		Example: `  mxlogin password '@alice:example.org'
  mxlogin password alice --homeserver https://matrix.example.org
  mxlogin password '@bot:example.org' --password-file /run/secrets/bot -o token`,
		Args: atMostOne("USER"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				o.user = args[0]
			}
			return runPassword(cmd.Context(), app, o)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&o.email, "email", "", "log in by an e-mail `address` instead of USER")
	flags.StringVar(&o.phone, "phone", "", "log in by a phone `number` instead of USER")
	flags.StringVar(&o.phoneCountry, "phone-country", "", "the `country` in which the number is written, such as GB")
	flags.BoolVar(&o.legacyIdentifier, "legacy-identifier", false, "send user, or medium and address, as servers before r0.4.0 want it")
	o.addFlags(flags)
	o.password.addFlags(flags)
	return cmd
}

func runPassword(ctx context.Context, app *App, o *passwordOptions) error {
	if err := o.password.check(); err != nil {
		return err
	}
	who, identifier, err := app.readIdentifier(o)
	if err != nil {
		return err
	}
	login, err := app.prepareLogin(ctx, o.loginOptions, client.FlowPassword, who, target{user: who.User})
	if err != nil {
		return err
	}
	if done, err := login.reuse(ctx); done || err != nil {
		return err
	}
	if err := login.checkFlow(ctx); err != nil {
		return err
	}
	return login.byPassword(ctx, identifier, &o.password)
}

// byPassword gets the password and logs in with it.
func (l *loginRun) byPassword(ctx context.Context, who client.Identifier, source *secretSource) error {
	password, err := l.app.readSecret(ctx, source, fmt.Sprintf("Password of %s for %s: ", l.who, l.origin()))
	if err != nil {
		return err
	}
	defer password.Wipe()
	return l.finish(ctx, func(c *client.Client, options client.LoginOptions) (client.Session, error) {
		return c.LoginPassword(ctx, who, l.bind(password), options)
	})
}
