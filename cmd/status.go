package cmd

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"mxlogin/cmd/choose"
	"mxlogin/cmd/output"
	"mxlogin/cmd/session"
	"mxlogin/config"
)

func newStatus(r *run) *cobra.Command {
	return &cobra.Command{
		Use:   "status [ACCOUNT]",
		Short: "Ask the servers whether the saved sessions are good",
		Long: `Ask the servers of all saved accounts, several at a time, whether their sessions
are good, and say what to do about each that is not. Nothing is renewed or
changed; --timeout bounds each request.

The exit code is 4 if a session has ended or its server does not let it in, else
5 if a server could not be reached, else 3 if the keyring does not give out a
token.`,
		Example: `  mxlogin status
  mxlogin status work
  mxlogin status -o json`,
		Args: atMostOne("ACCOUNT"),
		RunE: r.tokenless(func(ctx context.Context, args []string) error {
			return runStatus(ctx, r, argument(args))
		}),
	}
}

// atOnce is how many servers are asked at a time.
const atOnce = 8

// checkedAccount is an account and what its server says of its session.
type checkedAccount struct {
	account config.Account
	status  session.Status
	err     error // why it is not logged in
}

func runStatus(ctx context.Context, r *run, name string) error {
	accounts, err := r.accountsInView(ctx, name)
	if err != nil {
		return err
	}
	checked, err := r.checkAll(ctx, accounts)
	if err != nil {
		return err
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err := r.printStatus(checked); err != nil {
		return err
	}
	return statusError(checked, name != "" || r.settings.Account != "")
}

// accountsInView are the account that is named, or all, or all at the homeserver that is
// named.
func (r *run) accountsInView(ctx context.Context, name string) ([]config.Account, error) {
	if name != "" || r.settings.Account != "" {
		account, err := r.account(ctx, name)
		return []config.Account{account}, err
	}
	return choose.InView(r.settings, r.file, r.reporter.Warning)
}

// checkAll asks the server of each account, some at a time.
func (r *run) checkAll(ctx context.Context, accounts []config.Account) ([]checkedAccount, error) {
	if len(accounts) == 0 {
		return nil, nil
	}
	keeper, err := r.saving()
	if err != nil {
		return nil, err
	}
	checked := make([]checkedAccount, len(accounts))
	free := make(chan struct{}, atOnce)
	var wg sync.WaitGroup
	for i, account := range accounts {
		free <- struct{}{}
		wg.Go(func() {
			defer func() { <-free }()
			status, err := keeper.Status(ctx, account)
			checked[i] = checkedAccount{account, status, err}
		})
	}
	wg.Wait()
	return checked, nil
}

func (r *run) printStatus(checked []checkedAccount) error {
	list := accountList{Default: r.file.DefaultAccount(), Accounts: []listedAccount{}}
	rows := make([][]string, len(checked))
	var remedies []string
	for i, c := range checked {
		shown := listed(c.account)
		shown.State = c.status
		list.Accounts = append(list.Accounts, shown)
		rows[i] = []string{marked(c.account.Name, list.Default), c.account.UserID, c.account.Homeserver, c.words(r.Now())}
		if remedy := c.remedy(); remedy != "" {
			remedies = append(remedies, c.account.Name+": "+remedy)
		}
	}
	switch {
	case r.format == output.JSON:
		return r.print().JSON(list)
	case len(rows) == 0:
		return r.print().Lines("No account is saved.")
	}
	if err := r.print().Table([]string{"ACCOUNT", "USER ID", "HOMESERVER", "SESSION"}, rows); err != nil || len(remedies) == 0 {
		return err
	}
	return r.print().Lines(append([]string{""}, remedies...)...)
}

// words are the status for a person.
func (c checkedAccount) words(now time.Time) string {
	switch c.status {
	case session.StatusLoggedIn:
		return "good" + c.end(now)
	case session.StatusLoggedOut:
		return "logged out"
	case session.StatusPending:
		return "login not finished"
	case session.StatusEnded:
		return "ended"
	case session.StatusRefused:
		return "refused"
	case session.StatusLocked:
		return "keyring locked"
	}
	return "not reachable"
}

// end is when a good session ends, or that it does not.
func (c checkedAccount) end(now time.Time) string {
	switch left := c.account.ExpiresAt.Sub(now); {
	case c.account.IsRenewable():
		return ", renewable"
	case c.account.ExpiresAt.IsZero():
		return ""
	case left < 0:
		return ", though its time is over"
	case left < 2*time.Hour:
		return fmt.Sprintf(", ends in %d min", int(left.Minutes()))
	case left < 48*time.Hour:
		return fmt.Sprintf(", ends in %d h", int(left.Hours()))
	default:
		return fmt.Sprintf(", ends in %d d", int(left.Hours()/24))
	}
}

// remedy says what is wrong and what to do about it.
func (c checkedAccount) remedy() string {
	if c.err == nil {
		return ""
	}
	failure := explain(c.err)
	hint, _, _ := strings.Cut(failure.Hint, "\n")
	switch {
	case c.status == session.StatusLoggedOut || c.status == session.StatusPending:
		return hint
	case hint == "":
		return failure.Message
	}
	return failure.Message + "; " + hint
}

// statusError is the first session that is not good, the worst first. One that is logged
// out is an error where it was asked for.
func statusError(checked []checkedAccount, named bool) error {
	for _, bad := range []func(session.Status) bool{
		func(s session.Status) bool { return s == session.StatusEnded || s == session.StatusRefused },
		func(s session.Status) bool { return s == session.StatusUnreachable },
		func(s session.Status) bool { return s == session.StatusLocked },
		func(s session.Status) bool { return named && s != session.StatusLoggedIn },
	} {
		for _, c := range checked {
			if bad(c.status) {
				return c.err
			}
		}
	}
	return nil
}
