package cmd

import (
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

// open makes an authenticated client of the account that is meant.
func (a *App) open(argument string) (*session.Client, error) {
	account, err := a.selectAccount(argument)
	if err != nil {
		return nil, err
	}
	keeper, err := a.keeperOf(account)
	if err != nil {
		return nil, err
	}
	return keeper.Open(account)
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
