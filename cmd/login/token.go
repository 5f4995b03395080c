package login

import (
	"context"
	"fmt"

	"mxlogin/client"
	"mxlogin/client/transport"
	"mxlogin/cmd/session"
	"mxlogin/cmd/terminal"
)

// Token logs in with m.login.token.
type Token struct{ Source terminal.Source }

// Kind is the row of m.login.token.
func (Token) Kind() Kind { return kindOf(client.FlowToken) }

// Login gets the login token and sends it.
func (f Token) Login(ctx context.Context, a *session.Attempt, p Person) (session.Answer, error) {
	prompt := fmt.Sprintf("Login token for %s: ", a.Base.Origin())
	return sendSecret(ctx, a, p, f.Source, prompt, func(ctx context.Context, homeserver *client.Client, token transport.Credential) (client.Session, error) {
		return homeserver.LoginToken(ctx, token, a.Options())
	})
}
