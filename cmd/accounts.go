package cmd

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"mxlogin/cmd/choose"
	"mxlogin/cmd/output"
	"mxlogin/cmd/session"
	"mxlogin/cmd/terminal"
	"mxlogin/config"
)

func newAccounts(r *run) *cobra.Command {
	group := &cobra.Command{
		Use:   "accounts",
		Short: "List the saved accounts, and choose among them",
		Long: `List the saved accounts. The default one, marked with an asterisk, is used by
commands that name none. An account is named by its name or its user ID.`,
		Example: `  mxlogin accounts
  mxlogin accounts use "@alice:example.org"
  mxlogin accounts rename "@bot:example.org" bot`,
		RunE: r.tokenless(func(context.Context, []string) error { return runAccounts(r) }),
	}
	group.AddCommand(
		&cobra.Command{
			Use: "use ACCOUNT", Short: "Make an account the default",
			Args: exactly(1, " ACCOUNT"),
			RunE: r.tokenless(func(ctx context.Context, args []string) error {
				return runAccountsUse(ctx, r, args[0])
			}),
		},
		&cobra.Command{
			Use: "rename ACCOUNT NAME", Short: "Give an account another name",
			Args: exactly(2, " ACCOUNT NAME"),
			RunE: r.tokenless(func(ctx context.Context, args []string) error {
				return runAccountsRename(ctx, r, args[0], args[1])
			}),
		},
		&cobra.Command{
			Use: "set ACCOUNT KEY VALUE", Short: "Change what an account remembers, or what keeps its tokens",
			Long: `Change what an account remembers about its homeserver: ca_file, the PEM file of
certificate authorities to trust besides the system's, or allow_http, the hosts
to which plain http is allowed, as host or host:port, with commas between them.
An empty VALUE removes it.

storage moves the tokens of the account: into the system's "keyring", or back
into the "file".`,
			Example: `  mxlogin accounts set bot storage keyring
  mxlogin accounts set bot ca_file /etc/ssl/matrix.pem
  mxlogin accounts set bot allow_http ""`,
			Args: exactly(3, " ACCOUNT KEY VALUE"),
			RunE: r.tokenless(func(ctx context.Context, args []string) error {
				return runAccountsSet(ctx, r, args[0], args[1], args[2])
			}),
		},
		&cobra.Command{
			Use: "forget ACCOUNT", Short: "Forget an account here; its session stays on the server",
			Args: exactly(1, " ACCOUNT"),
			RunE: r.tokenless(func(ctx context.Context, args []string) error {
				return runAccountsForget(ctx, r, args[0])
			}),
		},
	)
	return group
}

// accountList is the JSON of accounts.
type accountList struct {
	Default  string          `json:"default" doc:"name of the default account; empty where there is none"`
	Accounts []listedAccount `json:"accounts" doc:"the saved accounts, in the order of the file"`
}

type listedAccount struct {
	Account    string         `json:"account" doc:"its name"`
	UserID     string         `json:"user_id" doc:"whose account it is; empty where only a login that is pending could say"`
	DeviceID   string         `json:"device_id" doc:"device of the session, or of the next login"`
	Homeserver string         `json:"homeserver" doc:"base URL at which it is used"`
	Flow       string         `json:"flow" doc:"how the login was made"`
	API        string         `json:"api" doc:"legacy or oauth: which API made the session"`
	ExpiresAt  *time.Time     `json:"expires_at,omitempty" doc:"when the access token expires, in UTC"`
	State      session.Status `json:"state" doc:"logged_in, logged_out or pending (a login was sent and not answered); in status also ended, refused (the user is locked, say), unreachable, or locked (the keyring does not give out the token)"`
	Renewable  bool           `json:"renewable" doc:"it has a refresh token"`
	Storage    string         `json:"storage" doc:"file or keyring: what keeps its tokens"`
}

func runAccounts(r *run) error {
	file := r.file
	list := accountList{Default: file.DefaultAccount(), Accounts: []listedAccount{}}
	for _, account := range file.Accounts() {
		list.Accounts = append(list.Accounts, listed(account))
	}
	if r.format == output.JSON {
		return r.print().JSON(list)
	}
	if len(list.Accounts) == 0 {
		return r.print().Lines("No account is saved.")
	}
	rows := make([][]string, len(list.Accounts))
	for i, account := range file.Accounts() {
		rows[i] = []string{marked(account.Name, list.Default), account.UserID, account.DeviceID, account.Homeserver, stateText(account)}
	}
	return r.print().Table([]string{"ACCOUNT", "USER ID", "DEVICE ID", "HOMESERVER", "STATE"}, rows)
}

func listed(a config.Account) listedAccount {
	account := listedAccount{
		Account: a.Name, UserID: a.UserID, DeviceID: a.DeviceID, Homeserver: a.Homeserver, Flow: a.Flow, API: a.API,
		State: session.SavedStatus(a), Renewable: a.IsRenewable(), Storage: storageOf(a),
	}
	if !a.ExpiresAt.IsZero() {
		account.ExpiresAt = &a.ExpiresAt
	}
	return account
}

func storageOf(a config.Account) string {
	if a.Storage == config.StorageKeyring {
		return config.StorageKeyring
	}
	return config.StorageFile
}

func marked(name, defaultName string) string {
	if name == defaultName {
		return "* " + name
	}
	return "  " + name
}

// stateText is the state for a person.
func stateText(a config.Account) string {
	switch saved := session.SavedStatus(a); {
	case saved == session.StatusPending:
		return "login not finished"
	case saved == session.StatusLoggedOut:
		return "logged out"
	case a.IsRenewable():
		return "logged in, renewable"
	case !a.ExpiresAt.IsZero():
		return "until " + a.ExpiresAt.UTC().Format(time.RFC3339)
	}
	return "logged in"
}

func runAccountsUse(ctx context.Context, r *run, name string) error {
	return r.changeAccount(ctx, name, func(file *config.File, account config.Account) error {
		file.SetDefaultAccount(account.Name)
		return nil
	})
}

func runAccountsRename(ctx context.Context, r *run, name, newName string) error {
	if newName == "" || terminal.Safe(newName) != newName {
		return &choose.UsageError{Message: "the new name is empty, too long or has characters that cannot be shown"}
	}
	return r.changeAccount(ctx, name, func(file *config.File, account config.Account) error {
		err := file.Rename(account.Name, newName)
		if errors.Is(err, config.ErrAccountExists) {
			return &choose.UsageError{Message: fmt.Sprintf("another account is called %s", newName), Err: err}
		}
		return err
	})
}

func runAccountsSet(ctx context.Context, r *run, name, key, value string) error {
	change, err := r.accountChange(ctx, key, value)
	if err != nil {
		return err
	}
	return r.changeAccount(ctx, name, func(file *config.File, account config.Account) error {
		if err := change(&account); err != nil {
			return err
		}
		file.Put(account)
		return nil
	})
}

// accountChange returns what sets key to value, which is shown to be usable first.
func (r *run) accountChange(ctx context.Context, key, value string) (func(*config.Account) error, error) {
	switch key {
	case "ca_file":
		path, err := session.CheckCAFile(config.ExpandHome(value, r.Environment.Lookup))
		return func(a *config.Account) error { a.CAFile = path; return nil }, err
	case "allow_http":
		hosts, err := session.CheckAllowHTTP(value)
		return func(a *config.Account) error { a.AllowHTTP = hosts; return nil }, err
	case "storage":
		if value != config.StorageFile && value != config.StorageKeyring {
			return nil, &choose.UsageError{Message: "the storage of an account is file or keyring"}
		}
		return func(a *config.Account) error { return r.move(ctx, a, value) }, nil
	}
	return nil, &choose.UsageError{Message: "an account has no such key", Hint: "the keys are storage, ca_file and allow_http"}
}

// move changes what keeps the tokens of an account, where that is another.
func (r *run) move(ctx context.Context, account *config.Account, storage string) error {
	if storageOf(*account) == storage {
		return nil
	}
	store, err := r.store()
	if err != nil {
		return err
	}
	if *account, err = store.Unlock(ctx, *account); err != nil {
		return err
	}
	account.SetStorage(storage)
	return nil
}

func runAccountsForget(ctx context.Context, r *run, name string) error {
	var forgotten config.Account
	err := r.changeAccount(ctx, name, func(file *config.File, account config.Account) error {
		forgotten = account
		file.Remove(account.Name)
		return nil
	})
	if err != nil {
		return err
	}
	if r.format == output.JSON {
		return r.print().JSON(logoutResult{Accounts: []string{forgotten.Name}, Server: session.NotAsked})
	}
	words := "Forgot " + forgotten.Name
	if forgotten.HasSession() {
		words += "; its session stays at " + forgotten.Homeserver
	}
	return r.print().Lines(words)
}

// changeAccount changes the config file by what change does with the account that
// is named, as the file has it under the lock.
func (r *run) changeAccount(ctx context.Context, name string, change func(*config.File, config.Account) error) error {
	store, err := r.store()
	if err != nil {
		return err
	}
	return store.Update(ctx, func(file *config.File) error {
		account, err := choose.Named(file, name)
		if err != nil {
			return err
		}
		return change(file, account)
	})
}
