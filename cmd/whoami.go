package cmd

import (
	"context"

	"github.com/spf13/cobra"

	"mxlogin/cmd/output"
)

func newWhoami(r *run) *cobra.Command {
	return &cobra.Command{
		Use:   "whoami [ACCOUNT]",
		Short: "Ask the server who the saved token belongs to",
		Long: `Ask the homeserver who the saved access token belongs to.

The exit code is 0 only if the server says that the session is good.`,
		Example: `  mxlogin whoami
  mxlogin whoami "@alice:example.org" -o json`,
		Args: atMostOne("ACCOUNT"),
		RunE: r.tokenless(func(ctx context.Context, args []string) error {
			return runWhoami(ctx, r, argument(args))
		}),
	}
}

// whoamiResult is the JSON of whoami.
type whoamiResult struct {
	UserID     string `json:"user_id" doc:"whose token it is, as the server says"`
	DeviceID   string `json:"device_id,omitempty" doc:"device of the token, where the server says it"`
	IsGuest    *bool  `json:"is_guest,omitempty" doc:"whether the user is a guest, where the server says it"`
	Homeserver string `json:"homeserver" doc:"base URL that was asked"`
	Account    string `json:"account,omitempty" doc:"name of the saved account, where it is one"`
}

func runWhoami(ctx context.Context, r *run, account string) error {
	opened, err := r.open(ctx, account)
	if err != nil {
		return err
	}
	who, err := opened.WhoAmI(ctx)
	if err != nil {
		return err
	}
	result := whoamiResult{
		UserID: who.UserID.String(), DeviceID: who.DeviceID, IsGuest: who.IsGuest,
		Homeserver: opened.Account.Homeserver, Account: opened.Account.Name,
	}
	if r.format == output.JSON {
		return r.print().JSON(result)
	}
	device := ""
	if result.DeviceID != "" {
		device = ", device " + result.DeviceID
	}
	return r.print().Lines(result.UserID + device + ", at " + result.Homeserver)
}
