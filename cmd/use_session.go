package cmd

import (
	"context"
	"errors"

	"mxlogin/client/discovery"
	"mxlogin/client/secret"
	"mxlogin/cmd/choose"
	"mxlogin/cmd/session"
	"mxlogin/cmd/terminal"
	"mxlogin/config"
)

// session returns the session that a command is to work with, and its keeper: a
// saved account, or, where none is named, the one that the environment holds.
func (r *run) session(ctx context.Context, argument string) (config.Account, *session.Keeper, error) {
	if token, ok := r.unsavedToken(argument); ok {
		account, err := r.unsavedSession(ctx, token)
		return account, r.keeper, err
	}
	account, err := r.account(ctx, argument)
	if err != nil {
		return config.Account{}, nil, err
	}
	keeper, err := r.saving()
	return account, keeper, err
}

// open opens the session that is meant.
func (r *run) open(ctx context.Context, argument string) (*session.Session, error) {
	account, keeper, err := r.session(ctx, argument)
	if err != nil {
		return nil, err
	}
	return keeper.Open(ctx, account)
}

// identified returns the account of a session with its user and device: one of the
// environment does not say whose it is, the server does.
func identified(ctx context.Context, opened *session.Session) (config.Account, error) {
	if opened.Account.Name != "" {
		return opened.Account, nil
	}
	who, err := opened.WhoAmI(ctx)
	if err != nil {
		return config.Account{}, err
	}
	account := opened.Account
	account.UserID, account.DeviceID = who.UserID.String(), who.DeviceID
	return account, nil
}

// account returns the saved account that is meant. Where several are, whoever is there is
// asked which.
func (r *run) account(ctx context.Context, argument string) (config.Account, error) {
	account, err := choose.Account(r.settings, r.file, argument, r.reporter.Warning)
	var choice *choose.ChoiceError
	if !errors.As(err, &choice) || len(choice.Names) < 2 {
		return account, err
	}
	chosen, failure := r.person.Choose(ctx, terminal.InteractionError{Needed: "an account"}, "Which account?", choice.Names)
	if alone := (*terminal.InteractionError)(nil); errors.As(failure, &alone) {
		return config.Account{}, err
	}
	if failure != nil {
		return config.Account{}, failure
	}
	account, _ = r.file.Account(choice.Names[chosen])
	return account, nil
}

// unsavedToken returns the token of MXLOGIN_ACCESS_TOKEN where no account is named.
func (r *run) unsavedToken(argument string) (secret.Value, bool) {
	token, ok := r.Environment.Secret(envAccessToken)
	return token, ok && argument == "" && r.settings.Account == ""
}

// unsavedSession is the session of MXLOGIN_ACCESS_TOKEN. The token says nothing of
// its server, so that must be named beside it: it is never guessed where a token
// may go.
func (r *run) unsavedSession(ctx context.Context, token secret.Value) (config.Account, error) {
	if source := r.settings.Source("homeserver"); source != config.SourceFlag && source != config.SourceEnv {
		return config.Account{}, &choose.UsageError{
			Message: envAccessToken + " is set without a homeserver",
			Hint:    "set MXLOGIN_HOMESERVER, or name a saved account",
		}
	}
	r.scrubber.Add(token)
	place, err := choose.ParseHomeserver(r.settings.Origin("homeserver"), r.settings.Homeserver, r.reporter.Warning)
	if err != nil {
		return config.Account{}, err
	}
	base := place.Base
	if base.IsZero() {
		connection, err := r.keeper.Network.For(nil)
		if err != nil {
			return config.Account{}, err
		}
		found, err := discovery.Resolve(ctx, connection.Transport, place.Server)
		if err != nil {
			return config.Account{}, err
		}
		base = found.Base
	}
	return config.Account{Homeserver: base.String(), AccessToken: token, API: config.APILegacy}, nil
}
