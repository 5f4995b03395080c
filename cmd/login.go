package cmd

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"mxlogin/client"
	"mxlogin/cmd/session"
)

type loginCommandOptions struct {
	loginOptions
	target   string
	password secretSource
}

func newLogin(app *App) *cobra.Command {
	o := &loginCommandOptions{password: newSecretSource(envPassword)}
	cmd := &cobra.Command{
		Use:   "login [TARGET]",
		Short: "Log in by the best way that the server offers",
		Long: `Ask the homeserver how one may log in, choose the best way that can be gone from
here, say which and why, and log in.

TARGET is a user ID, a server name or a URL. A password can be given as for
mxlogin password, a login token by MXLOGIN_LOGIN_TOKEN.`,
		Example: `  mxlogin login '@alice:example.org'
  mxlogin login example.org`,
		Args: atMostOne("TARGET"),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.target = argument(args)
			return runLogin(cmd.Context(), app, o)
		},
	}
	o.addFlags(cmd.Flags())
	o.password.addFlags(cmd.Flags())
	return cmd
}

func runLogin(ctx context.Context, app *App, o *loginCommandOptions) error {
	if err := o.password.check(); err != nil {
		return err
	}
	named, err := app.parseOptionalTarget(o.target)
	if err != nil {
		return err
	}
	who, err := app.whoLogsIn(named)
	if err != nil {
		return err
	}
	login, err := app.prepareLogin(ctx, o.loginOptions, "", who, named)
	if err != nil {
		return err
	}
	if done, err := login.reuse(ctx); done || err != nil {
		return err
	}
	if err := login.chooseFlow(ctx, o.password.isGiven()); err != nil {
		return err
	}
	if err := login.checkFlow(ctx); err != nil {
		return err
	}
	if login.flow == client.FlowToken {
		return login.byToken(ctx, new(newSecretSource(envLoginToken)))
	}
	if err := login.askWho(ctx); err != nil {
		return err
	}
	return login.byPassword(ctx, client.User(login.who.String()), &o.password)
}

// whoLogsIn returns the user of the target, or, where neither a target nor a
// homeserver is named, that of the account that commands use.
func (a *App) whoLogsIn(named target) (session.Asked, error) {
	settings, err := a.Settings()
	if err != nil || !named.isZero() || settings.Homeserver != "" {
		return session.Asked{User: named.user}, err
	}
	file, err := a.File()
	if err != nil {
		return session.Asked{}, err
	}
	account, err := session.Select(file, settings.Account)
	var none *session.NoSessionError
	if errors.As(err, &none) {
		return session.Asked{}, nil
	}
	if err != nil {
		return session.Asked{}, err
	}
	return a.parseUser(account.UserID)
}

// chooseFlow takes the first of the flows, best first, that the homeserver offers
// and that can be gone from here, and says so.
func (l *loginRun) chooseFlow(ctx context.Context, passwordGiven bool) error {
	flows, err := l.askFlows(ctx)
	if err != nil && !errors.Is(err, client.ErrNoLoginAPI) {
		return err
	}
	_, hasToken := l.app.Environment.Secret(envLoginToken)
	_, takesToken := flows.Find(client.FlowToken)
	_, takesPassword := flows.Find(client.FlowPassword)
	why := ""
	switch {
	case hasToken && takesToken && !passwordGiven:
		l.flow, why = client.FlowToken, envLoginToken+" is set"
	case takesPassword:
		l.flow, why = client.FlowPassword, "the server offers it"
	default:
		l.flow = "a login that mxlogin can do"
		return l.notOffered(ctx, flows.List)
	}
	l.app.Reporter().Notice("flow_chosen", fmt.Sprintf("logging in by %s: %s; for other ways see mxlogin flows %s", l.flow, why, l.base),
		map[string]any{"flow": l.flow, "reason": why})
	return nil
}

// askWho asks for the user where the target named none.
func (l *loginRun) askWho(ctx context.Context) error {
	if l.who.String() != "" {
		return nil
	}
	needed := &InteractionError{Needed: "a user", Hint: "write mxlogin login @user:server"}
	answer, err := l.app.ask(ctx, needed, fmt.Sprintf("User at %s: ", l.base))
	if err != nil {
		return err
	}
	if l.who, err = l.app.parseUser(answer); err != nil {
		return err
	}
	return l.findSaved()
}
