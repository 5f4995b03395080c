package cmd

import (
	"context"
	"fmt"
	"slices"

	"mxlogin/client"
	"mxlogin/client/secret"
	"mxlogin/client/transport"
	"mxlogin/cmd/login"
	"mxlogin/cmd/terminal"
)

// prover answers what a homeserver asks of the person before it does something that a
// stolen access token must not suffice for.
//
// Client-Server API, "User-Interactive Authentication API".
type prover struct {
	person *terminal.Person
	warn   func(code, message string)
	user   string
	source terminal.Source // of the password
	bind   func(secret.Value) transport.Credential
	origin string
}

// prove proves a password where that is one of the ways, and otherwise sends the person
// to the homeserver's page for the stage.
func (p prover) prove(ctx context.Context, c client.Challenge) (client.Proof, error) {
	if c.Refused != nil {
		if err := p.mayTryAgain(c.Refused); err != nil {
			return client.Proof{}, err
		}
	}
	next := c.Next()
	switch {
	case slices.Contains(next, client.StagePassword):
		return p.password(ctx)
	case slices.Contains(next, client.StageDummy):
		return client.ProveDummy(), nil
	case len(next) == 0:
		return client.Proof{}, fmt.Errorf("%s asks you to authenticate again, but offers no way to do it", p.origin)
	}
	return client.ProveByPage(), p.page(ctx, next[0], c.FallbackURL(next[0]))
}

// mayTryAgain returns nil where another password can be typed. One that comes from
// elsewhere would be the same again.
func (p prover) mayTryAgain(refused *transport.MatrixError) error {
	if p.source.IsNamed() || !p.person.CanBeAsked() {
		kind, _ := login.KindOf(client.FlowPassword)
		return &login.RefusedError{Kind: kind, Err: refused}
	}
	p.warn("refused", fmt.Sprintf("the server refused that (%s)", serverSays(refused.Code, refused.Message)))
	return nil
}

func (p prover) password(ctx context.Context) (client.Proof, error) {
	password, err := p.person.Secret(ctx, p.source, fmt.Sprintf("Password of %s for %s: ", p.user, p.origin))
	if err != nil {
		return client.Proof{}, err
	}
	return client.ProvePassword(client.User(p.user), p.bind(password)), nil
}

// page sends the person to a page that says nothing back: the person says when it is
// done.
func (p prover) page(ctx context.Context, stage, url string) error {
	return p.person.Visit(ctx, terminal.Visit{
		Needed:  terminal.InteractionError{Needed: "a person with a browser", Hint: "run it on a terminal"},
		What:    "completed the page in the browser",
		Message: fmt.Sprintf("%s asks you to authenticate again (%s); open this page:", p.origin, stage),
		URL:     url,
		Prompt:  "Press Enter when that is done: ",
		Entered: func(string) error { return nil },
	})
}
