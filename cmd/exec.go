package cmd

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"mxlogin/client"
	"mxlogin/cmd/session"
	"mxlogin/config"
)

type execOptions struct {
	loginOptions
	account   string
	command   []string
	ephemeral string
	password  secretSource
}

func newExec(app *App) *cobra.Command {
	o := &execOptions{password: newSecretSource(envPassword)}
	cmd := &cobra.Command{
		Use:   "exec [flags] [ACCOUNT] -- COMMAND [ARG...]",
		Short: "Run a command with a session in its environment",
		Long: `Run a command with MATRIX_HOMESERVER, MATRIX_USER_ID, MATRIX_DEVICE_ID and
MATRIX_ACCESS_TOKEN set, and end with its exit code: 127 if it is not found, 126
if it cannot be run, 128+N if signal N ended it. Signals are passed on.

With --ephemeral a session is made for this one command, by password: it is
saved nowhere and logged out when the command ends, also after a signal.`,
		Example: `  mxlogin exec -- ./send-report.sh
  mxlogin exec --ephemeral '@bot:example.org' --password-file /run/secrets/bot -- ./nightly.sh`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.splitArguments(cmd, args); err != nil {
				return err
			}
			return runExec(cmd.Context(), app, o)
		},
	}
	flags := cmd.Flags()
	cmd.DisableFlagsInUseLine = true
	cmd.ValidArgsFunction = func(cmd *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveDefault // the command and its files
		}
		return app.completeAccounts(cmd, args, typed)
	}
	flags.StringVar(&o.ephemeral, "ephemeral", "", "log in as this `user` for the one command")
	flags.StringVar(&o.deviceID, "device-id", "", "device `ID` to use with --ephemeral")
	flags.BoolVar(&o.skipFlows, "skip-flows", false, "with --ephemeral, do not ask the server how one may log in")
	o.password.addFlags(flags)
	addSettingFlags(flags, "device_name", "login_timeout")
	return cmd
}

func (o *execOptions) splitArguments(cmd *cobra.Command, args []string) error {
	dash := cmd.ArgsLenAtDash()
	if dash < 0 || dash > 1 || dash == len(args) {
		return &UsageError{Message: "write mxlogin exec [ACCOUNT] -- COMMAND [ARG...]", Hint: seeHelp(cmd)}
	}
	o.account, o.command = argument(args[:dash]), args[dash:]
	if o.account != "" && o.ephemeral != "" {
		return &UsageError{Message: "ACCOUNT and --ephemeral exclude each other", Hint: "give one of them"}
	}
	return o.password.check()
}

func runExec(ctx context.Context, app *App, o *execOptions) error {
	program, err := findProgram(o.command[0])
	if err != nil {
		return err
	}
	if o.ephemeral != "" {
		return app.execEphemeral(ctx, o, program)
	}
	opened, err := app.open(ctx, o.account)
	if err != nil {
		return err
	}
	account := opened.Account
	if account.Name == "" { // of the environment, which does not say whose it is
		who, err := opened.WhoAmI(ctx)
		if err != nil {
			return err
		}
		account.UserID, account.DeviceID = who.UserID.String(), who.DeviceID
	}
	return app.runChild(ctx, program, o.command, account)
}

// execEphemeral logs in, runs the command and logs out, whatever happens in
// between. An interruption waits for the answer of a login that was sent: a
// session can only be ended by its token.
func (a *App) execEphemeral(ctx context.Context, o *execOptions, program string) error {
	login, err := a.logInForOne(ctx, o)
	if err != nil {
		return err
	}
	defer login.endEphemeral(ctx)
	return a.runChild(ctx, program, o.command, login.result.Account)
}

// ephemeralLogin is a session that ends with this run.
type ephemeralLogin struct {
	*loginRun
	result session.Result
}

func (a *App) logInForOne(ctx context.Context, o *execOptions) (*ephemeralLogin, error) {
	who, err := a.parseUser(o.ephemeral)
	if err != nil {
		return nil, err
	}
	login, err := a.prepareEphemeral(ctx, o.loginOptions, client.FlowPassword, who)
	if err != nil {
		return nil, err
	}
	if err := login.checkFlow(ctx); err != nil {
		return nil, err
	}
	password, err := a.readSecret(ctx, &o.password, fmt.Sprintf("Password of %s for %s: ", who, login.origin()))
	if err != nil {
		return nil, err
	}
	defer password.Wipe()
	lingering, stop := linger(ctx)
	defer stop()
	result, err := login.login(lingering, func(c *client.Client, options client.LoginOptions) (client.Session, error) {
		return c.LoginPassword(lingering, client.User(who.String()), login.bind(password), options)
	})
	if err != nil {
		return nil, err
	}
	return &ephemeralLogin{login, result}, nil
}

// endEphemeral logs out. It is tried once; a device that is left is told of.
func (l *ephemeralLogin) endEphemeral(ctx context.Context) {
	if err := l.keeper.LogOut(ctx, l.result); err != nil {
		l.app.Reporter().Warning("not_logged_out", fmt.Sprintf("the session, device %s, could not be logged out: %s",
			l.result.Account.DeviceID, explain(err).Message))
	}
}

// lingerTime is how long a login that was sent is waited for after a signal.
const lingerTime = 5 * time.Second

// linger returns a context that ends a while after ctx does.
func linger(ctx context.Context) (lingering context.Context, stop func()) {
	lingering, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	unhook := context.AfterFunc(ctx, func() {
		time.AfterFunc(lingerTime, func() { cancel(context.Cause(ctx)) })
	})
	return lingering, func() {
		unhook()
		cancel(nil)
	}
}

// sessionVariables are what a command finds its session by.
func sessionVariables(account config.Account) []string {
	return []string{
		"MATRIX_HOMESERVER=" + account.Homeserver,
		"MATRIX_USER_ID=" + account.UserID,
		"MATRIX_DEVICE_ID=" + account.DeviceID,
		"MATRIX_ACCESS_TOKEN=" + account.AccessToken.Reveal(),
	}
}
