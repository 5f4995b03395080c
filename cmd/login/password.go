package login

import (
	"context"
	"errors"
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

// asks is how often a password is asked for that the server refuses, and a base URL that
// does not answer.
const asks = 3

// Login gets the password and sends it. One that was typed and refused is asked for again.
func (f Password) Login(ctx context.Context, a *session.Attempt, p Person) (session.Answer, error) {
	who := f.Identifier
	if who.IsZero() {
		who = client.User(a.Who.String())
	}
	prompt := fmt.Sprintf("Password of %s for %s: ", a.Who, a.Base.Origin())
	for ask := 1; ; ask++ {
		answer, err := sendSecret(ctx, a, p, f.Source, prompt, func(ctx context.Context, homeserver *client.Client, password transport.Credential) (client.Session, error) {
			return homeserver.LoginPassword(ctx, who, password, a.Options())
		})
		if ask == asks || f.Source.IsNamed() || !isForbidden(err) {
			return answer, err
		}
		prompt = fmt.Sprintf("The server refused that. Password of %s for %s: ", a.Who, a.Base.Origin())
	}
}

func isForbidden(err error) bool {
	var refusal *transport.MatrixError
	return errors.As(err, &refusal) && refusal.Code == "M_FORBIDDEN"
}
