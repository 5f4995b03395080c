package cmd

import (
	"fmt"

	"github.com/spf13/cobra"

	"mxlogin/cmd/choose"
)

// atMostOne takes no more than one argument and does not repeat the others.
func atMostOne(name string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) <= 1 {
			return nil
		}
		return &choose.UsageError{Message: fmt.Sprintf("%q takes one argument, %s", cmd.CommandPath(), name), Hint: seeHelp(cmd)}
	}
}

// exactly takes n arguments.
func exactly(n int, usage string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) == n {
			return nil
		}
		return &choose.UsageError{Message: fmt.Sprintf("write %s", cmd.CommandPath()+usage), Hint: seeHelp(cmd)}
	}
}

// argument returns the only argument of a command that takes one at most.
func argument(args []string) string {
	if len(args) == 0 {
		return ""
	}
	return args[0]
}
