package session

import (
	"fmt"
	"strings"

	"mxlogin/client/matrixid"
	"mxlogin/config"
)

// ForLogin returns the saved account that a login of who at base renews, nil for
// a new one. name is the account that was asked for by name, or "". Where base is
// not known yet it is zero, and a localpart matches nothing.
func ForLogin(file *config.File, name string, who Asked, base matrixid.BaseURL) (*config.Account, error) {
	if name != "" {
		return namedForLogin(file, name, who)
	}
	var matches []config.Account
	for _, account := range file.Accounts() {
		if isOf(account, who, base) {
			matches = append(matches, account)
		}
	}
	switch len(matches) {
	case 0:
		return nil, nil
	case 1:
		return &matches[0], nil
	}
	return nil, &ChoiceError{Reason: "several accounts are of " + who.String(), Names: names(matches)}
}

func namedForLogin(file *config.File, name string, who Asked) (*config.Account, error) {
	account, ok := file.Account(name)
	if !ok {
		return nil, nil
	}
	if err := who.checkOwner(account); err != nil {
		return nil, err
	}
	return &account, nil
}

// checkOwner holds that an account is not another user's than is to be logged in.
func (a Asked) checkOwner(account config.Account) error {
	user, err := matrixid.ParseServedUserID(account.UserID)
	if err == nil && !a.Accepts(user) {
		return otherOwner(account, a.String())
	}
	return nil
}

func otherOwner(account config.Account, user string) error {
	return &ChoiceError{Reason: fmt.Sprintf("account %s is that of %s, not of %s", account.Name, account.UserID, user)}
}

func isOf(account config.Account, who Asked, base matrixid.BaseURL) bool {
	switch {
	case !who.User.IsZero():
		return account.UserID == who.User.String()
	case who.Localpart == "" || base.IsZero():
		return false
	}
	user, err := matrixid.ParseServedUserID(account.UserID)
	return err == nil && matrixid.SameLocalpart(user.Localpart(), who.Localpart) &&
		(account.Homeserver == base.String() || account.LoginURL == base.String())
}

// Select returns the account that a command is to work with: the one of that name
// or user ID, else the default, else the only one.
func Select(file *config.File, name string) (config.Account, error) {
	if name != "" {
		return named(file, name)
	}
	if name := file.DefaultAccount(); name != "" {
		account, ok := file.Account(name)
		if !ok {
			return config.Account{}, &ChoiceError{Reason: fmt.Sprintf("default_account names %s, which is not saved", name), Names: names(file.Accounts())}
		}
		return account, nil
	}
	all := sessions(file)
	switch len(all) {
	case 0:
		if len(file.Accounts()) > 0 {
			return config.Account{}, &NoSessionError{Reason: "no saved account is logged in"}
		}
		return config.Account{}, &NoSessionError{Reason: "no account is saved"}
	case 1:
		return all[0], nil
	}
	return config.Account{}, &ChoiceError{Reason: "several accounts are saved, and none is the default", Names: names(all)}
}

func named(file *config.File, name string) (config.Account, error) {
	if account, ok := file.Account(name); ok {
		return account, nil
	}
	if !strings.HasPrefix(name, "@") && strings.Contains(name, ":") {
		name = "@" + name
	}
	switch matches := file.AccountsOf(name); len(matches) {
	case 0:
		return config.Account{}, &NoSessionError{Account: name, Unknown: true, Reason: "it is not saved"}
	case 1:
		return matches[0], nil
	default:
		return config.Account{}, &ChoiceError{Reason: "several accounts are of " + name, Names: names(matches)}
	}
}

// sessions returns the accounts that one can work with.
func sessions(file *config.File) []config.Account {
	var usable []config.Account
	for _, account := range file.Accounts() {
		if account.HasSession() {
			usable = append(usable, account)
		}
	}
	return usable
}

func names(accounts []config.Account) []string {
	list := make([]string, len(accounts))
	for i, account := range accounts {
		list[i] = account.Name
	}
	return list
}
