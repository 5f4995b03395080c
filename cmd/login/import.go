package login

import (
	"context"
	"fmt"

	"mxlogin/client"
	"mxlogin/client/matrixid"
	"mxlogin/client/secret"
	"mxlogin/cmd/choose"
	"mxlogin/cmd/session"
	"mxlogin/cmd/terminal"
)

// Import takes over a session that another program has made. It sends nothing that
// changes anything on the server, so there is nothing to begin.
type Import struct {
	Source terminal.Source
	Token  secret.Value // of the source, where that has been read; else it is
	// At is where the source says that the token is from. It goes nowhere else.
	At matrixid.BaseURL
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
	if !f.At.IsZero() && f.At.Origin() != a.Base.Origin() {
		return session.Answer{}, &choose.UsageError{
			Message: fmt.Sprintf("the credentials are for %s, but the homeserver you named is %s", f.At, a.Base),
			Hint:    "leave the homeserver out, or give the token alone",
		}
	}
	homeserver := a.Client()
	who, err := homeserver.WhoAmI(ctx, homeserver.Bind(token))
	return session.Answer{
		Session: client.Session{UserID: who.UserID, DeviceID: who.DeviceID, Tokens: client.Tokens{AccessToken: token}},
		Foreign: true,
	}, err
}
