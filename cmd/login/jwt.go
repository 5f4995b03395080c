package login

import (
	"context"
	"fmt"

	"mxlogin/client"
	"mxlogin/client/transport"
	"mxlogin/cmd/session"
	"mxlogin/cmd/terminal"
)

// JWT logs in with org.matrix.login.jwt, which Synapse has.
type JWT struct{ Source terminal.Source }

// Kind is the row of org.matrix.login.jwt.
func (JWT) Kind() Kind { return kindOf(client.FlowJWT) }

// Login gets the JSON Web Token and sends it.
func (f JWT) Login(ctx context.Context, a *session.Attempt, p Person) (session.Answer, error) {
	prompt := fmt.Sprintf("JSON Web Token for %s: ", a.Base.Origin())
	return sendSecret(ctx, a, p, f.Source, prompt, func(ctx context.Context, homeserver *client.Client, token transport.Credential) (client.Session, error) {
		return homeserver.LoginJWT(ctx, token, a.Options())
	})
}
