package login

import (
	"context"
	"fmt"

	"mxlogin/client"
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
	token, err := p.Secret(ctx, f.Source, fmt.Sprintf("Token (as_token) of the application service of %s for %s: ", a.Who, a.Base.Origin()))
	if err != nil {
		return session.Answer{}, err
	}
	defer token.Wipe()
	if ctx, err = a.Begin(ctx); err != nil {
		return session.Answer{}, err
	}
	homeserver := a.Client()
	answer, err := homeserver.LoginApplicationService(ctx, client.User(a.Who.String()), homeserver.Bind(token), a.Options())
	return session.Answer{Session: answer}, err
}
