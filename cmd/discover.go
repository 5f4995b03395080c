package cmd

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"mxlogin/client/discovery"
	"mxlogin/cmd/choose"
	"mxlogin/cmd/output"
)

func newDiscover(r *run) *cobra.Command {
	return &cobra.Command{
		Use:   "discover [TARGET]",
		Short: "Show how the homeserver of a server name is found",
		Long: `Find the homeserver of a user ID, a server name or a URL as a login does, and
show each step with the outcome that the Matrix specification gives it. Where
discovery fails, the last step says what is wrong and on whose side.`,
		Example: `  mxlogin discover "@alice:example.org"
  mxlogin discover example.org -o json`,
		Args: atMostOne("TARGET"),
		RunE: r.tokenless(func(ctx context.Context, args []string) error {
			return runDiscover(ctx, r, argument(args))
		}),
	}
}

// discovered is the JSON of discover.
type discovered struct {
	Target         string            `json:"target" doc:"what was asked for"`
	ServerName     string            `json:"server_name" doc:"its server name; empty for a URL"`
	Outcome        discovery.Outcome `json:"outcome" doc:"SUCCESS, FAIL_PROMPT or FAIL_ERROR"`
	Homeserver     string            `json:"homeserver,omitempty" doc:"base URL that was found"`
	Versions       []string          `json:"versions,omitempty" doc:"versions of the client-server API that it speaks"`
	IdentityServer string            `json:"identity_server,omitempty" doc:"base URL of the identity server that the well-known file names"`
	Steps          []discoveredStep  `json:"steps" doc:"each request and what came of it"`
}

type discoveredStep struct {
	Request string            `json:"request" doc:"method and URL"`
	Status  int               `json:"status,omitempty" doc:"HTTP status of the answer"`
	Outcome discovery.Outcome `json:"outcome" doc:"IGNORE, PROMPT, FAIL_PROMPT, FAIL_ERROR or SUCCESS, as the specification has them"`
	Reason  string            `json:"reason,omitempty" doc:"why, in words"`
}

func runDiscover(ctx context.Context, r *run, text string) error {
	target, err := choose.ParseTarget(text, r.reporter.Warning)
	if err != nil {
		return err
	}
	place, err := choose.Discovered(r.settings, r.file, target, r.reporter.Warning)
	if err != nil {
		return err
	}
	connection, err := r.keeper.Network.For(place.Account)
	if err != nil {
		return err
	}
	var found discovery.Result
	if place.Base.IsZero() {
		found, err = discovery.Examine(ctx, connection.Transport, place.Server)
	} else {
		found, err = discovery.Probe(ctx, connection.Transport, place.Base)
	}
	var failed *discovery.Error
	if err != nil && !errors.As(err, &failed) {
		return err
	}
	if printErr := printDiscovered(r.print(), found, place, strings.TrimSpace(text)); printErr != nil {
		return printErr
	}
	if found.Warning != "" {
		r.reporter.Warning("identity_server", found.Warning)
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

func printDiscovered(p output.Printer, found discovery.Result, place choose.Place, text string) error {
	result := discovered{
		Target: text, ServerName: place.Server.String(), Outcome: found.Outcome,
		Homeserver: found.Base.String(), Versions: found.Versions, IdentityServer: found.IdentityServer.String(),
		Steps: make([]discoveredStep, len(found.Steps)),
	}
	if text == "" {
		result.Target = place.String()
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
		lines = append(lines, wrap("It speaks Matrix "+strings.Join(d.Versions, ", ")+".", helpWidth)...)
	}
	return lines
}
