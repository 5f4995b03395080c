package cmd

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"mxlogin/config"
)

// addHelp adds the topics of help, made from the tables that the code uses.
func addHelp(root *cobra.Command) {
	root.AddCommand(
		newTopic("exit-codes", "What mxlogin's exit codes mean", exitCodesHelp),
		newTopic("flags", "The flags that every command has", func() string { return globalFlagsHelp(root) }),
		newTopic("environment", "The environment variables that mxlogin reads", environmentHelp),
	)
	root.SetHelpCommand(newHelp(root))
	root.InitDefaultHelpCmd()
}

// newTopic makes a topic of help. Its text is made when somebody reads it.
func newTopic(name, short string, text func() string) *cobra.Command {
	topic := &cobra.Command{Use: name, Short: short}
	topic.SetHelpFunc(func(cmd *cobra.Command, _ []string) {
		_, _ = fmt.Fprintln(cmd.OutOrStdout(), text())
	})
	return topic
}

// newHelp is cobra's help command, but for a word that is no command: that is a
// usage error here too.
func newHelp(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND]",
		Short: "Show the help of a command or a topic",
		RunE: func(_ *cobra.Command, args []string) error {
			found, rest, err := root.Find(args)
			if err != nil || len(rest) > 0 && found.HasSubCommands() {
				return unknownCommand(found, rest[0])
			}
			found.InitDefaultHelpFlag()
			return found.Help()
		},
	}
}

func exitCodesHelp() string {
	var rows [][2]string
	for _, c := range exitCodes() {
		rows = append(rows, [2]string{c.code, c.meaning})
	}
	return "mxlogin ends with one of these exit codes:\n\n" + columns(rows)
}

// ExitStatus returns the exit codes of a command and what they mean; of the program's own
// command those of all.
func ExitStatus(cmd *cobra.Command) (rows [][2]string) {
	ends := strings.Fields(exitCodesOf(cmd) + " 128+N")
	for _, c := range exitCodes() {
		if !cmd.HasParent() || slices.Contains(ends, c.code) {
			rows = append(rows, [2]string{c.code, c.meaning})
		}
	}
	return rows
}

func environmentHelp() string {
	return "A flag goes before its variable, a variable before the config file's settings.\nVariables that hold a secret are kept from child processes.\n\n" + columns(Variables(nil))
}

// Variables returns the environment variables of a command that not every command has,
// and what they mean; all of them for the program's own command, or nil.
func Variables(cmd *cobra.Command) (rows [][2]string) {
	all := cmd == nil || !cmd.HasParent()
	has := func(flag string) bool { return all || cmd.LocalNonPersistentFlags().Lookup(flag) != nil }
	for _, s := range config.Table() {
		if !all && (s.Global || s.Flag == "") || !has(s.Flag) {
			continue
		}
		meaning := s.Meaning
		if s.Default != "" {
			meaning += " (default " + s.Default + ")"
		}
		rows = append(rows, [2]string{s.Env, meaning})
	}
	for _, s := range secretKinds() {
		if has(s.name + "-stdin") {
			rows = append(rows, [2]string{s.variable, s.meaning})
		}
	}
	if !all {
		return rows
	}
	return append(rows,
		[2]string{"CI", "true means MXLOGIN_NO_INPUT=true"},
		[2]string{"BROWSER", "the program that opens a page; %s in it stands for the URL"},
		[2]string{"HTTPS_PROXY, HTTP_PROXY", "the proxy; requests to this machine go directly"},
		[2]string{"ALL_PROXY, NO_PROXY", "the proxy where none of these is set, and hosts without one"},
	)
}

// Files returns the files that mxlogin reads and writes by itself.
func Files() [][2]string {
	return [][2]string{
		{"$XDG_CONFIG_HOME/mxlogin/config.yaml", "the settings, and the accounts with their tokens, in plain text and of mode 0600"},
		{"~/.config/mxlogin/config.yaml", "the same where XDG_CONFIG_HOME is not set"},
		{"%LocalAppData%\\mxlogin\\config.yaml", "the same on Windows"},
	}
}

// columns writes rows of a name and a text in two columns, the second one wrapped.
func columns(rows [][2]string) string {
	width := 0
	for _, row := range rows {
		width = max(width, len(row[0]))
	}
	var text strings.Builder
	for _, row := range rows {
		name := row[0]
		for _, line := range wrap(row[1], helpWidth-width-4) {
			fmt.Fprintf(&text, "  %-*s  %s\n", width, name, line)
			name = ""
		}
	}
	return strings.TrimRight(text.String(), "\n")
}

// wrap breaks a text between words into lines of a width.
func wrap(text string, width int) (lines []string) {
	line := ""
	for word := range strings.FieldsSeq(text) {
		if line != "" && len([]rune(line))+1+len([]rune(word)) > width {
			lines, line = append(lines, line), ""
		}
		line = strings.TrimPrefix(line+" "+word, " ")
	}
	return append(lines, line)
}
