package cmd

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"mxlogin/client/discovery"
	"mxlogin/cmd/choose"
	"mxlogin/cmd/login"
	"mxlogin/cmd/output"
)

func newFlows(r *run) *cobra.Command {
	return &cobra.Command{
		Use:   "flows [TARGET]",
		Short: "Show how you can log in to a homeserver",
		Long: `Ask a homeserver how you can log in: the flows of its login API, and whether it
has the OAuth 2.0 API. TARGET is a user ID, a server name or a URL.`,
		Example: `  mxlogin flows example.org
  mxlogin flows https://matrix.example.org -o json`,
		Args: atMostOne("TARGET"),
		RunE: r.tokenless(func(ctx context.Context, args []string) error {
			return runFlows(ctx, r, argument(args))
		}),
	}
}

// offered is the JSON of flows; a nil part is one that the homeserver has not.
type offered struct {
	Homeserver string          `json:"homeserver" doc:"base URL of the homeserver"`
	Flows      json.RawMessage `json:"flows" doc:"the flows of GET /login as the server sent them; null where it has no such API"`
	OAuth      json.RawMessage `json:"oauth" doc:"the OAuth 2.0 metadata as the server sent it; null where it has no such API"`
}

func runFlows(ctx context.Context, r *run, text string) error {
	target, err := choose.ParseTarget(text, r.reporter.Warning)
	if err != nil {
		return err
	}
	offer, err := r.askOffer(ctx, target)
	if err != nil {
		return err
	}
	if offer.OAuthErr != nil {
		r.reporter.Warning("oauth_metadata", fmt.Sprintf("logins by OAuth 2.0 are not possible: %v", offer.OAuthErr))
	}
	if r.format == output.JSON {
		return r.print().JSON(offeredJSON(offer))
	}
	return printOffer(r.print(), offer, target)
}

// askOffer finds the homeserver, as a login would, and asks it all.
func (r *run) askOffer(ctx context.Context, target choose.Target) (login.Offer, error) {
	saved, err := choose.ForLogin(r.file, r.settings.Account, choose.Who{User: target.User}, choose.Place{})
	if err != nil {
		return login.Offer{}, err
	}
	place, err := choose.Homeserver(r.settings, r.file, target, saved, r.reporter.Warning)
	if err != nil {
		return login.Offer{}, err
	}
	connection, err := r.keeper.Network.For(place.Account)
	if err != nil {
		return login.Offer{}, err
	}
	var lookup *discovery.Lookup
	base := place.Base
	if base.IsZero() {
		if lookup, err = discovery.Locate(ctx, connection.Transport, place.Server); err != nil {
			return login.Offer{}, err
		}
		base = lookup.Base()
	}
	offer, err := login.Ask(ctx, connection, base, lookup)
	if err == nil && offer.IsEmpty() {
		err = &login.NoHomeserverError{URL: base.String()}
	}
	return offer, err
}

func offeredJSON(o login.Offer) offered {
	shown := offered{Homeserver: o.Base.String(), Flows: o.Raw}
	if o.OAuth != nil {
		shown.OAuth = o.OAuth.Raw
	}
	return shown
}

// printOffer writes a line for each way to log in, with the command for it.
func printOffer(p output.Printer, o login.Offer, target choose.Target) error {
	rows := make([][]string, 0, len(o.List)+1)
	for _, flow := range o.List {
		rows = append(rows, []string{flow.Type, flowCommand(flow.Type, o.Base.String(), target)})
	}
	if o.OAuth != nil {
		rows = append(rows, []string{"OAuth 2.0, " + o.OAuth.Issuer, oauthCommand(o, target)})
	}
	if len(rows) == 0 {
		return p.Lines(o.Base.String(), "", "It offers no way to log in.")
	}
	if err := p.Lines(o.Base.String(), ""); err != nil {
		return err
	}
	return p.Table([]string{"FLOW", "COMMAND"}, rows)
}

// oauthCommand is flowCommand for the OAuth 2.0 API.
func oauthCommand(o login.Offer, target choose.Target) string {
	if o.OAuthErr != nil {
		return "-"
	}
	return flowCommand(login.FlowOAuth, o.Base.String(), target)
}

// flowCommand returns the command that logs in by a flow, "-" where mxlogin has
// none.
func flowCommand(loginType, homeserver string, target choose.Target) string {
	kind, ok := login.KindOf(loginType)
	switch {
	case !ok || kind.Unlisted:
		return "-"
	case kind.NamesUser:
		return "mxlogin " + kind.Command + " " + userArgument(homeserver, target)
	}
	return "mxlogin " + kind.Command + " " + targetArgument(homeserver, target)
}

func userArgument(homeserver string, target choose.Target) string {
	switch {
	case !target.User.IsZero():
		return shellWord(target.User.String())
	case target.Server.String() != "":
		return shellWord("@USER:" + target.Server.String())
	}
	return "USER --homeserver " + shellWord(homeserver)
}

func targetArgument(homeserver string, target choose.Target) string {
	switch {
	case !target.User.IsZero():
		return shellWord(target.User.String())
	case target.Server.String() != "":
		return shellWord(target.Server.String())
	}
	return shellWord(homeserver)
}

// flowHint names what would work where a flow is not offered.
func flowHint(o login.Offer) string {
	if o.IsEmpty() {
		return ""
	}
	names := make([]string, 0, len(o.List)+1)
	for _, flow := range o.List {
		names = append(names, flow.Type)
	}
	if o.OAuth != nil {
		names = append(names, "OAuth 2.0")
	}
	switch {
	case len(names) == 0:
		return ""
	case o.IsOAuthOnly():
		return "it offers OAuth 2.0: mxlogin oauth " + shellWord(o.Base.String())
	}
	return "it offers " + strings.Join(names, ", ") + "; see mxlogin flows " + shellWord(o.Base.String())
}
