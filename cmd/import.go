package cmd

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"mxlogin/client"
	"mxlogin/cmd/session"
	"mxlogin/config"
)

type importOptions struct {
	target    string
	token     secretSource
	showToken bool
	anyUser   bool
}

// flowImport stands where a session has the flow that made it: of an imported
// one nobody knows.
const flowImport = "import"

func newImport(app *App) *cobra.Command {
	o := &importOptions{token: newSecretSource(envAccessToken)}
	cmd := &cobra.Command{
		Use:   "import [TARGET]",
		Short: "Save a session that another program has made",
		Long: `Ask the homeserver who an existing access token belongs to, and save it as an
account.

TARGET is a user ID, a server name or a URL. With a user ID, a token of another
user is refused. The token is asked for on the terminal, or comes from
--access-token-stdin, --access-token-file, --access-token-command or
MXLOGIN_ACCESS_TOKEN.`,
		Example: `  mxlogin import '@bot:example.org' --access-token-file token.txt
  mxlogin import https://matrix.example.org --account bot`,
		Args: atMostOne("TARGET"),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.target = argument(args)
			return runImport(cmd.Context(), app, o)
		},
	}
	o.token.addFlags(cmd.Flags())
	cmd.Flags().BoolVar(&o.anyUser, "allow-other-user", false, "save the session of another user than was named")
	addShowToken(cmd.Flags(), &o.showToken)
	addSettingFlags(cmd.Flags(), "login_timeout")
	return cmd
}

func runImport(ctx context.Context, app *App, o *importOptions) error {
	if err := o.token.check(); err != nil {
		return err
	}
	named, err := app.parseOptionalTarget(o.target)
	if err != nil {
		return err
	}
	settings, err := app.Settings()
	if err != nil {
		return err
	}
	if settings.Storage == storageNone {
		return &UsageError{Message: "import saves a session, and the setting storage is none", Hint: "set MXLOGIN_STORAGE=file for this run"}
	}
	options := loginOptions{showToken: o.showToken}
	login, err := app.prepareLogin(ctx, options, flowImport, session.Asked{User: named.user}, named)
	if err != nil {
		return err
	}
	if err := login.findPrefix(ctx); err != nil {
		return err
	}
	token, err := app.readSecret(ctx, &o.token, fmt.Sprintf("Access token for %s: ", login.origin()))
	if err != nil {
		return err
	}
	result, err := login.keeper.Adopt(ctx, session.Login{
		Asked: login.who, Flow: flowImport, API: config.APILegacy, Base: login.base, Prefix: string(login.prefix),
		Account: settings.Account, Saved: login.saved, AllowOtherUser: o.anyUser,
		CAFile: login.link.caFile, AllowHTTP: login.link.allowHTTP,
	}, token)
	if err != nil {
		return err
	}
	return login.print(result)
}

// findPrefix asks without a secret which paths the homeserver has. One that has no
// login API of the legacy kind has the usual ones.
func (l *loginRun) findPrefix(ctx context.Context) error {
	flows, err := l.askFlows(ctx)
	if errors.Is(err, client.ErrNoLoginAPI) {
		return nil
	}
	if flows.Prefix != client.V3 {
		l.prefix = flows.Prefix
	}
	return err
}
