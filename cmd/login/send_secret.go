package login

import (
	"context"

	"mxlogin/client"
	"mxlogin/client/transport"
	"mxlogin/cmd/session"
	"mxlogin/cmd/terminal"
)

// sendSecret is what the flows of one secret have in common: the secret is got, the
// attempt begun, and only then is the secret sent, bound to the homeserver.
func sendSecret(ctx context.Context, a *session.Attempt, p Person, source terminal.Source, prompt string,
	send func(context.Context, *client.Client, transport.Credential) (client.Session, error),
) (session.Answer, error) {
	secret, err := p.Secret(ctx, source, prompt)
	if err != nil {
		return session.Answer{}, err
	}
	defer secret.Wipe()
	if ctx, err = a.Begin(ctx); err != nil {
		return session.Answer{}, err
	}
	homeserver := a.Client()
	answer, err := send(ctx, homeserver, homeserver.Bind(secret))
	return session.Answer{Session: answer}, err
}
