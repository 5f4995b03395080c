package cmd

import (
	"github.com/spf13/cobra"

	"mxlogin/cmd/output"
	"mxlogin/cmd/session"
)

func newAccessToken(app *App) *cobra.Command {
	return &cobra.Command{
		Use:   "access-token [ACCOUNT]",
		Short: "Print the saved access token",
		Long: `Print the access token of a saved account, for use by other programs.

The format is "token" unless --output says otherwise, whatever the settings
say. "header" is a line for curl; "env" sets MATRIX_ variables.`,
		Example: `  mxlogin access-token
  mxlogin access-token -o header | curl -H '@-' https://matrix.example.org/_matrix/client/v3/sync
  mxlogin access-token -o env > matrix.env`,
		Args: atMostOne("ACCOUNT"),
		RunE: func(_ *cobra.Command, args []string) error { return runAccessToken(app, argument(args)) },
	}
}

func runAccessToken(app *App, name string) error {
	format := output.Token
	if app.isGiven("output") {
		var err error
		if format, err = app.Format(); err != nil {
			return err
		}
	}
	account, err := app.selectAccount(name)
	if err != nil {
		return err
	}
	if !account.HasSession() {
		return session.NoSession(account)
	}
	store, err := app.Store()
	if err != nil {
		return err
	}
	return app.printer(format).Session(output.Session{
		UserID: account.UserID, DeviceID: account.DeviceID, Homeserver: account.Homeserver,
		Flow: account.Flow, API: account.API, Account: account.Name, Config: store.Path(), Reused: true,
		ExpiresAt: account.ExpiresAt, AccessToken: account.AccessToken, RefreshToken: account.RefreshToken,
	}, true)
}
