package cmd

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"mxlogin/client/discovery"
	"mxlogin/cmd/output"
)

func newDiscover(app *App) *cobra.Command {
	return &cobra.Command{
		Use:   "discover [TARGET]",
		Short: "Show how the homeserver of a server name is found",
		Long: `Find the homeserver of a user ID, a server name or a URL as a login does, and
show each step with the outcome that the Matrix specification gives it. Where
discovery fails, the last step says what is wrong and on whose side.`,
		Example: `  mxlogin discover '@alice:example.org'
  mxlogin discover example.org -o json`,
		Args: atMostOne("TARGET"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return runDiscover(cmd.Context(), app, argument(args))
		},
	}
}

// discovered is the JSON of discover.
type discovered struct {
	Target         string            `json:"target"`
	ServerName     string            `json:"server_name"`
	Outcome        discovery.Outcome `json:"outcome"`
	Homeserver     string            `json:"homeserver,omitempty"`
	Versions       []string          `json:"versions,omitempty"`
	IdentityServer string            `json:"identity_server,omitempty"`
	Steps          []discoveredStep  `json:"steps"`
}

type discoveredStep struct {
	Request string            `json:"request"`
	Status  int               `json:"status,omitempty"`
	Outcome discovery.Outcome `json:"outcome"`
	Reason  string            `json:"reason,omitempty"`
}

func runDiscover(ctx context.Context, app *App, text string) error {
	format, err := app.plainFormat()
	if err != nil {
		return err
	}
	named, err := app.parseOptionalTarget(text)
	if err != nil {
		return err
	}
	where, err := app.discoveredPlace(named)
	if err != nil {
		return err
	}
	link, err := app.connect(where.account)
	if err != nil {
		return err
	}
	var found discovery.Result
	if where.base.IsZero() {
		found, err = discovery.Resolve(ctx, link.transport, where.server)
	} else {
		found, err = discovery.Probe(ctx, link.transport, where.base)
	}
	var failed *discovery.Error
	if err != nil && !errors.As(err, &failed) {
		return err
	}
	if printErr := printDiscovered(app.printer(format), found, where, app.trim(text)); printErr != nil {
		return printErr
	}
	if found.Warning != "" {
		app.Reporter().Warning("identity_server", found.Warning)
	}
	if failed != nil {
		return &ShownDiscoveryError{Err: failed}
	}
	return nil
}

// ShownDiscoveryError is a failed discovery whose steps have been shown.
type ShownDiscoveryError struct{ Err error }

func (e *ShownDiscoveryError) Error() string { return e.Err.Error() }

func (e *ShownDiscoveryError) Unwrap() error { return e.Err }

// discoveredPlace is what is to be discovered: the target as it was written, also
// where an account is saved of it. Without a target it is what a login would use.
func (a *App) discoveredPlace(named target) (place, error) {
	if named.isZero() {
		return a.choosePlace(named, nil)
	}
	where := named.place()
	settings, err := a.Settings()
	if err != nil {
		return place{}, err
	}
	if a.isGiven("homeserver") {
		chosen, err := a.parseHomeserver(settings.Homeserver)
		if err != nil {
			return place{}, err
		}
		return chosen, refuseContradiction(chosen, named)
	}
	return where, nil
}

func printDiscovered(p output.Printer, found discovery.Result, where place, text string) error {
	result := discovered{
		Target: text, ServerName: where.server.String(), Outcome: found.Outcome,
		Homeserver: found.Base.String(), Versions: found.Versions, IdentityServer: found.IdentityServer.String(),
		Steps: make([]discoveredStep, len(found.Steps)),
	}
	if text == "" {
		result.Target = where.String()
	}
	for i, step := range found.Steps {
		result.Steps[i] = discoveredStep(step)
	}
	if p.Format == output.JSON {
		return p.JSON(result)
	}
	return p.Lines(result.lines()...)
}

// lines are what a person reads: two for each step, then what came of them.
func (d discovered) lines() []string {
	var lines []string
	for i, step := range d.Steps {
		request := fmt.Sprintf("%d. %s", i+1, step.Request)
		if step.Status != 0 {
			request += fmt.Sprintf(" %d", step.Status)
		}
		outcome := "   " + string(step.Outcome)
		if step.Reason != "" {
			outcome += ": " + step.Reason
		}
		lines = append(lines, request, outcome)
	}
	end := string(d.Outcome)
	if d.Homeserver != "" {
		end += ": " + d.Homeserver
	}
	lines = append(lines, "", end)
	if len(d.Versions) > 0 {
		lines = append(lines, "It speaks Matrix "+strings.Join(d.Versions, ", ")+".")
	}
	return lines
}
