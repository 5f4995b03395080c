package choose

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"mxlogin/client/matrixid"
	"mxlogin/config"
)

// Account returns the saved account that a command is to work with. In this
// order: --account, argument, the environment, the default account, the only one.
// A homeserver that is named by flag or variable narrows the accounts to those
// there.
func Account(s *config.Settings, f *config.File, argument string, warn Warn) (config.Account, error) {
	name := argument
	if given := s.Account; given != "" && (name == "" || s.Source("account") == config.SourceFlag) {
		if name != "" && name != given {
			return config.Account{}, &UsageError{Message: "ACCOUNT and --account name different accounts", Hint: "use only one of them"}
		}
		name = given
	}
	if source := s.Source("homeserver"); source != config.SourceFlag && source != config.SourceEnv {
		account, err := selectAccount(f, name)
		return account, bySetting(s, "account", err)
	}
	place, err := namedHomeserver(s, warn)
	if err != nil {
		return config.Account{}, err
	}
	if name == "" {
		account, err := selectAt(f, place)
		return account, bySetting(s, "homeserver", err)
	}
	account, err := selectNamedAt(f, name, place)
	if unknown := (*NoSessionError)(nil); errors.As(err, &unknown) {
		return account, bySetting(s, "account", err)
	}
	return account, bySetting(s, "homeserver", err)
}

// InView returns all saved accounts, or those at the homeserver that a flag or variable
// names.
func InView(s *config.Settings, f *config.File, warn Warn) ([]config.Account, error) {
	if source := s.Source("homeserver"); source != config.SourceFlag && source != config.SourceEnv {
		return f.Accounts(), nil
	}
	place, err := namedHomeserver(s, warn)
	if err != nil {
		return nil, err
	}
	here := at(f.Accounts(), place)
	if len(here) == 0 {
		return nil, bySetting(s, "homeserver", &NoSessionError{Reason: "no account is logged in at " + place.String()})
	}
	return here, nil
}

// selectNamedAt returns the account of that name or user ID, which has to be at
// place.
func selectNamedAt(f *config.File, name string, place Place) (config.Account, error) {
	matches := matching(f, name)
	if len(matches) == 0 {
		return config.Account{}, &NoSessionError{Unknown: true, Reason: "no account of this name is saved"}
	}
	here := at(matches, place)
	if len(here) == 0 {
		elsewhere := Elsewhere(matches[0], place.String())
		elsewhere.InUse = true
		return config.Account{}, elsewhere
	}
	return only(here, "several accounts belong to "+here[0].UserID)
}

// selectAt returns the default account if it is at place, else the only one there.
func selectAt(f *config.File, place Place) (config.Account, error) {
	here := at(sessions(f), place)
	if len(here) == 0 {
		return config.Account{}, &NoSessionError{Reason: "no account is logged in at " + place.String()}
	}
	if i := slices.IndexFunc(here, func(a config.Account) bool { return a.Name == f.DefaultAccount() }); i >= 0 {
		return here[i], nil
	}
	return only(here, "several accounts are saved there, and none is the default")
}

func at(accounts []config.Account, place Place) []config.Account {
	return slices.DeleteFunc(slices.Clone(accounts), func(a config.Account) bool { return !IsAt(a, place) })
}

// Named returns the account of that name or user ID.
func Named(f *config.File, name string) (config.Account, error) {
	matches := matching(f, name)
	if len(matches) == 0 {
		return config.Account{}, &NoSessionError{Unknown: true, Reason: "no account of this name is saved"}
	}
	return only(matches, "several accounts belong to "+matches[0].UserID)
}

// matching returns the account of that name, or else those of that user ID, which
// may lack its '@'.
func matching(f *config.File, name string) []config.Account {
	if account, ok := f.Account(name); ok {
		return []config.Account{account}
	}
	if !strings.HasPrefix(name, "@") && strings.Contains(name, ":") {
		name = "@" + name
	}
	return f.AccountsOf(name)
}

// selectAccount returns the account of that name or user ID, else the default one,
// else the only one.
func selectAccount(f *config.File, name string) (config.Account, error) {
	if name != "" {
		return Named(f, name)
	}
	if name := f.DefaultAccount(); name != "" {
		account, ok := f.Account(name)
		if !ok {
			return config.Account{}, &ChoiceError{Reason: fmt.Sprintf("default_account names %s, which is not saved", name), Names: names(f.Accounts())}
		}
		return account, nil
	}
	all := sessions(f)
	if len(all) > 0 {
		return only(all, "several accounts are saved, and none is the default")
	}
	if len(f.Accounts()) > 0 {
		return config.Account{}, &NoSessionError{Reason: "no saved account is logged in"}
	}
	return config.Account{}, &NoSessionError{Reason: "no account is saved"}
}

// ForLogin returns the saved account that a login of who renews, nil for a new
// one. name is the account that was asked for by name, or "". It is asked first
// without a place, by the names alone: a user ID, or how the person was named
// before; what it finds may tell the place. Where that is nothing it is asked
// again with the place, when a localpart may match. A pending account is none: all
// that it lends is its device ID.
func ForLogin(f *config.File, name string, who Who, place Place) (*config.Account, error) {
	if name != "" {
		return namedForLogin(f, name, who)
	}
	var matches []config.Account
	for _, account := range f.Accounts() {
		if isOf(account, who, place) {
			matches = append(matches, account)
		}
	}
	matches = preferred(matches)
	if len(matches) == 0 {
		return nil, nil
	}
	account, err := only(matches, "several accounts belong to "+who.String())
	if err != nil {
		return nil, err
	}
	return &account, nil
}

func namedForLogin(f *config.File, name string, who Who) (*config.Account, error) {
	account, ok := f.Account(name)
	if !ok || account.Pending {
		return nil, nil
	}
	if err := who.CheckOwner(account); err != nil {
		return nil, err
	}
	return &account, nil
}

// CheckOwner holds that an account is not another user's than is to be logged in.
func (w Who) CheckOwner(account config.Account) error {
	user, err := matrixid.ParseServedUserID(account.UserID)
	if err == nil && !w.Accepts(user) && account.LoginAs != w.String() {
		return OtherOwner(account, w.String())
	}
	return nil
}

// OtherOwner is the error that an account is not that of user.
func OtherOwner(account config.Account, user string) error {
	return &ChoiceError{Reason: fmt.Sprintf("account %s belongs to %s, not to %s", account.Name, account.UserID, user)}
}

func isOf(account config.Account, who Who, place Place) bool {
	switch {
	case who.IsZero(), account.Pending:
		return false
	case !place.IsZero() && !IsAt(account, place):
		return false
	case account.LoginAs == who.String(), account.UserID == who.String():
		return true
	case who.Localpart == "" || place.IsZero():
		return false
	}
	user, err := matrixid.ParseServedUserID(account.UserID)
	return err == nil && matrixid.SameLocalpart(user.Localpart(), who.Localpart)
}

// preferred leaves out the entries that no person has vouched for where there are
// others.
func preferred(matches []config.Account) []config.Account {
	if slices.ContainsFunc(matches, DecidesPlace) {
		matches = slices.DeleteFunc(matches, func(a config.Account) bool { return !DecidesPlace(a) })
	}
	return matches
}

// sessions returns the accounts that one can work with.
func sessions(f *config.File) []config.Account {
	return slices.DeleteFunc(f.Accounts(), func(a config.Account) bool { return !a.HasSession() })
}

// only returns the one account there is to choose from.
func only(accounts []config.Account, unclear string) (config.Account, error) {
	if len(accounts) > 1 {
		return config.Account{}, &ChoiceError{Reason: unclear, Names: names(accounts)}
	}
	return accounts[0], nil
}

func names(accounts []config.Account) []string {
	list := make([]string, len(accounts))
	for i, account := range accounts {
		list[i] = account.Name
	}
	return list
}
