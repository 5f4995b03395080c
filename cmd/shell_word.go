package cmd

import (
	"strings"

	"mxlogin/cmd/output"
)

// shellWord writes an argument so that it can be copied from a hint into a shell.
// PowerShell reads an '@' at the start as its own; what needs no other quotes gets double
// ones, which cmd takes as well.
func shellWord(s string) string {
	word := output.ShellQuote(s)
	if word == s && (s == "" || strings.HasPrefix(s, "@")) {
		return `"` + s + `"`
	}
	return word
}
