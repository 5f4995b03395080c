// Package login is every way to log in: one walk for all of them, and one file for
// what each does differently.
package login

import (
	"context"
	"errors"

	"mxlogin/client/secret"
	"mxlogin/cmd/choose"
	"mxlogin/cmd/session"
	"mxlogin/cmd/terminal"
	"mxlogin/config"
)

// Request is what a login command wants.
type Request struct {
	session.Login
	Target choose.Target
	By     Flow // nil: Choose takes one
	// Choose takes a flow of what the homeserver offers, and says why.
	Choose func(Offer) (flow Flow, why string, err error)

	IfNeeded  bool // a saved session that is good is the result
	SkipFlows bool // do not ask the homeserver how you can log in

	Settings *config.Settings
	File     *config.File // as it was read when the run began
	Keeper   *session.Keeper
	Person   Person
	Keep     func(text string) // has a text that the person typed shown as it is

	told int // base URLs that the person has given
}

// Flow is one way to log in.
type Flow interface {
	Kind() Kind
	// Login asks the person for what it needs, calls Begin of the attempt as late as
	// it can, but before it names the device or sends the secret, and goes on under
	// the context that Begin returns.
	Login(ctx context.Context, a *session.Attempt, p Person) (session.Answer, error)
}

// Person gives secrets and answers. [terminal.Person] is one.
type Person interface {
	Secret(ctx context.Context, from terminal.Source, prompt string) (secret.Value, error)
	Line(ctx context.Context, needed terminal.InteractionError, prompt string) (string, error)
	Choose(ctx context.Context, needed terminal.InteractionError, prompt string, options []string) (int, error)
	Visit(ctx context.Context, v terminal.Visit) error
	Within(ctx context.Context, late terminal.TimeoutError, do func(context.Context) error) error
	Approve(ctx context.Context, code terminal.Code, done func(context.Context) error) error
}

// isAlone reports whether nobody is there to be asked.
func isAlone(err error) bool {
	var interaction *terminal.InteractionError
	return errors.As(err, &interaction)
}

// Login is the walk of every login: find the homeserver, see whether a saved session
// is good already, take a flow, log in by it, and keep what comes of it. No secret
// is asked for before the flow is known to be offered, and none sent before the
// config file has been written.
func Login(ctx context.Context, r Request) (session.Result, error) {
	r.Typed = !r.Target.User.IsZero()
	r, lookup, err := locate(ctx, r)
	if err != nil {
		return session.Result{}, err
	}
	r, good, err := reuse(ctx, r)
	if err != nil {
		return session.Result{}, err
	}
	if good {
		return session.Result{Account: *r.Saved, Saved: true, Reused: true}, nil
	}
	if r, err = takeFlow(ctx, r, lookup); err != nil {
		return session.Result{}, err
	}
	r.keepNamed()
	attempt := r.Keeper.NewAttempt(r.Login)
	answer, err := r.By.Login(ctx, attempt, r.Person)
	if err != nil {
		return session.Result{}, attempt.Abandon(ctx, answer, &RefusedError{Kind: r.By.Kind(), ByAddress: r.Who.Address != "", Err: err})
	}
	return attempt.Finish(ctx, answer)
}

// keepNamed has what the person named shown as it is, also where a weak password is
// part of it.
func (r Request) keepNamed() {
	r.Keep(r.Base.String())
	switch {
	case !r.Who.User.IsZero():
		r.Keep(r.Who.User.String())
	case r.Who.Localpart != "":
		r.Keep("@" + r.Who.Localpart + ":")
	}
}
