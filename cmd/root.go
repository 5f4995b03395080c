package cmd

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"mxlogin/cmd/choose"
	"mxlogin/config"
)

// NewRoot builds the command tree, for whoever reads it.
func NewRoot(app *App) *cobra.Command { return newRun(app).commandTree() }

func (r *run) commandTree() *cobra.Command {
	root := &cobra.Command{
		Use:   "mxlogin",
		Short: "Get a Matrix access token, and keep it",
		Long: `mxlogin logs in to a Matrix homeserver and keeps the session in a config file.

  Ask a server how you can log in:  mxlogin flows example.org
  Log in with a password:           mxlogin password "@alice:example.org"
  Use the session:                  mxlogin access-token
  Log out:                          mxlogin logout`,
		SilenceErrors: true,
		SilenceUsage:  true,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			r.begin(cmd.Flags())
			if err := cmd.ValidateFlagGroups(); err != nil {
				return &choose.UsageError{Message: err.Error(), Hint: seeHelp(cmd)}
			}
			return nil
		},
	}
	wire := []int{exitOK, exitOther, exitUsage, exitStorage, exitRefused, exitNetwork, exitRateLimited, exitProtocol}
	logins := append(slices.Clone(wire), exitInteraction)
	local := []int{exitOK, exitOther, exitUsage, exitStorage}
	root.AddCommand(
		exits(newFlows(r), exitOK, exitOther, exitUsage, exitStorage, exitNetwork, exitRateLimited, exitProtocol),
		exits(newDiscover(r), exitOK, exitOther, exitUsage, exitStorage, exitNetwork, exitRateLimited),
		exits(newLogin(r), logins...),
		exits(newPassword(r), logins...),
		exits(newToken(r), logins...),
		exits(newSSO(r), logins...),
		exits(newOAuth(r), logins...),
		exits(newJWT(r), logins...),
		exits(newAppService(r), logins...),
		exits(newImport(r), logins...),
		exits(newStatus(r), logins...),
		exits(newWhoami(r), logins...),
		exits(newAPI(r), logins...),
		exits(newAccessToken(r), logins...),
		exits(newRefresh(r), logins...),
		exits(newExec(r), append(slices.Clone(logins), exitCannotRun, exitNotFound)...),
		exits(newMintLoginToken(r), logins...),
		exits(newDevices(r), logins...),
		exits(newAccounts(r), append(slices.Clone(local), exitRefused)...),
		exits(newLogout(r), logins...),
		exits(newConfig(r), local...),
		exits(newVersion(r), exitOK, exitOther, exitUsage),
	)
	addVersionFlag(root, r)
	root.SetUsageFunc(printUsage)
	addGlobalFlags(root.PersistentFlags())
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error { return flagError(cmd, err) })
	addHelp(root)
	addCompletionCommand(root)
	refuseUnknownCommands(root)
	return root
}

// addGlobalFlags adds the flags that every command has.
func addGlobalFlags(flags *pflag.FlagSet) {
	for _, setting := range config.Table() {
		if setting.Global {
			addSettingFlag(flags, setting)
		}
	}
}

// addSettingFlags adds the flags of the settings that have these keys.
func addSettingFlags(flags *pflag.FlagSet, keys ...string) {
	for _, setting := range config.Table() {
		if slices.Contains(keys, setting.Key) {
			addSettingFlag(flags, setting)
		}
	}
}

// addSettingFlag adds the flag of a setting, with what the table says of it.
func addSettingFlag(flags *pflag.FlagSet, s config.Setting) {
	switch s.Kind {
	case config.KindBool:
		flags.BoolP(s.Flag, s.Short, false, s.Meaning)
	case config.KindList:
		flags.VarP(&listFlag{kind: s.ValueName}, s.Flag, s.Short, s.Meaning)
	case config.KindChoice:
		kind, meaning := strings.Join(s.FlagValues(), "|"), s.Meaning
		if s.ValueName != "" {
			kind, meaning = s.ValueName, meaning+": "+strings.Join(s.FlagValues(), ", ")
		}
		flags.VarP(&textFlag{kind: kind, text: s.Default}, s.Flag, s.Short, meaning)
	default:
		flags.VarP(&textFlag{kind: s.ValueName, text: s.Default}, s.Flag, s.Short, s.Meaning)
	}
}

// textFlag holds the text of a flag; config checks it, with the other sources of
// the same setting.
type textFlag struct{ kind, text string }

func (f *textFlag) String() string     { return f.text }
func (f *textFlag) Type() string       { return f.kind }
func (f *textFlag) Set(s string) error { f.text = s; return nil }

// listFlag collects a flag that may be given several times.
type listFlag struct {
	kind  string
	items []string
}

func (f *listFlag) String() string     { return strings.Join(f.items, ",") }
func (f *listFlag) Type() string       { return f.kind }
func (f *listFlag) Set(s string) error { f.items = append(f.items, s); return nil }

// refuseUnknownCommands makes every command that only groups others print its
// help, and fail for a word that is none of them: cobra would end well there, or
// repeat the word.
func refuseUnknownCommands(command *cobra.Command) {
	for _, child := range command.Commands() {
		refuseUnknownCommands(child)
	}
	if command.HasParent() && command.Parent().Name() == "completion" {
		command.Args = exactly(0, "")
	}
	if !command.HasSubCommands() || command.Name() == "help" {
		return
	}
	command.SuggestionsMinimumDistance = 2
	command.Args = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return nil
		}
		return unknownCommand(cmd, args[0])
	}
	if command.RunE == nil {
		command.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
	}
}

// unknownCommand does not repeat the word, which may be a secret.
func unknownCommand(parent *cobra.Command, word string) error {
	err := &choose.UsageError{Message: fmt.Sprintf("unknown command for %q", parent.CommandPath()), Hint: seeHelp(parent)}
	if ours := otherWords()[word]; ours != "" && !parent.HasParent() {
		err.Hint = fmt.Sprintf("did you mean %q?", parent.CommandPath()+" "+ours)
	} else if near := parent.SuggestionsFor(word); len(near) > 0 {
		err.Hint = fmt.Sprintf("did you mean %q?", parent.CommandPath()+" "+near[0])
	}
	return err
}

// otherWords are commands of other programs, and ours that do the same.
func otherWords() map[string]string {
	return map[string]string{
		"list": "accounts", "ls": "accounts", "profiles": "accounts", "auth": "login", "signin": "login",
		"rm": "accounts forget", "remove": "accounts forget", "delete": "accounts forget", "forget": "accounts forget",
		"switch": "accounts use", "use": "accounts use", "rename": "accounts rename",
		"signout": "logout", "renew": "refresh", "run": "exec", "get": "config get", "set": "config set",
		"print-token": "access-token", "get-token": "access-token", "device": "devices", "settings": "config list",
	}
}

// flagError makes a usage error of what the flag parser says, without the value
// that was given: people try --password=hunter2 and -phunter2.
func flagError(cmd *cobra.Command, err error) error {
	usage := &choose.UsageError{Message: err.Error(), Hint: seeHelp(cmd)}
	var unknown *pflag.NotExistError
	var invalid *pflag.InvalidValueError
	var malformed *pflag.InvalidSyntaxError
	switch {
	case errors.As(err, &unknown):
		usage.Message = unknownFlag(unknown)
		if isSecretName(unknown.GetSpecifiedName()) {
			usage.Hint = "no flag takes a secret; use --password-stdin, --password-file or --password-command, or answer the prompt"
		} else if unknown.GetSpecifiedName() == "json" {
			usage.Hint = "did you mean --output json?"
		} else if near := nearestFlag(cmd, unknown.GetSpecifiedName()); near != "" {
			usage.Hint = fmt.Sprintf("did you mean --%s?", near)
		}
	case errors.As(err, &invalid):
		usage.Message = fmt.Sprintf("--%s does not take this value", invalid.GetFlag().Name)
	case errors.As(err, &malformed):
		usage.Message = "a flag is malformed"
	}
	return usage
}

// unknownFlag names a flag that could be one: of --password:hunter2 that is
// --password, and --hunter2 is none.
func unknownFlag(e *pflag.NotExistError) string {
	name := e.GetSpecifiedName()
	if e.GetSpecifiedShortnames() != "" {
		return "unknown flag: -" + name // one letter
	}
	rest := strings.TrimLeft(name, "abcdefghijklmnopqrstuvwxyz-_")
	next, _ := utf8.DecodeRuneInString(rest)
	if rest == name || unicode.IsLetter(next) || unicode.IsDigit(next) {
		return "unknown flag"
	}
	return "unknown flag: --" + strings.TrimSuffix(name, rest)
}

// isSecretName reports whether somebody who tries this flag wants to give a
// secret by it.
func isSecretName(flag string) bool {
	return strings.Contains(flag, "password") || strings.Contains(flag, "token") || flag == "p"
}

// nearestFlag returns the flag of the command that was most likely meant.
func nearestFlag(cmd *cobra.Command, given string) string {
	var known []string
	cmd.Flags().VisitAll(func(flag *pflag.Flag) { known = append(known, flag.Name) })
	return config.Nearest(given, known)
}

func seeHelp(cmd *cobra.Command) string { return fmt.Sprintf("see %q", cmd.CommandPath()+" --help") }
