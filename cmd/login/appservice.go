package login

import (
	"context"
	"fmt"

	"mxlogin/client"
	"mxlogin/client/transport"
	"mxlogin/cmd/session"
	"mxlogin/cmd/terminal"
)

// AppService logs a user of an application service in with
// m.login.application_service.
type AppService struct{ Source terminal.Source } // of the service's as_token

// Kind is the row of m.login.application_service.
func (AppService) Kind() Kind { return kindOf(client.FlowApplicationService) }

// Login gets the application service's token and logs the user in by it.
func (f AppService) Login(ctx context.Context, a *session.Attempt, p Person) (session.Answer, error) {
	prompt := fmt.Sprintf("Token (as_token) of the application service of %s for %s: ", a.Who, a.Base.Origin())
	return sendSecret(ctx, a, p, f.Source, prompt, func(ctx context.Context, homeserver *client.Client, token transport.Credential) (client.Session, error) {
		return homeserver.LoginApplicationService(ctx, client.User(a.Who.String()), token, a.Options())
	})
}
