package cmd

import (
	"context"
	"errors"
	"fmt"

	"mxlogin/client/discovery"
	"mxlogin/client/matrixid"
	"mxlogin/client/transport"
	"mxlogin/cmd/session"
	"mxlogin/config"
)

// place is a homeserver as it was named: by a base URL, which is used as it is,
// or by a server name, which is discovered.
type place struct {
	base   matrixid.BaseURL
	server matrixid.ServerName
	// account is the saved account that named it, with the authorities and the
	// plain http that were allowed for it.
	account *config.Account
}

// String is the place as it was named.
func (p place) String() string {
	if !p.base.IsZero() {
		return p.base.String()
	}
	return p.server.String()
}

// choosePlace decides which homeserver is meant. In this order: --homeserver, its
// environment variable, the saved account of exactly this user, the server of the
// user ID or of the target, the setting in the file, the default account.
func (a *App) choosePlace(named target, saved *config.Account) (place, error) {
	settings, err := a.Settings()
	if err != nil {
		return place{}, err
	}
	source := settings.Source("homeserver")
	if source == config.SourceFlag || source == config.SourceEnv {
		chosen, err := a.parseHomeserver(settings.Homeserver)
		if err == nil && source == config.SourceFlag {
			err = refuseContradiction(chosen, named)
		}
		chosen.account = saved
		return chosen, err
	}
	switch {
	case saved != nil && (named.isZero() || !named.user.IsZero()):
		return accountPlace(*saved)
	case !named.isZero():
		return named.place(), nil
	case settings.Homeserver != "":
		return a.parseHomeserver(settings.Homeserver)
	}
	return a.defaultPlace()
}

// choosePlaceOf is choosePlace for commands that log nobody in.
func (a *App) choosePlaceOf(named target) (place, error) {
	if named.user.IsZero() {
		return a.choosePlace(named, nil)
	}
	file, err := a.File()
	if err != nil {
		return place{}, err
	}
	settings, err := a.Settings()
	if err != nil {
		return place{}, err
	}
	saved, err := session.ForLogin(file, settings.Account, session.Asked{User: named.user}, matrixid.BaseURL{})
	if err != nil {
		return place{}, err
	}
	return a.choosePlace(named, saved)
}

func (t target) place() place {
	server := t.server
	if !t.user.IsZero() {
		server = t.user.Server()
	}
	return place{base: t.base, server: server}
}

// parseHomeserver reads NAME or URL.
func (a *App) parseHomeserver(text string) (place, error) {
	named, err := a.parseTarget(text)
	var syntax *matrixid.SyntaxError
	switch {
	case errors.As(err, &syntax):
		return place{}, &UsageError{Message: "--homeserver is " + syntax.Error(), Hint: syntax.Hint, Err: err}
	case !named.user.IsZero():
		return place{}, &UsageError{Message: "--homeserver is a user ID", Hint: "name a server, or a URL"}
	}
	return named.place(), err
}

// refuseContradiction holds that a target and --homeserver do not name two
// homeservers. A user ID does not contradict: its server may be found elsewhere.
func refuseContradiction(chosen place, named target) error {
	if named.isZero() || !named.user.IsZero() || named.place() == chosen {
		return nil
	}
	return &UsageError{Message: "the target and --homeserver name two homeservers", Hint: "leave out one of them"}
}

// accountPlace is where a saved account logs in: the URL that its login was sent
// to, which need not be where its session is used.
func accountPlace(account config.Account) (place, error) {
	text := account.Homeserver
	if account.LoginURL != "" {
		text = account.LoginURL
	}
	base, err := matrixid.ParseBaseURL(text)
	if err != nil {
		return place{}, fmt.Errorf("account %s: homeserver: %w", account.Name, err)
	}
	return place{base: base, account: &account}, nil
}

func (a *App) defaultPlace() (place, error) {
	file, err := a.File()
	if err != nil {
		return place{}, err
	}
	account, err := session.Select(file, "")
	var none *session.NoSessionError
	if errors.As(err, &none) {
		return place{}, &UsageError{Message: "no homeserver is named", Hint: "write @user:server, or name one with --homeserver"}
	}
	if err != nil {
		return place{}, err
	}
	return accountPlace(account)
}

// find returns the base URL of a place, by discovery where it was named by a
// server name.
func (a *App) find(ctx context.Context, t *transport.Client, p place) (matrixid.BaseURL, error) {
	if !p.base.IsZero() {
		return p.base, nil
	}
	found, err := discovery.Resolve(ctx, t, p.server)
	if found.Warning != "" {
		a.Reporter().Warning("identity_server", found.Warning)
	}
	return found.Base, err
}

// findAsking is find for a login. Where discovery leaves it to the person, and
// somebody is there, it asks once for a base URL.
//
// Client-Server API, "Server Discovery", FAIL_PROMPT.
func (a *App) findAsking(ctx context.Context, t *transport.Client, p place) (matrixid.BaseURL, error) {
	base, err := a.find(ctx, t, p)
	var failed *discovery.Error
	if !errors.As(err, &failed) || failed.Outcome != discovery.FailPrompt {
		return base, err
	}
	needed := &InteractionError{Needed: "a base URL"}
	answer, askErr := a.ask(ctx, needed, fmt.Sprintf("%s. Base URL of the homeserver: ", explain(err).Message))
	var interaction *InteractionError
	if errors.As(askErr, &interaction) {
		return base, err
	}
	if askErr != nil {
		return base, askErr
	}
	typed, err := a.parseTarget(answer)
	if err == nil && typed.base.IsZero() {
		err = &UsageError{Message: "the answer is not a URL", Hint: "write it like https://matrix.example.org"}
	}
	return typed.base, err
}
