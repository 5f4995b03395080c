// Package discovery finds the homeserver behind a server name, by the state
// machine of the specification, and tells every step it took.
//
//	found, err := discovery.Resolve(ctx, t, alice.Server())
//
// The homeserver is at found.Base. Where err is an [*Error], its Outcome says whether a
// person should be asked for a URL.
//
// Client-Server API, "Server Discovery".
package discovery

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

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
	lookup, err := Locate(ctx, t, server)
	if err != nil {
		return lookup.result(err)
	}
	return lookup.Confirm(ctx)
}

// Examine is Resolve, and asks the identity server that the well-known file names
// as well. No login needs that.
func Examine(ctx context.Context, t *transport.Client, server matrixid.ServerName) (Result, error) {
	lookup, err := Locate(ctx, t, server)
	if err == nil {
		_, err = lookup.Confirm(ctx)
	}
	if err == nil && lookup.file != nil {
		err = lookup.identityServer(ctx, lookup.file)
	}
	return lookup.result(err)
}

// Lookup is a discovery that has found out where a homeserver is said to be, and
// has yet to ask whether one answers there.
type Lookup struct {
	*resolver
	base      matrixid.BaseURL
	file      *wellKnownFile // nil where the server has none
	onFailure Outcome        // of a homeserver that does not answer
}

// Locate is the first half of [Resolve]: it asks for the well-known file of server,
// and nothing of the place that this leads to. Its errors are those of Resolve.
func Locate(ctx context.Context, t *transport.Client, server matrixid.ServerName) (*Lookup, error) {
	l := &Lookup{resolver: &resolver{transport: t, server: server.String()}}
	var err error
	if l.file, err = l.wellKnown(ctx, server); err != nil {
		return l, err
	}
	if l.file == nil {
		l.base, l.onFailure = matrixid.HTTPSBaseURL(server), FailPrompt
		return l, nil
	}
	l.onFailure = FailError
	l.base, err = l.readBaseURL(l.file, server)
	return l, err
}

// Base returns where the homeserver is said to be.
func (l *Lookup) Base() matrixid.BaseURL { return l.base }

// Confirm is the second half of [Resolve]: it asks whether a homeserver answers at
// Base. Other requests may be sent there at the same time.
func (l *Lookup) Confirm(ctx context.Context) (Result, error) {
	return l.result(l.versions(ctx, l.base, l.onFailure))
}

func (l *Lookup) result(err error) (Result, error) { return l.finish(l.base, err) }

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
	found     Result
}

func (r *resolver) finish(base matrixid.BaseURL, err error) (Result, error) {
	var failure *Error
	switch {
	case err == nil:
		r.found.Outcome, r.found.Base = Success, base
	case errors.As(err, &failure):
		r.found.Outcome = failure.Outcome
	}
	return r.found, err
}

// wellKnown fetches the well-known file. It is nil where the server has none.
// The port of the server name plays no part here: the file is asked for on 443.
func (r *resolver) wellKnown(ctx context.Context, server matrixid.ServerName) (*wellKnownFile, error) {
	base := matrixid.HTTPSBaseURL(server.WithoutPort())
	step := Step{Request: "GET " + base.Join(wellKnownPath)}
	resp, err := r.transport.Do(ctx, transport.Request{
		Method: "GET", Base: base, Path: wellKnownPath, Redirects: maxRedirects,
		OnRedirect: func(redirect transport.Redirect) string {
			if refusal := distrustRedirect(redirect.To, base.Origin()); refusal != "" {
				return refusal
			}
			step.Status = redirect.Status
			r.add(step, Success, "redirected to "+strings.TrimPrefix(redirect.Next, "GET "))
			step = Step{Request: redirect.Next}
			return ""
		},
	})
	if err != nil {
		return nil, r.failed(ctx, step, FailPrompt, reasonOf(err), err)
	}
	step.Status = resp.Status
	switch {
	case resp.Status == http.StatusNotFound:
		r.add(step, Ignore, "the server has no well-known file, so its own name is used")
		return nil, nil
	case resp.Status != http.StatusOK:
		return nil, r.failed(ctx, step, FailPrompt, fmt.Sprintf("the server answered %d for its well-known file", resp.Status), nil)
	}
	object, err := resp.Object()
	if err != nil {
		return nil, r.failed(ctx, step, FailPrompt, "the well-known file cannot be read: "+reasonOf(err), err)
	}
	return &wellKnownFile{step: step, asked: base.Origin(), members: object}, nil
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
	r.found.Versions = versions
	r.add(step, Success, "")
	return nil
}

func (r *resolver) add(step Step, outcome Outcome, reason string) {
	step.Outcome, step.Reason = outcome, reason
	r.found.Steps = append(r.found.Steps, step)
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
