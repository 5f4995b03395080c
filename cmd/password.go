package cmd

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"mxlogin/client"
	"mxlogin/cmd/session"
)

type passwordOptions struct {
	loginOptions
	user     string
	password secretSource
}

func newPassword(app *App) *cobra.Command {
	o := &passwordOptions{password: secretSource{name: "password", env: envPassword}}
	cmd := &cobra.Command{
		Use:   "password [USER]",
		Short: "Log in with a password (m.login.password)",
		Long: `Log in with a user ID and a password, and keep the session.

USER is a user ID (@alice:example.org, also without the @) or, with a
homeserver named in another way, the part before the colon. The password is
asked for on the terminal; jobs give it by --password-stdin, --password-file,
--password-command or MXLOGIN_PASSWORD. No flag takes the password itself.`,
		Example: `  mxlogin password @alice:example.org
  mxlogin password alice --homeserver https://matrix.example.org
  mxlogin password @bot:example.org --password-file /run/secrets/bot -o token`,
		Args: atMostOne("USER"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				o.user = args[0]
			}
			return runPassword(cmd.Context(), app, o)
		},
	}
	o.addFlags(cmd.Flags())
	o.password.addFlags(cmd.Flags())
	return cmd
}

func runPassword(ctx context.Context, app *App, o *passwordOptions) error {
	if err := o.password.check(); err != nil {
		return err
	}
	who, err := app.askedUser(o.user)
	if err != nil {
		return err
	}
	login, err := app.prepareLogin(ctx, o.loginOptions, client.FlowPassword, who)
	if err != nil {
		return err
	}
	if done, err := login.reuse(ctx); done || err != nil {
		return err
	}
	if err := login.checkFlow(ctx); err != nil {
		return err
	}
	password, err := app.readSecret(ctx, &o.password, fmt.Sprintf("Password of %s for %s: ", who, login.origin()))
	if err != nil {
		return err
	}
	defer password.Wipe()
	return login.finish(ctx, func(c *client.Client, options client.LoginOptions) (client.Session, error) {
		return c.LoginPassword(ctx, client.User(who.String()), login.bind(password), options)
	})
}

// askedUser returns who is to log in: USER, else the user of the saved account
// that is named by --account or in the environment.
func (a *App) askedUser(argument string) (session.Asked, error) {
	if argument != "" {
		return a.parseUser(argument)
	}
	settings, err := a.Settings()
	if err != nil {
		return session.Asked{}, err
	}
	if settings.Account != "" {
		file, err := a.File()
		if err != nil {
			return session.Asked{}, err
		}
		account, err := session.Select(file, settings.Account)
		if err != nil {
			return session.Asked{}, err
		}
		return a.parseUser(account.UserID)
	}
	return session.Asked{}, &UsageError{Message: "no user is named", Hint: "write mxlogin password @user:server"}
}
