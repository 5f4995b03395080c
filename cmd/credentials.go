package cmd

import (
	"context"
	"fmt"
	"strings"

	"mxlogin/client/secret"
	"mxlogin/client/transport"
	"mxlogin/cmd/choose"
	"mxlogin/cmd/terminal"
	"mxlogin/config"
)

// credentials are a session as other programs keep it: a token and, where they say it, the
// homeserver that it is from and whose it is.
type credentials struct {
	token secret.Value
	at    choose.Target
	who   choose.Who
}

// readCredentials reads a source that is named, before anything is asked for: it may say
// at which homeserver. It holds a token, or a JSON object with one, as credentials.json of
// matrix-commander and of matrix-nio, the answer to a login, and the output of mxlogin do,
// or it is the synadm.yaml of synadm.
func (r *run) readCredentials(ctx context.Context, from terminal.Source) (credentials, error) {
	from.Text = true
	text, err := r.person.Secret(ctx, from, "")
	if err != nil {
		return credentials{}, err
	}
	subject := "the " + from.Words()
	plain := text.Reveal()
	if strings.HasPrefix(strings.TrimSpace(plain), "{") {
		return r.readObject(plain, subject)
	}
	if at, token, ok := config.Synadm(plain); ok {
		return r.readSynadm(at, token, subject)
	}
	return credentials{token: text}, terminal.CheckToken(plain, subject)
}

// readObject reads a session that is a JSON object.
func (r *run) readObject(text, subject string) (credentials, error) {
	object, err := transport.ParseObject([]byte(text))
	if err != nil {
		return credentials{}, &choose.UsageError{Message: subject + " is a JSON object that cannot be read: " + strings.TrimPrefix(err.Error(), "the answer ")}
	}
	c := credentials{}
	if c.token, err = object.Secret("access_token"); err != nil || c.token.IsZero() {
		return credentials{}, &choose.UsageError{Message: subject + " is a JSON object whose access_token is not a token", Hint: "give the token alone"}
	}
	r.scrubber.Add(c.token)
	return c, r.readOrigin(object, subject, &c)
}

// readOrigin reads where a token is from and whose it is.
func (r *run) readOrigin(object transport.Object, subject string, c *credentials) error {
	for _, member := range []string{"homeserver", "user_id"} {
		text, ok, err := object.String(member)
		switch {
		case err != nil:
			return &choose.UsageError{Message: fmt.Sprintf("%s is a JSON object whose %s is not a string", subject, member)}
		case !ok || text == "":
			continue
		case member == "homeserver":
			c.at, err = choose.ParseTarget(text, r.reporter.Warning)
		default:
			c.who, err = choose.ParseUser(text, r.reporter.Warning)
		}
		if err != nil {
			return fmt.Errorf("%s, %s: %w", subject, member, err)
		}
	}
	return nil
}

func (r *run) readSynadm(baseURL, token, subject string) (credentials, error) {
	r.scrubber.Add(secret.New(token))
	if err := terminal.CheckToken(token, subject+", token"); err != nil {
		return credentials{}, err
	}
	at, err := choose.ParseTarget(baseURL, r.reporter.Warning)
	if err != nil {
		return credentials{}, fmt.Errorf("%s, base_url: %w", subject, err)
	}
	return credentials{token: secret.New(token), at: at}, nil
}
