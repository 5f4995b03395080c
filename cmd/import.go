package cmd

import (
	"context"

	"github.com/spf13/cobra"

	"mxlogin/cmd/choose"
	"mxlogin/cmd/login"
	"mxlogin/cmd/terminal"
)

type importOptions struct {
	target    string
	token     secretFlags
	showToken bool
	anyUser   bool
}

func newImport(r *run) *cobra.Command {
	o := &importOptions{token: newSecretFlags(envAccessToken)}
	cmd := &cobra.Command{
		Use:   "import [TARGET]",
		Short: "Save a session that another program has made",
		Long: `Ask the homeserver who an existing access token belongs to, and save it as an
account.

TARGET is a user ID, a server name or a URL. With a user ID, a token of another
user is refused. The token is asked for on the terminal, or comes from
--access-token-stdin, --access-token-file, --access-token-command or
MXLOGIN_ACCESS_TOKEN. A file may be the credentials.json of matrix-commander or
another client, the answer to a login, or the synadm.yaml of synadm: its
homeserver is used where none is named, and its token goes nowhere else.`,
		Example: `  mxlogin import "@bot:example.org" --access-token-file token.txt
  mxlogin import https://matrix.example.org --account bot
  mxlogin import --access-token-file credentials.json`,
		Args: atMostOne("TARGET"),
		RunE: r.command(func(ctx context.Context, args []string) error {
			o.target = argument(args)
			return runImport(ctx, r, o)
		}),
	}
	o.token.addFlags(cmd.Flags())
	cmd.Flags().BoolVar(&o.anyUser, "allow-other-user", false, "save the session even if it belongs to another user")
	addShowToken(cmd.Flags(), &o.showToken)
	addSettingFlags(cmd.Flags(), "login_timeout")
	return cmd
}

func runImport(ctx context.Context, r *run, o *importOptions) error {
	if err := o.token.check(); err != nil {
		return err
	}
	if r.settings.Storage == storageNone {
		return &choose.UsageError{Message: "import saves a session, and the setting storage is none", Hint: "set MXLOGIN_STORAGE=file for this run"}
	}
	target, err := choose.ParseTarget(o.target, r.reporter.Warning)
	if err != nil {
		return err
	}
	flow := login.Import{Source: o.token.source(r.Environment)}
	who := choose.Who{User: target.User}
	if flow.Source.IsNamed() && (!flow.Source.Stdin || !terminal.IsTerminal(r.Stdin)) {
		found, err := r.readCredentials(ctx, flow.Source)
		if err != nil {
			return err
		}
		flow.Token, flow.At = found.token, found.at.Base
		if target.IsZero() && !r.isGiven("homeserver") {
			target = found.at
		}
		if who.IsZero() {
			who = found.who
		}
	}
	request := login.Request{Target: target, By: flow}
	request.Who = who
	return r.logIn(ctx, &loginFlags{showToken: o.showToken, allowOtherUser: o.anyUser}, request)
}
