package login

import (
	"context"
	"fmt"

	"mxlogin/client"
	"mxlogin/client/secret"
	"mxlogin/cmd/session"
	"mxlogin/cmd/terminal"
)

// Import takes over a session that another program has made. It sends nothing that
// changes anything on the server, so there is nothing to begin.
type Import struct {
	Source terminal.Source
	Token  secret.Value // of the source, where that has been read; else it is
}

// Kind is the row of imports.
func (Import) Kind() Kind { return kindOf(session.FlowImport) }

// Login gets the access token and asks the server who it is of.
func (f Import) Login(ctx context.Context, a *session.Attempt, p Person) (session.Answer, error) {
	token, err := f.Token, error(nil)
	if token.IsZero() {
		token, err = p.Secret(ctx, f.Source, fmt.Sprintf("Access token for %s: ", a.Base.Origin()))
	}
	if err != nil {
		return session.Answer{}, err
	}
	homeserver := a.Client()
	who, err := homeserver.WhoAmI(ctx, homeserver.Bind(token))
	return session.Answer{
		Session: client.Session{UserID: who.UserID, DeviceID: who.DeviceID, Tokens: client.Tokens{AccessToken: token}},
		Foreign: true,
	}, err
}
