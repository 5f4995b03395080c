package cmd

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
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

// addCompletions tells the shell what may stand for the arguments and flags. typed is the
// command line so far, whose last word is to be completed.
func addCompletions(r *run, root *cobra.Command, typed []string) {
	for _, command := range allCommands(root) {
		switch {
		case command.Name() == "exec":
			command.ValidArgsFunction = r.execCompletion(typed)
		case command.Name() == "help":
			command.ValidArgsFunction = completeHelp
		case command.ValidArgsFunction == nil && command.HasParent():
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
		return keysOf(cmd), cobra.ShellCompDirectiveNoFileComp
	case "VALUE":
		return valuesOf(cmd, args[len(args)-1])
	}
	return nil, cobra.ShellCompDirectiveNoFileComp
}

// keysOf are the keys that a command takes: those of an account, or of the settings.
func keysOf(cmd *cobra.Command) (keys []cobra.Completion) {
	for _, setting := range config.Table() {
		isAccounts := setting.Key == "storage" || setting.Key == "ca_file" || setting.Key == "allow_http"
		if setting.InFile && (isAccounts || cmd.Parent().Name() != "accounts") {
			keys = append(keys, cobra.CompletionWithDesc(setting.Key, setting.Meaning))
		}
	}
	return keys
}

// valuesOf are the values of a setting, or of what an account remembers, where they are
// fixed words; a file is for the shell.
func valuesOf(cmd *cobra.Command, key string) ([]cobra.Completion, cobra.ShellCompDirective) {
	for _, setting := range config.Table() {
		switch {
		case setting.Key != key:
		case key == "storage" && cmd.Parent().Name() == "accounts":
			return []cobra.Completion{config.StorageFile, config.StorageKeyring}, cobra.ShellCompDirectiveNoFileComp
		case setting.Kind == config.KindBool:
			return []cobra.Completion{"true", "false"}, cobra.ShellCompDirectiveNoFileComp
		case setting.Kind == config.KindPath:
			return nil, cobra.ShellCompDirectiveDefault
		default:
			return setting.Choices, cobra.ShellCompDirectiveNoFileComp
		}
	}
	return nil, cobra.ShellCompDirectiveNoFileComp
}

// execCompletion completes an account before the "--" of exec, a program right after it,
// and then whatever the shell does by itself.
func (r *run) execCompletion(typed []string) cobra.CompletionFunc {
	dash := slices.Index(typed, "--")
	return func(cmd *cobra.Command, args []string, word string) ([]cobra.Completion, cobra.ShellCompDirective) {
		switch {
		case dash < 0 && len(args) == 0:
			return r.completeAccounts(cmd, args, word)
		case dash < 0:
			return nil, cobra.ShellCompDirectiveNoFileComp
		case dash == len(typed)-2 && !strings.ContainsRune(word, filepath.Separator):
			path, _ := r.Environment.Lookup("PATH")
			return programs(path, word), cobra.ShellCompDirectiveDefault
		}
		return nil, cobra.ShellCompDirectiveDefault
	}
}

// programs lists the programs of PATH whose names begin with start.
func programs(path, start string) (names []cobra.Completion) {
	for _, dir := range filepath.SplitList(path) {
		entries, _ := os.ReadDir(dir) // a PATH may name what is not there
		for _, entry := range entries {
			name := entry.Name()
			if !strings.HasPrefix(name, start) || !isPlainWord(name) {
				continue
			}
			if _, err := exec.LookPath(filepath.Join(dir, name)); err == nil {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// completeHelp completes the commands and topics that help knows below those in args.
func completeHelp(cmd *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	group, rest, err := cmd.Root().Find(args)
	if err != nil || len(rest) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var found []cobra.Completion
	for _, child := range group.Commands() {
		if child.IsAvailableCommand() || child.IsAdditionalHelpTopicCommand() {
			found = append(found, cobra.CompletionWithDesc(child.Name(), child.Short))
		}
	}
	return found, cobra.ShellCompDirectiveNoFileComp
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

// addCompletionCommand adds cobra's completion command, with words of ours.
func addCompletionCommand(root *cobra.Command) {
	root.InitDefaultCompletionCmd()
	group, _, err := root.Find([]string{"completion"})
	if err != nil {
		return // it was added above
	}
	group.Short = "Print the script that completes commands in a shell"
	group.Long = `Print the script by which a shell completes commands, flags, saved accounts and
settings when you press the tab key. It runs mxlogin, which asks no server.`
	uses := map[string]string{
		"bash":       "  source <(mxlogin completion bash)\n  mxlogin completion bash > /etc/bash_completion.d/mxlogin",
		"zsh":        "  source <(mxlogin completion zsh)\n  mxlogin completion zsh > \"${fpath[1]}/_mxlogin\"",
		"fish":       "  mxlogin completion fish | source\n  mxlogin completion fish > ~/.config/fish/completions/mxlogin.fish",
		"powershell": "  mxlogin completion powershell | Out-String | Invoke-Expression",
	}
	needs := map[string]string{
		"bash": "\n\nIt needs the package bash-completion.",
		"zsh":  "\n\nIt needs completion to be on: autoload -Uz compinit && compinit.",
	}
	for _, shell := range group.Commands() {
		name := shell.Name()
		shell.Short = "Print the script for " + name
		shell.Long = "Print the completion script for " + name + ". The first example is for this session, the\nsecond for every one that is started from then on." + needs[name]
		if name == "powershell" {
			shell.Long = "Print the completion script for PowerShell. Put the example into your profile to\nhave it in every session."
		}
		shell.Example = uses[name]
	}
	exits(group, exitOK, exitOther, exitUsage)
}
