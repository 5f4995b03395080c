package cmd

import (
	"context"
	"errors"
	"strings"

	"github.com/spf13/cobra"

	"mxlogin/client"
	"mxlogin/cmd/choose"
	"mxlogin/cmd/login"
)

type loginOptions struct {
	loginFlags
	target   string
	password secretFlags
}

func newLogin(r *run) *cobra.Command {
	o := &loginOptions{password: newSecretFlags(envPassword)}
	cmd := &cobra.Command{
		Use:   "login [TARGET]",
		Short: "Log in with the best flow that the server offers",
		Long: `Ask the homeserver how you can log in, choose the best way that works from here,
say which and why, and log in. A saved session that is still good is kept;
--new-device makes another.

TARGET is a user ID, a server name or a URL; with --homeserver a user name is
enough. A password comes from the same sources as for mxlogin password, a login
token from MXLOGIN_LOGIN_TOKEN.`,
		Example: `  mxlogin login "@alice:example.org"
  mxlogin login example.org`,
		Args: atMostOne("TARGET"),
		RunE: r.command(func(ctx context.Context, args []string) error {
			o.target = argument(args)
			return runLogin(ctx, r, o)
		}),
	}
	o.addFlags(cmd.Flags())
	o.password.addFlags(cmd.Flags())
	return cmd
}

func runLogin(ctx context.Context, r *run, o *loginOptions) error {
	if err := o.password.check(); err != nil {
		return err
	}
	target, who, err := r.loginTarget(o.target)
	if err != nil {
		return err
	}
	o.ifNeeded = o.ifNeeded || !o.newDevice && o.deviceID == "" && !o.renewable && !o.password.isGiven()
	request := login.Request{Target: target, Choose: o.chooser(r)}
	if request.Who = who; who.IsZero() {
		if request.Who, err = r.whoLogsIn(ctx, target); err != nil {
			return err
		}
	}
	return r.logIn(ctx, &o.loginFlags, request)
}

// loginTarget reads TARGET. Where the homeserver is named otherwise a bare word is a user
// there, as for mxlogin password.
func (r *run) loginTarget(text string) (choose.Target, choose.Who, error) {
	if r.settings.Homeserver == "" || strings.ContainsAny(text, "@.:[") || text == "" || text == "localhost" {
		target, err := choose.ParseTarget(text, r.reporter.Warning)
		return target, choose.Who{}, err
	}
	who, err := choose.ParseUser(text, r.reporter.Warning)
	return choose.Target{}, who, err
}

// whoLogsIn returns the user of the target, or, where neither a target nor a
// homeserver is named, that of the account that commands use.
func (r *run) whoLogsIn(ctx context.Context, target choose.Target) (choose.Who, error) {
	if !target.IsZero() || r.settings.Homeserver != "" {
		return choose.Who{User: target.User}, nil
	}
	account, err := r.account(ctx, "")
	var none *choose.NoSessionError
	if errors.As(err, &none) {
		return choose.Who{}, nil
	}
	if err != nil {
		return choose.Who{}, err
	}
	return choose.ParseUser(account.UserID, r.reporter.Warning)
}

// chooser takes the best flow for what this run has to log in with.
func (o *loginOptions) chooser(r *run) func(login.Offer) (login.Flow, string, error) {
	token := newSecretFlags(envLoginToken)
	can := login.Can{Terminal: r.person.CanBeAsked(), Browser: r.person.CanBrowse()}
	if o.password.isGiven() {
		can.Password = "a source of the password"
	}
	if _, ok := r.Environment.Secret(envPassword); ok && can.Password == "" {
		can.Password = envPassword
	}
	if _, ok := r.Environment.Secret(envLoginToken); ok {
		can.LoginToken = envLoginToken
	}
	return func(offer login.Offer) (login.Flow, string, error) {
		kind, why, ok := login.Best(offer, can)
		switch {
		case !ok && offer.OAuthErr != nil && offer.IsOAuthOnly():
			return nil, "", offer.OAuthErr
		case !ok:
			wanted := "a login that mxlogin can do"
			if can.Password != "" {
				wanted = client.FlowPassword
			}
			return nil, "", &login.NotOfferedError{Wanted: wanted, Offer: offer}
		case kind.Type == client.FlowToken:
			return login.Token{Source: token.source(r.Environment)}, why, nil
		case kind.Type == client.FlowSSO:
			return login.SSO{}, why, nil
		case kind.Type == login.FlowOAuth:
			return r.byOAuth(false), why, o.checkOAuth()
		}
		return login.Password{Source: o.password.source(r.Environment)}, why, nil
	}
}
