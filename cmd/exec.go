package cmd

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"mxlogin/cmd/choose"
	"mxlogin/cmd/login"
	"mxlogin/cmd/session"
	"mxlogin/config"
)

type execOptions struct {
	loginFlags
	account   string
	command   []string
	ephemeral string
	password  secretFlags
}

func newExec(r *run) *cobra.Command {
	o := &execOptions{password: newSecretFlags(envPassword)}
	cmd := &cobra.Command{
		Use:   "exec [flags] [ACCOUNT] -- COMMAND [ARG...]",
		Short: "Run a command with a session in its environment",
		Long: `Run a command with MATRIX_HOMESERVER, MATRIX_USER_ID, MATRIX_DEVICE_ID and
MATRIX_ACCESS_TOKEN set, and exit with its exit code: 127 if it is not found,
126 if it cannot be run, 128+N if signal N ended it. Signals are passed on.

With --ephemeral, log in with a password for this one command: the session is
saved nowhere, and logged out when the command ends, even by a signal.`,
		Example: `  mxlogin exec -- ./send-report.sh
  mxlogin exec --ephemeral "@bot:example.org" --password-file pw -- ./nightly.sh`,
		Args: o.splitArguments,
		RunE: r.command(func(ctx context.Context, _ []string) error { return runExec(ctx, r, o) }),
	}
	flags := cmd.Flags()
	cmd.DisableFlagsInUseLine = true
	cmd.ValidArgsFunction = func(cmd *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveDefault // the command and its files
		}
		return r.completeAccounts(cmd, args, typed)
	}
	flags.StringVar(&o.ephemeral, "ephemeral", "", "log in as this `user` for the one command")
	flags.StringVar(&o.deviceID, "device-id", "", "device `ID` to use with --ephemeral")
	flags.BoolVar(&o.skipFlows, "skip-flows", false, "with --ephemeral, do not ask the server which flows it offers")
	o.password.addFlags(flags)
	addSettingFlags(flags, "device_name", "login_timeout")
	return cmd
}

func (o *execOptions) splitArguments(cmd *cobra.Command, args []string) error {
	dash := cmd.ArgsLenAtDash()
	if dash < 0 || dash > 1 || dash == len(args) {
		return &choose.UsageError{Message: "write mxlogin exec [ACCOUNT] -- COMMAND [ARG...]", Hint: seeHelp(cmd)}
	}
	o.account, o.command = argument(args[:dash]), args[dash:]
	if o.account != "" && o.ephemeral != "" {
		return &choose.UsageError{Message: "ACCOUNT and --ephemeral cannot be used together", Hint: "use one of them"}
	}
	return o.password.check()
}

func runExec(ctx context.Context, r *run, o *execOptions) error {
	program, err := findProgram(o.command[0])
	if err != nil {
		return err
	}
	if o.ephemeral != "" {
		return r.execEphemeral(ctx, o, program)
	}
	opened, err := r.open(ctx, o.account)
	if err != nil {
		return err
	}
	account, err := identified(ctx, opened)
	if err != nil {
		return err
	}
	return r.runChild(ctx, program, o.command, r.childEnvironment(account))
}

// execEphemeral logs in, runs the command and logs out, whatever happens in
// between.
func (r *run) execEphemeral(ctx context.Context, o *execOptions, program string) error {
	result, err := r.logInForOne(ctx, o)
	if err != nil {
		return err
	}
	defer r.endEphemeral(ctx, result.Account)
	return r.runChild(ctx, program, o.command, r.childEnvironment(result.Account))
}

// logInForOne makes a session that nobody keeps or sees.
func (r *run) logInForOne(ctx context.Context, o *execOptions) (session.Result, error) {
	if err := checkDeviceID(o.deviceID); err != nil {
		return session.Result{}, err
	}
	who, err := choose.ParseUser(o.ephemeral, r.reporter.Warning)
	if err != nil {
		return session.Result{}, err
	}
	request := o.request(r, login.Request{
		Target: choose.Target{User: who.User},
		By:     login.Password{Source: o.password.source(r.Environment)},
	})
	request.Who, request.Keeper, request.Ephemeral = who, r.keeper, true
	return login.Login(ctx, request)
}

// endEphemeral logs out, also when the run was interrupted. It is tried once; a
// device that is left is told of.
func (r *run) endEphemeral(ctx context.Context, account config.Account) {
	ctx, cancel := session.Lasting(ctx)
	defer cancel()
	if _, err := r.keeper.End(ctx, account); err != nil {
		r.reporter.Warning("not_logged_out", fmt.Sprintf("the session, device %s, could not be logged out: %s",
			account.DeviceID, explain(err).Message))
	}
}

// childEnvironment is what a command finds its session by, and what a mxlogin inside
// it does: a saved session by its name, another by its token and its homeserver, and
// by how that may be reached.
func (r *run) childEnvironment(account config.Account) []string {
	environ := slices.DeleteFunc(r.Environment.ForChildren(), func(entry string) bool {
		return strings.HasPrefix(entry, "MXLOGIN_ACCOUNT=") || strings.HasPrefix(entry, "MXLOGIN_HOMESERVER=")
	})
	environ = append(environ,
		"MATRIX_HOMESERVER="+account.Homeserver,
		"MATRIX_USER_ID="+account.UserID,
		"MATRIX_DEVICE_ID="+account.DeviceID,
		"MATRIX_ACCESS_TOKEN="+account.AccessToken.Reveal(),
	)
	if path, named := r.namedConfig(); named {
		environ = append(environ, "MXLOGIN_CONFIG="+path)
	}
	if account.Name != "" {
		return append(environ, "MXLOGIN_ACCOUNT="+account.Name)
	}
	if r.settings.CAFile != "" {
		environ = append(environ, "MXLOGIN_CA_FILE="+r.settings.CAFile)
	}
	if len(r.settings.AllowHTTP) > 0 {
		environ = append(environ, "MXLOGIN_ALLOW_HTTP="+strings.Join(r.settings.AllowHTTP, ","))
	}
	return append(environ,
		"MXLOGIN_HOMESERVER="+account.Homeserver,
		envAccessToken+"="+account.AccessToken.Reveal(),
	)
}
