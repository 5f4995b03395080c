// Package discovery finds the homeserver behind a server name, by the state
// machine of the specification, and tells every step it took.
//
// Client-Server API, "Server Discovery".
package discovery

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"mxlogin/client/matrixid"
	"mxlogin/client/transport"
)

const (
	wellKnownPath = "/.well-known/matrix/client"
	versionsPath  = "/_matrix/client/versions"
	identityPath  = "/_matrix/identity/v2"

	// maxRedirects is how many redirects of the well-known file are followed.
	maxRedirects = 5
)

// Outcome is what the specification calls the result of a step.
type Outcome string

// The outcomes. Prompt and Ignore are those of steps; a discovery as a whole
// ends in one of the others.
const (
	Success    Outcome = "SUCCESS"
	Prompt     Outcome = "PROMPT"
	Ignore     Outcome = "IGNORE"
	FailPrompt Outcome = "FAIL_PROMPT"
	FailError  Outcome = "FAIL_ERROR"
)

// Step is one request of a discovery and what came of it.
type Step struct {
	Request string // method and URL
	Status  int    // 0 where no answer came
	Outcome Outcome
	Reason  string // in words; empty for a success
}

// Result is what a discovery found.
type Result struct {
	Outcome        Outcome
	Base           matrixid.BaseURL // for Success
	Versions       []string         // of the specification, as the homeserver lists them
	IdentityServer matrixid.BaseURL // where one was named and answers
	Warning        string           // of a broken identity server, which stops no login
	Steps          []Step
}

// Error tells that a discovery failed. Outcome says whether the person may be
// asked for a base URL (FailPrompt) or no further guess may be made (FailError).
type Error struct {
	Server  string // the server name, or the base URL that was typed
	Outcome Outcome
	Reason  string
	Err     error // what failed below; may be nil
}

func (e *Error) Error() string {
	return fmt.Sprintf("no homeserver found for %s: %s", e.Server, e.Reason)
}

func (e *Error) Unwrap() error { return e.Err }

// Resolve finds the homeserver of server: by its well-known file, else under its
// own name. Where it fails with an [Error], the result holds the steps up to there.
// A rate limit is a [transport.RateLimitError], and the end of ctx a
// [transport.InterruptedError] or its cause: neither is an outcome.
//
// Client-Server API, "Well-known URI".
func Resolve(ctx context.Context, t *transport.Client, server matrixid.ServerName) (Result, error) {
	r := &resolver{transport: t, server: server.String()}
	base, err := r.homeserver(ctx, server)
	return r.finish(base, err)
}

// Probe checks that a homeserver answers at a base URL that a person typed. Its
// errors are those of [Resolve]; the Outcome of an [Error] is FailError.
//
// Client-Server API, GET /versions.
func Probe(ctx context.Context, t *transport.Client, base matrixid.BaseURL) (Result, error) {
	r := &resolver{transport: t, server: base.String()}
	err := r.versions(ctx, base, FailError)
	return r.finish(base, err)
}

type resolver struct {
	transport *transport.Client
	server    string
	result    Result
}

func (r *resolver) finish(base matrixid.BaseURL, err error) (Result, error) {
	var failure *Error
	switch {
	case err == nil:
		r.result.Outcome, r.result.Base = Success, base
	case errors.As(err, &failure):
		r.result.Outcome = failure.Outcome
	}
	return r.result, err
}

// homeserver is the state machine.
func (r *resolver) homeserver(ctx context.Context, server matrixid.ServerName) (matrixid.BaseURL, error) {
	file, err := r.wellKnown(ctx, server)
	if err != nil {
		return matrixid.BaseURL{}, err
	}
	if file == nil {
		base := matrixid.HTTPSBaseURL(server)
		return base, r.versions(ctx, base, FailPrompt)
	}
	base, err := r.readBaseURL(file, server)
	if err != nil {
		return matrixid.BaseURL{}, err
	}
	if err := r.versions(ctx, base, FailError); err != nil {
		return matrixid.BaseURL{}, err
	}
	return base, r.identityServer(ctx, file)
}

// wellKnown fetches the well-known file. It is nil where the server has none.
// The port of the server name plays no part here: the file is asked for on 443.
func (r *resolver) wellKnown(ctx context.Context, server matrixid.ServerName) (*wellKnownFile, error) {
	base := matrixid.HTTPSBaseURL(server.WithoutPort())
	step := Step{Request: "GET " + base.Join(wellKnownPath)}
	resp, err := r.transport.Do(ctx, transport.Request{Method: "GET", Base: base, Path: wellKnownPath, Redirects: maxRedirects})
	if err != nil {
		return nil, r.failed(ctx, step, FailPrompt, reasonOf(err), err)
	}
	step.Status = resp.Status
	switch {
	case resp.Status == http.StatusNotFound:
		r.add(step, Ignore, "the server has no well-known file; its name is used as it is")
		return nil, nil
	case resp.Status != http.StatusOK:
		return nil, r.failed(ctx, step, FailPrompt, fmt.Sprintf("the well-known file is answered by %d", resp.Status), nil)
	}
	object, err := resp.Object()
	if err != nil {
		return nil, r.failed(ctx, step, FailPrompt, "the well-known file cannot be read: "+reasonOf(err), err)
	}
	return &wellKnownFile{step: step, origin: resp.Origin, members: object}, nil
}

// versions checks that a homeserver answers at base.
func (r *resolver) versions(ctx context.Context, base matrixid.BaseURL, onFailure Outcome) error {
	step := Step{Request: "GET " + base.Join(versionsPath)}
	resp, err := r.transport.Do(ctx, transport.Request{Method: "GET", Base: base, Path: versionsPath})
	if err != nil {
		return r.failed(ctx, step, onFailure, reasonOf(err), err)
	}
	step.Status = resp.Status
	versions, err := readVersions(resp)
	if err != nil {
		return r.failed(ctx, step, onFailure, "no homeserver answers there: "+reasonOf(err), err)
	}
	r.result.Versions = versions
	r.add(step, Success, "")
	return nil
}

func (r *resolver) add(step Step, outcome Outcome, reason string) {
	step.Outcome, step.Reason = outcome, reason
	r.result.Steps = append(r.result.Steps, step)
}

// failed notes the step and makes the error of the whole discovery. An
// interruption and a rate limit are no outcome of discovery and pass as they are.
func (r *resolver) failed(ctx context.Context, step Step, outcome Outcome, reason string, err error) error {
	var limit *transport.RateLimitError
	if ctx.Err() != nil || errors.As(err, &limit) {
		return err
	}
	r.add(step, outcome, reason)
	return &Error{Server: r.server, Outcome: outcome, Reason: reason, Err: err}
}
