package cmd

import (
	"fmt"
	"strings"

	"github.com/spf13/pflag"

	"mxlogin/cmd/choose"
	"mxlogin/cmd/terminal"
	"mxlogin/config"
)

// secretFlags name where a secret comes from; without them it comes from the
// environment, or from the terminal. No flag takes the secret itself: other users of
// the machine see arguments, and shells keep them.
type secretFlags struct {
	kind    secretKind
	stdin   bool
	file    string
	command string
}

// newSecretFlags returns the flags of the secret that variable may hold.
func newSecretFlags(variable string) secretFlags {
	kind, _ := secretKindOf(variable)
	return secretFlags{kind: kind}
}

func (s *secretFlags) addFlags(all *pflag.FlagSet) {
	inGroup(all, "Where the "+strings.ReplaceAll(s.kind.name, "-", " ")+" comes from", s.defineFlags)
}

func (s *secretFlags) defineFlags(flags *pflag.FlagSet) {
	name := s.kind.name
	what := strings.ReplaceAll(name, "-", " ")
	flags.BoolVar(&s.stdin, name+"-stdin", false, "read the "+what+" from standard input")
	flags.StringVar(&s.file, name+"-file", "", "read the "+what+" from a `file`")
	flags.StringVar(&s.command, name+"-command", "", "run a `command`, without a shell, and read the "+what+" from its output")
}

// isGiven reports whether a flag names the source.
func (s *secretFlags) isGiven() bool { return s.stdin || s.file != "" || s.command != "" }

// check refuses two sources at once.
func (s *secretFlags) check() error {
	given := 0
	for _, is := range []bool{s.stdin, s.file != "", s.command != ""} {
		if is {
			given++
		}
	}
	if given > 1 {
		return &choose.UsageError{
			Message: fmt.Sprintf("--%[1]s-stdin, --%[1]s-file and --%[1]s-command cannot be used together", s.kind.name),
			Hint:    "use one of them",
		}
	}
	return nil
}

// source is what the flags and the environment name.
func (s *secretFlags) source(e Environment) terminal.Source {
	value, _ := e.Secret(s.kind.variable)
	return terminal.Source{
		Name: s.kind.name, Stdin: s.stdin, File: config.ExpandHome(s.file, e.Lookup), Command: s.command,
		Variable: s.kind.variable, Value: value, Token: s.kind.variable != envPassword,
	}
}
