package cmd

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// printUsage writes the common use first, then the flags of this command, then
// those that all logins have, then those of every command. It is written out
// because cobra's templates would add two megabytes to the program.
func printUsage(cmd *cobra.Command) error {
	var text strings.Builder
	fmt.Fprintf(&text, "Usage:\n  %s\n", cmd.UseLine())
	if cmd.HasAvailableSubCommands() {
		text.WriteString("\nCommands:\n" + commandList(cmd.Commands(), (*cobra.Command).IsAvailableCommand, ""))
	}
	if cmd.HasExample() {
		fmt.Fprintf(&text, "\nExamples:\n%s\n", cmd.Example)
	}
	for _, group := range flagGroups(cmd) {
		fmt.Fprintf(&text, "\n%s:\n%s\n", group.title, group.usages)
	}
	text.WriteString("\n" + globalFlagNames(cmd.Root().PersistentFlags()) + "\n")
	if cmd.HasHelpSubCommands() {
		text.WriteString("\nTopics:\n" + commandList(cmd.Commands(), (*cobra.Command).IsAdditionalHelpTopicCommand, "help "))
	}
	if codes := exitCodesOf(cmd); codes != "" {
		fmt.Fprintf(&text, "\nExit codes: %s (see \"mxlogin help exit-codes\")\n", codes)
	}
	if cmd.HasAvailableSubCommands() {
		fmt.Fprintf(&text, "\nRun \"%s COMMAND --help\" for more about a command.\n", cmd.CommandPath())
	}
	_, err := io.WriteString(cmd.OutOrStdout(), text.String())
	return err
}

func commandList(commands []*cobra.Command, shown func(*cobra.Command) bool, prefix string) string {
	var rows [][2]string
	for _, command := range commands {
		if shown(command) {
			rows = append(rows, [2]string{prefix + command.Name(), command.Short})
		}
	}
	return columns(rows) + "\n"
}

// flagGroup is flags under one heading.
type flagGroup struct{ title, usages string }

// annotationGroup is the annotation of a flag that stands under a heading of its
// own.
const annotationGroup = "mxlogin_group"

// inGroup puts the flags that add defines under a heading.
func inGroup(flags *pflag.FlagSet, title string, add func(*pflag.FlagSet)) {
	group := pflag.NewFlagSet(title, pflag.ContinueOnError)
	add(group)
	group.VisitAll(func(flag *pflag.Flag) {
		flag.Annotations = map[string][]string{annotationGroup: {title}}
		flags.AddFlag(flag)
	})
}

func flagGroups(cmd *cobra.Command) []flagGroup {
	var titles []string
	groups := map[string]*pflag.FlagSet{}
	add := func(title string, flag *pflag.Flag) {
		if groups[title] == nil {
			groups[title] = pflag.NewFlagSet(title, pflag.ContinueOnError)
			titles = append(titles, title)
		}
		groups[title].AddFlag(flag)
	}
	global := cmd.Root().PersistentFlags()
	// Twice, so that the command's own flags come first.
	for _, grouped := range []bool{false, true} {
		cmd.LocalFlags().VisitAll(func(flag *pflag.Flag) {
			title, isGrouped := groupOf(flag)
			if isGrouped == grouped && flag.Name != "help" && global.Lookup(flag.Name) == nil {
				add(title, flag)
			}
		})
	}
	shown := make([]flagGroup, len(titles))
	for i, title := range titles {
		shown[i] = flagGroup{title: title, usages: strings.TrimRight(groups[title].FlagUsagesWrapped(helpWidth), "\n")}
	}
	return shown
}

// helpWidth is the width of all help in columns.
const helpWidth = 80

// globalFlagNames names the flags of every command. What they mean is a topic of its own:
// on each page it would be longer than the rest.
func globalFlagNames(global *pflag.FlagSet) string {
	text := "Flags of every command (see \"mxlogin help flags\"):"
	line := " "
	global.VisitAll(func(flag *pflag.Flag) {
		name := " --" + flag.Name
		if len(line)+len(name) > helpWidth {
			text, line = text+"\n"+line, " "
		}
		line += name
	})
	return text + "\n" + line
}

// globalFlagsHelp is the topic that tells of the flags of every command.
func globalFlagsHelp(root *cobra.Command) string {
	return "These flags may stand anywhere in a command line:\n\n" + strings.TrimRight(root.PersistentFlags().FlagUsagesWrapped(helpWidth), "\n")
}

func groupOf(flag *pflag.Flag) (title string, grouped bool) {
	if title := flag.Annotations[annotationGroup]; len(title) > 0 {
		return title[0], true
	}
	return "Flags", false
}

// annotationExits is the annotation of a command that holds its exit codes.
const annotationExits = "mxlogin_exits"

// exits notes which exit codes a command can end with, besides those of signals.
func exits(cmd *cobra.Command, codes ...int) *cobra.Command {
	texts := make([]string, len(codes))
	for i, code := range codes {
		texts[i] = fmt.Sprint(code)
	}
	cmd.Annotations = map[string]string{annotationExits: strings.Join(texts, " ")}
	return cmd
}

// exitCodesOf returns the codes of a command, or of the group that it is in.
func exitCodesOf(cmd *cobra.Command) string {
	for ; cmd != nil; cmd = cmd.Parent() {
		if codes := cmd.Annotations[annotationExits]; codes != "" {
			return codes
		}
	}
	return ""
}
