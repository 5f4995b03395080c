package cmd

import (
	"context"

	"github.com/spf13/cobra"

	"mxlogin/client/oauth"
	"mxlogin/cmd/choose"
	"mxlogin/cmd/login"
)

type oauthOptions struct {
	loginFlags
	target string
	device bool
}

func newOAuth(r *run) *cobra.Command {
	o := &oauthOptions{}
	cmd := &cobra.Command{
		Use:   "oauth [TARGET]",
		Short: "Log in by OAuth 2.0, with a browser here or anywhere",
		Long: `Log in at the homeserver's authorization server, and keep the session. More and
more servers, matrix.org among them, accept no other login.

The login page is opened in the browser of this machine, and its URL shown. When
you have agreed there the browser comes back to mxlogin, at an address of this
machine that nobody else can reach or guess.

With --device you get a code instead, and the address of a page where you enter
it in any browser; a phone can scan what is drawn below. This is also what
happens over ssh, in a container and with --no-browser, if the server offers it.
If not, open the URL in any browser; in the end the browser cannot reach mxlogin
and shows an error. Copy the address of that page and paste it into the
terminal.

The access token expires within minutes; access-token, exec and whoami renew it
themselves. Each login makes a new device, and the one that it replaces is
logged out.

TARGET is a user ID, a server name or a URL. With a user ID, another user is
refused.`,
		Example: `  mxlogin oauth example.org
  mxlogin oauth "@alice:example.org" --device
  mxlogin oauth example.org --device -o json`,
		Args: atMostOne("TARGET"),
		RunE: r.command(func(ctx context.Context, args []string) error {
			o.target = argument(args)
			return runOAuth(ctx, r, o)
		}),
	}
	cmd.Flags().BoolVar(&o.device, "device", false, "show a code to enter in a browser anywhere")
	cmd.Flags().Bool("no-qr", false, "do not draw the page's address for a camera")
	o.addFlags(cmd.Flags())
	return cmd
}

func runOAuth(ctx context.Context, r *run, o *oauthOptions) error {
	target, err := choose.ParseTarget(o.target, r.reporter.Warning)
	if err != nil {
		return err
	}
	if err := o.checkOAuth(); err != nil {
		return err
	}
	request := login.Request{Target: target, By: r.byOAuth(o.device)}
	request.Who = choose.Who{User: target.User}
	return r.logIn(ctx, &o.loginFlags, request)
}

// checkOAuth refuses a device ID that no session can be granted for.
func (o *loginFlags) checkOAuth() error {
	if o.deviceID != "" && !oauth.IsDeviceID(o.deviceID) {
		return &choose.UsageError{
			Message: "--device-id is not valid for OAuth 2.0",
			Hint:    "use at least ten letters, digits and . _ ~ -",
		}
	}
	return nil
}

// byOAuth is the flow of the OAuth 2.0 API for what this run has.
func (r *run) byOAuth(device bool) login.OAuth {
	return login.OAuth{
		Device:    device,
		Browser:   r.person.CanBrowse(),
		NoInput:   r.settings.NoInput,
		ClientURI: r.settings.OAuthClientURI,
	}
}
