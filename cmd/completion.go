package cmd

import (
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

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
func addCompletions(r *run, root *cobra.Command) {
	for _, command := range allCommands(root) {
		if command.ValidArgsFunction == nil && command.HasParent() {
			command.ValidArgsFunction = r.completeArguments
		}
		command.LocalFlags().VisitAll(func(flag *pflag.Flag) {
			if complete := r.flagCompletion(flag); complete != nil {
				_ = command.RegisterFlagCompletionFunc(flag.Name, complete)
			}
		})
	}
}

// flagCompletion returns what completes the value of a flag, nil where it is a
// file or a command: those the shell completes. It goes by what usage calls the
// value.
func (r *run) flagCompletion(flag *pflag.Flag) cobra.CompletionFunc {
	if choices := choicesOf(flag); len(choices) > 0 {
		return cobra.FixedCompletions(choices, cobra.ShellCompDirectiveNoFileComp)
	}
	valueName, _ := pflag.UnquoteUsage(flag)
	switch {
	case flag.Name == "account":
		return r.completeAccounts
	case valueName == "user":
		return r.completeUsers
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
func (r *run) completeArguments(cmd *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
	wanted := strings.Fields(cmd.Use)[1:]
	if len(args) >= len(wanted) {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	switch strings.Trim(wanted[len(args)], "[]") {
	case "ACCOUNT":
		return r.completeAccounts(cmd, args, typed)
	case "USER":
		return r.completeUsers(cmd, args, typed)
	case "TARGET":
		return r.completeTargets(cmd, args, typed)
	case "KEY":
		return settingKeys(), cobra.ShellCompDirectiveNoFileComp
	}
	return nil, cobra.ShellCompDirectiveNoFileComp
}

func (r *run) completeAccounts(cmd *cobra.Command, _ []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return r.completeFrom(cmd, typed, func(account config.Account) (string, string) {
		return account.Name, account.UserID
	})
}

func (r *run) completeTargets(cmd *cobra.Command, _ []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return r.completeFrom(cmd, typed, func(account config.Account) (string, string) {
		return account.UserID, account.Homeserver
	})
}

// completeUsers leaves out the '@' unless that was typed: PowerShell reads an '@'
// at the start of a word as its own, and USER does without it.
func (r *run) completeUsers(cmd *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if strings.HasPrefix(typed, "@") {
		return r.completeTargets(cmd, args, typed)
	}
	return r.completeFrom(cmd, typed, func(account config.Account) (string, string) {
		return strings.TrimPrefix(account.UserID, "@"), account.Homeserver
	})
}

// completeFrom suggests what value takes from the saved accounts, each word once:
// of a word with two descriptions bash would insert the start of these. That some
// shells do not tell upper from lower case counts here too.
func (r *run) completeFrom(cmd *cobra.Command, typed string, value func(config.Account) (value, description string)) ([]cobra.Completion, cobra.ShellCompDirective) {
	r.begin(cmd.Flags()) // --config counts here too
	file, err := r.loadFile()
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var found []cobra.Completion
	seen := map[string]bool{}
	for _, account := range file.Accounts() {
		word, description := value(account)
		folded := strings.ToLower(word)
		if !strings.HasPrefix(word, typed) || !isPlainWord(word) || seen[folded] {
			continue
		}
		seen[folded] = true
		if !isPlainWord(description) {
			description = ""
		}
		found = append(found, cobra.CompletionWithDesc(word, description))
	}
	return found, cobra.ShellCompDirectiveNoFileComp
}

// isPlainWord reports whether bash, zsh, fish and PowerShell all take word as it is.
// The words that are suggested have to be so, not only escaped: of several bash
// inserts the common start without escapes, and runs what it finds there at the
// next press of the key. Account names are the person's, user IDs also the server's.
func isPlainWord(word string) bool {
	for i := range len(word) {
		c := word[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '_':
		case c == '@': // PowerShell's script escapes it at the start
		case i > 0 && strings.IndexByte(".:-=+/", c) >= 0:
		default:
			return false
		}
	}
	return word != ""
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
