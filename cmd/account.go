package cmd

import (
	"context"

	"mxlogin/client/secret"
	"mxlogin/cmd/session"
	"mxlogin/config"
)

// selectAccount returns the account that a command is to work with. In this
// order: --account, ACCOUNT, the environment, the default account, the only one.
func (a *App) selectAccount(argument string) (config.Account, error) {
	settings, err := a.Settings()
	if err != nil {
		return config.Account{}, err
	}
	file, err := a.File()
	if err != nil {
		return config.Account{}, err
	}
	name := argument
	if given := settings.Account; given != "" && (name == "" || settings.Source("account") == config.SourceFlag) {
		if name != "" && name != given {
			return config.Account{}, &UsageError{Message: "ACCOUNT and --account name two accounts", Hint: "leave out one of them"}
		}
		name = given
	}
	return session.Select(file, name)
}

// open makes an authenticated client of the session that is meant.
func (a *App) open(ctx context.Context, argument string) (*session.Client, error) {
	account, keeper, err := a.chooseSession(ctx, argument)
	if err != nil {
		return nil, err
	}
	return keeper.Open(account)
}

// chooseSession returns the session that is meant: a saved account, or, where none
// is named, the one that the environment holds.
func (a *App) chooseSession(ctx context.Context, argument string) (config.Account, *session.Keeper, error) {
	settings, err := a.Settings()
	if err != nil {
		return config.Account{}, nil, err
	}
	if token, ok := a.Environment.Secret(envAccessToken); ok && argument == "" && settings.Account == "" {
		return a.unsavedSession(ctx, token)
	}
	account, err := a.selectAccount(argument)
	if err != nil {
		return config.Account{}, nil, err
	}
	keeper, err := a.keeperOf(account)
	return account, keeper, err
}

// unsavedSession is the session of MXLOGIN_ACCESS_TOKEN. The token says nothing of
// its server, so that must be named beside it: it is never guessed where a token
// may go.
func (a *App) unsavedSession(ctx context.Context, token secret.Value) (config.Account, *session.Keeper, error) {
	settings, err := a.Settings()
	if err != nil {
		return config.Account{}, nil, err
	}
	if source := settings.Source("homeserver"); source != config.SourceFlag && source != config.SourceEnv {
		return config.Account{}, nil, &UsageError{
			Message: envAccessToken + " is set, and no homeserver beside it",
			Hint:    "set MXLOGIN_HOMESERVER, or name a saved account",
		}
	}
	a.Hide(token)
	where, err := a.parseHomeserver(settings.Homeserver)
	if err != nil {
		return config.Account{}, nil, err
	}
	link, err := a.connect(nil)
	if err != nil {
		return config.Account{}, nil, err
	}
	base, err := a.find(ctx, link.transport, where)
	if err != nil {
		return config.Account{}, nil, err
	}
	account := config.Account{Homeserver: base.String(), AccessToken: token, API: config.APILegacy}
	return account, a.unsavedKeeper(link), nil
}

// keeperOf makes the keeper by what the account remembers of its homeserver.
func (a *App) keeperOf(account config.Account) (*session.Keeper, error) {
	a.Hide(account.AccessToken)
	a.Hide(account.RefreshToken)
	link, err := a.connect(&account)
	if err != nil {
		return nil, err
	}
	return a.keeper(link)
}

// argument returns the only argument of a command that takes one at most.
func argument(args []string) string {
	if len(args) == 0 {
		return ""
	}
	return args[0]
}
