package login

import (
	"context"
	"fmt"

	"mxlogin/client"
	"mxlogin/client/transport"
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
	who := f.Identifier
	if who.IsZero() {
		who = client.User(a.Who.String())
	}
	prompt := fmt.Sprintf("Password of %s for %s: ", a.Who, a.Base.Origin())
	return sendSecret(ctx, a, p, f.Source, prompt, func(ctx context.Context, homeserver *client.Client, password transport.Credential) (client.Session, error) {
		return homeserver.LoginPassword(ctx, who, password, a.Options())
	})
}
