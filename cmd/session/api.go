package session

import (
	"context"

	"mxlogin/client"
	"mxlogin/config"
)

// api is what the API that made a session does to it; no other may.
type api interface {
	// renew gets new tokens for the session of the account.
	renew(ctx context.Context, account config.Account) (client.Tokens, error)
	// end ends the session of the account.
	end(ctx context.Context, account config.Account) error
	// endAll ends all sessions of the account's user.
	endAll(ctx context.Context, account config.Account) error
	// elsewhere is nil where an action on the account's devices is done by a request;
	// where a person does it on a page, it is a [*ElsewhereError].
	elsewhere(ctx context.Context, account config.Account, action, deviceID string) error
}

// apiOf returns the API that made the account's session. It is the one place that
// tells the two apart.
func apiOf(c Connection, account config.Account) api {
	if account.API == config.APIOAuth {
		return oauthAPI{c}
	}
	return legacy{c}
}
