package login

import (
	"context"
	"fmt"

	"mxlogin/client"
	"mxlogin/cmd/session"
	"mxlogin/cmd/terminal"
)

// Password logs in with m.login.password.
type Password struct {
	Identifier client.Identifier // zero: the user of the attempt
	Source     terminal.Source
}

// Kind is the row of m.login.password.
func (Password) Kind() Kind { return kindOf(client.FlowPassword) }

// Login gets the password and sends it.
func (f Password) Login(ctx context.Context, a *session.Attempt, p Person) (session.Answer, error) {
	password, err := p.Secret(ctx, f.Source, fmt.Sprintf("Password of %s for %s: ", a.Who, a.Base.Origin()))
	if err != nil {
		return session.Answer{}, err
	}
	defer password.Wipe()
	if ctx, err = a.Begin(ctx); err != nil {
		return session.Answer{}, err
	}
	who := f.Identifier
	if who.IsZero() {
		who = client.User(a.Who.String())
	}
	homeserver := a.Client()
	answer, err := homeserver.LoginPassword(ctx, who, homeserver.Bind(password), a.Options())
	return session.Answer{Session: answer}, err
}
