package login

import (
	"context"
	"fmt"

	"mxlogin/client"
	"mxlogin/cmd/session"
	"mxlogin/cmd/terminal"
)

// Token logs in with m.login.token.
type Token struct{ Source terminal.Source }

// Kind is the row of m.login.token.
func (Token) Kind() Kind { return kindOf(client.FlowToken) }

// Login gets the login token and sends it.
func (f Token) Login(ctx context.Context, a *session.Attempt, p Person) (session.Answer, error) {
	token, err := p.Secret(ctx, f.Source, fmt.Sprintf("Login token for %s: ", a.Base.Origin()))
	if err != nil {
		return session.Answer{}, err
	}
	defer token.Wipe()
	if ctx, err = a.Begin(ctx); err != nil {
		return session.Answer{}, err
	}
	homeserver := a.Client()
	answer, err := homeserver.LoginToken(ctx, homeserver.Bind(token), a.Options())
	return session.Answer{Session: answer}, err
}
