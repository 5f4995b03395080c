package cmd

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	"github.com/spf13/cobra"

	"mxlogin/client"
	"mxlogin/client/oauth"
	"mxlogin/cmd/output"
)

func newFlows(app *App) *cobra.Command {
	return &cobra.Command{
		Use:   "flows [TARGET]",
		Short: "Show how a homeserver lets one log in",
		Long: `Ask a homeserver how one may log in: the flows of its login API, and whether it
has the OAuth 2.0 API. TARGET is a user ID, a server name or a URL.`,
		Example: `  mxlogin flows example.org
  mxlogin flows https://matrix.example.org -o json`,
		Args: atMostOne("TARGET"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return runFlows(cmd.Context(), app, argument(args))
		},
	}
}

// offer is what a homeserver has of login APIs; a nil part is one it has not.
type offer struct {
	Homeserver string          `json:"homeserver"`
	Flows      json.RawMessage `json:"flows"`
	OAuth      json.RawMessage `json:"oauth"`

	flows    []client.Flow
	metadata oauth.Metadata
}

func runFlows(ctx context.Context, app *App, text string) error {
	format, err := app.plainFormat()
	if err != nil {
		return err
	}
	named, err := app.parseOptionalTarget(text)
	if err != nil {
		return err
	}
	found, err := app.askOffer(ctx, named)
	if err != nil {
		return err
	}
	if format == output.JSON {
		return app.printer(format).JSON(found)
	}
	return printOffer(app.printer(format), found, named)
}

func (a *App) askOffer(ctx context.Context, named target) (offer, error) {
	where, err := a.choosePlaceOf(named)
	if err != nil {
		return offer{}, err
	}
	link, err := a.connect(where.account)
	if err != nil {
		return offer{}, err
	}
	base, err := a.find(ctx, link.transport, where)
	if err != nil {
		return offer{}, err
	}
	found := offer{Homeserver: base.String()}
	flows, err := client.New(link.transport, base).LoginFlows(ctx)
	if err != nil && !errors.Is(err, client.ErrNoLoginAPI) {
		return offer{}, err
	}
	found.Flows, found.flows = flows.Raw, flows.List
	metadata, hasOAuth, err := oauth.FetchMetadata(ctx, link.transport, base)
	if err != nil {
		return offer{}, err
	}
	found.OAuth, found.metadata = metadata.Raw, metadata
	if found.Flows == nil && !hasOAuth {
		return offer{}, &NoHomeserverError{URL: base.String()}
	}
	return found, nil
}

// NoHomeserverError tells that what answers has none of the login APIs.
type NoHomeserverError struct{ URL string }

func (e *NoHomeserverError) Error() string {
	return e.URL + " answers, and has no login API of Matrix"
}

// printOffer writes a line for each way to log in, with the command for it.
func printOffer(p output.Printer, o offer, named target) error {
	rows := make([][]string, 0, len(o.flows)+1)
	for _, flow := range o.flows {
		rows = append(rows, []string{flow.Type, flowCommand(flow.Type, o.Homeserver, named)})
	}
	if o.OAuth != nil {
		rows = append(rows, []string{"OAuth 2.0, " + o.metadata.Issuer, "-"})
	}
	if len(rows) == 0 {
		return p.Lines(o.Homeserver, "", "It offers no way to log in.")
	}
	if err := p.Lines(o.Homeserver, ""); err != nil {
		return err
	}
	return p.Table([]string{"FLOW", "COMMAND"}, rows)
}

// flowCommand returns the command that logs in by a flow, "-" where mxlogin has
// none.
func flowCommand(flow, homeserver string, named target) string {
	switch flow {
	case client.FlowPassword:
		return "mxlogin password " + userArgument(homeserver, named)
	case client.FlowToken:
		return "mxlogin token " + targetArgument(homeserver, named)
	}
	return "-"
}

func userArgument(homeserver string, named target) string {
	switch {
	case !named.user.IsZero():
		return shellWord(named.user.String())
	case named.server.String() != "":
		return "@USER:" + named.server.String()
	}
	return "USER --homeserver " + homeserver
}

func targetArgument(homeserver string, named target) string {
	switch {
	case !named.user.IsZero():
		return shellWord(named.user.String())
	case named.server.String() != "":
		return named.server.String()
	}
	return homeserver
}

// flowHint names what would work where a flow is not offered.
func flowHint(e *FlowError) string {
	if len(e.Offered) == 0 && !e.OAuth {
		return ""
	}
	names := make([]string, 0, len(e.Offered)+1)
	for _, flow := range e.Offered {
		names = append(names, flow.Type)
	}
	if e.OAuth {
		names = append(names, "OAuth 2.0")
	}
	return "it offers " + strings.Join(names, ", ") + "; see mxlogin flows " + e.Homeserver
}
