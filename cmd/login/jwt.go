package login

import (
	"context"
	"fmt"

	"mxlogin/client"
	"mxlogin/cmd/session"
	"mxlogin/cmd/terminal"
)

// JWT logs in with org.matrix.login.jwt, which Synapse has.
type JWT struct{ Source terminal.Source }

// Kind is the row of org.matrix.login.jwt.
func (JWT) Kind() Kind { return kindOf(client.FlowJWT) }

// Login gets the JSON Web Token and sends it.
func (f JWT) Login(ctx context.Context, a *session.Attempt, p Person) (session.Answer, error) {
	token, err := p.Secret(ctx, f.Source, fmt.Sprintf("JSON Web Token for %s: ", a.Base.Origin()))
	if err != nil {
		return session.Answer{}, err
	}
	defer token.Wipe()
	if ctx, err = a.Begin(ctx); err != nil {
		return session.Answer{}, err
	}
	homeserver := a.Client()
	answer, err := homeserver.LoginJWT(ctx, homeserver.Bind(token), a.Options())
	return session.Answer{Session: answer}, err
}
