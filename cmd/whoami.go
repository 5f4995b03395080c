package cmd

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"mxlogin/cmd/output"
)

func newWhoami(app *App) *cobra.Command {
	return &cobra.Command{
		Use:   "whoami [ACCOUNT]",
		Short: "Ask the server who the saved token belongs to",
		Long: `Ask the homeserver who the saved access token belongs to.

It ends with 0 only if the server says that the session is good.`,
		Example: `  mxlogin whoami
  mxlogin whoami '@alice:example.org' -o json`,
		Args: atMostOne("ACCOUNT"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return runWhoami(cmd.Context(), app, argument(args))
		},
	}
}

// whoamiResult is the JSON of whoami.
type whoamiResult struct {
	UserID     string `json:"user_id"`
	DeviceID   string `json:"device_id,omitempty"`
	IsGuest    *bool  `json:"is_guest,omitempty"`
	Homeserver string `json:"homeserver"`
	Account    string `json:"account,omitempty"`
}

func runWhoami(ctx context.Context, app *App, account string) error {
	format, err := app.plainFormat()
	if err != nil {
		return err
	}
	session, err := app.open(ctx, account)
	if err != nil {
		return err
	}
	who, err := session.WhoAmI(ctx)
	if err != nil {
		return err
	}
	result := whoamiResult{
		UserID: who.UserID.String(), DeviceID: who.DeviceID, IsGuest: who.IsGuest,
		Homeserver: session.Base().String(), Account: session.Account.Name,
	}
	if format == output.JSON {
		return app.printer(format).JSON(result)
	}
	device := ""
	if result.DeviceID != "" {
		device = ", device " + result.DeviceID
	}
	return app.printer(format).Lines(result.UserID + device + ", at " + result.Homeserver)
}

// plainFormat returns the format of a command that has no token to show.
func (a *App) plainFormat() (output.Format, error) {
	format, err := a.Format()
	if err == nil && format.ShowsToken() {
		return "", &UsageError{
			Message: fmt.Sprintf("--output %s is for commands that have a token", format),
			Hint:    "use text or json",
		}
	}
	return format, err
}
