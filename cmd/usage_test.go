package cmd

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// TestHelpTeaches holds that the help of every command says in one line what it
// does, shows a use, names its exit codes, and is made for a terminal.
func TestHelpTeaches(t *testing.T) {
	root := NewRoot(&App{})
	for _, command := range allCommands(root) {
		if command.Hidden || command.Name() == "completion" || command.HasParent() && command.Parent().Name() == "completion" || command.Name() == "help" {
			continue // cobra's
		}
		if command.Short == "" || strings.HasSuffix(command.Short, ".") {
			t.Errorf("%s: short is %q", command.CommandPath(), command.Short)
		}
		if !command.Runnable() || command == root {
			continue
		}
		if exitCodesOf(command) == "" {
			t.Errorf("%s: no exit codes", command.CommandPath())
		}
		if command.Parent() == root && command.Example == "" && command.Name() != "version" {
			t.Errorf("%s: no example", command.CommandPath())
		}
		checkHelp(t, command)
	}
}

// psUnsafe is an argument that PowerShell would read as its own.
var psUnsafe = regexp.MustCompile(`(^|\s)@\S`)

func checkHelp(t *testing.T, command *cobra.Command) {
	t.Helper()
	var help bytes.Buffer
	command.SetOut(&help)
	if err := command.Help(); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(help.String()) {
		if len([]rune(line)) > 81 { // the line end included
			t.Errorf("%s: a line has %d characters: %s", command.CommandPath(), len(line), line)
		}
	}
	if psUnsafe.MatchString(command.Example) {
		t.Errorf("%s: an example needs quotes in PowerShell: %s", command.CommandPath(), command.Example)
	}
}
