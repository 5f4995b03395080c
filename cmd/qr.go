package cmd

import (
	"strings"

	"mxlogin/cmd/output"
	"mxlogin/cmd/terminal"
)

// showCode shows a code to enter on a page, and draws the address that has it filled in
// where the terminal can show that.
func (r *run) showCode(c terminal.Code) {
	r.reporter.Code(c)
	if c.CompleteURL == "" || r.format == output.JSON || r.isGiven("no-qr") || !showsUTF8(r.Environment) {
		return
	}
	r.reporter.QR(c.Server, c.CompleteURL, terminal.Columns(r.stream(r.Stderr)))
}

// showsUTF8 reports whether the locale says that the terminal shows UTF-8. The first of
// these variables that is set decides.
func showsUTF8(e Environment) bool {
	locale := strings.ToLower(firstSet(e, "LC_ALL", "LC_CTYPE", "LANG"))
	return strings.Contains(locale, "utf-8") || strings.Contains(locale, "utf8")
}
