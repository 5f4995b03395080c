package cmd

import (
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"mxlogin/cmd/terminal"
	"mxlogin/config"
)

// Completion runs mxlogin at every press of a key: it reads the config file, once,
// and takes no lock, prompts for nothing and asks no server. What goes wrong ends
// in no suggestions.

// isCompletion reports whether a shell asks for suggestions.
func isCompletion(args []string) bool {
	return len(args) > 0 && (args[0] == cobra.ShellCompRequestCmd || args[0] == cobra.ShellCompNoDescRequestCmd)
}

// addCompletions tells the shell what may stand for the arguments and flags.
func addCompletions(app *App, root *cobra.Command) {
	for _, command := range allCommands(root) {
		if command.ValidArgsFunction == nil && command.HasParent() {
			command.ValidArgsFunction = app.completeArguments
		}
		command.LocalFlags().VisitAll(func(flag *pflag.Flag) {
			if complete := app.flagCompletion(flag); complete != nil {
				_ = command.RegisterFlagCompletionFunc(flag.Name, complete)
			}
		})
	}
}

// flagCompletion returns what completes the value of a flag, nil where it is a
// file or a command: those the shell completes. It goes by what usage calls the
// value.
func (a *App) flagCompletion(flag *pflag.Flag) cobra.CompletionFunc {
	if choices := choicesOf(flag); len(choices) > 0 {
		return cobra.FixedCompletions(choices, cobra.ShellCompDirectiveNoFileComp)
	}
	valueName, _ := pflag.UnquoteUsage(flag)
	switch {
	case flag.Name == "account":
		return a.completeAccounts
	case valueName == "user":
		return a.completeUsers
	case valueName == "file", valueName == "command":
		return nil
	}
	return cobra.NoFileCompletions
}

// choicesOf returns what a flag that is a setting may be set to, where those are
// fixed words.
func choicesOf(flag *pflag.Flag) []cobra.Completion {
	for _, setting := range config.Table() {
		if setting.Flag == flag.Name {
			return setting.FlagValues()
		}
	}
	return nil
}

func allCommands(root *cobra.Command) []*cobra.Command {
	all := []*cobra.Command{root}
	for _, command := range root.Commands() {
		all = append(all, allCommands(command)...)
	}
	return all
}

// completeArguments goes by the name of the argument in the command's use line.
func (a *App) completeArguments(cmd *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
	wanted := strings.Fields(cmd.Use)[1:]
	if len(args) >= len(wanted) {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	switch strings.Trim(wanted[len(args)], "[]") {
	case "ACCOUNT":
		return a.completeAccounts(cmd, args, typed)
	case "USER", "TARGET":
		return a.completeUsers(cmd, args, typed)
	case "KEY":
		return settingKeys(), cobra.ShellCompDirectiveNoFileComp
	}
	return nil, cobra.ShellCompDirectiveNoFileComp
}

func (a *App) completeAccounts(cmd *cobra.Command, _ []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return a.completeFrom(cmd, typed, func(account config.Account) (string, string) {
		return account.Name, account.UserID
	})
}

func (a *App) completeUsers(cmd *cobra.Command, _ []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return a.completeFrom(cmd, typed, func(account config.Account) (string, string) {
		return account.UserID, account.Homeserver
	})
}

// completeFrom suggests what value takes from the saved accounts.
func (a *App) completeFrom(cmd *cobra.Command, typed string, value func(config.Account) (value, description string)) ([]cobra.Completion, cobra.ShellCompDirective) {
	a.flags = cmd.Flags() // --config counts here too
	file, err := a.File()
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var found []cobra.Completion
	for _, account := range file.Accounts() {
		word, description := value(account)
		if word != "" && strings.HasPrefix(word, typed) && terminal.Safe(word) == word {
			found = append(found, cobra.CompletionWithDesc(word, terminal.Safe(description)))
		}
	}
	return found, cobra.ShellCompDirectiveNoFileComp
}

func settingKeys() []cobra.Completion {
	var keys []cobra.Completion
	for _, setting := range config.Table() {
		if setting.InFile {
			keys = append(keys, cobra.CompletionWithDesc(setting.Key, setting.Meaning))
		}
	}
	return keys
}
