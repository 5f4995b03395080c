package output

import (
	"fmt"
	"time"

	"mxlogin/client/secret"
)

// LoginToken is the result of mint-login-token.
type LoginToken struct {
	Token              secret.Value
	Lifetime           time.Duration // from now on; 0 where the server does not say
	UserID, Homeserver string
}

// LoginTokenObject is the JSON of a login token.
type LoginTokenObject struct {
	LoginToken  string `json:"login_token" doc:"the login token, a secret"`
	ExpiresInMS int64  `json:"expires_in_ms,omitempty" doc:"how long it is good, in milliseconds from now"`
	UserID      string `json:"user_id" doc:"whose login it is"`
	Homeserver  string `json:"homeserver" doc:"base URL of the homeserver that takes it"`
}

// LoginToken writes a login token: as Token itself, as JSON one object.
func (p Printer) LoginToken(t LoginToken) error {
	if p.Format != JSON {
		return p.token("", "the login token", t.Token)
	}
	line, err := encodeLine(LoginTokenObject{t.Token.Reveal(), t.Lifetime.Milliseconds(), p.Scrub(t.UserID), p.Scrub(t.Homeserver)})
	if err != nil {
		return fmt.Errorf("encoding the result: %w", err)
	}
	return p.write(line)
}
