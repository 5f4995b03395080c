package cmd

import (
	"strings"

	"mxlogin/cmd/output"
)

// shellWord writes an argument so that it can be copied from a hint into a shell,
// PowerShell included, which reads an '@' at the start as its own.
func shellWord(s string) string {
	word := output.ShellQuote(s)
	if word == s && (s == "" || strings.HasPrefix(s, "@")) {
		return "'" + s + "'"
	}
	return word
}
