package output

import (
	"fmt"
	"io"
	"strings"

	"mxlogin/cmd/terminal"
)

// Printer writes the result of a command, in one piece. Text that a server or the
// command line may have chosen passes through Scrub; tokens, which are printed
// where they were asked for, do not.
type Printer struct {
	W      io.Writer
	Format Format
	Scrub  func(string) string // takes the secrets of this run out of a text
}

// Lines writes lines for a person.
func (p Printer) Lines(lines ...string) error {
	var text strings.Builder
	for _, line := range lines {
		text.WriteString(startHarmlessly(p.clean(line)) + "\n")
	}
	return p.write([]byte(text.String()))
}

// Exact writes value as it is, for scripts, on a line of its own. A value that a
// terminal or a runner of CI jobs would obey is an error that calls it name; then
// nothing is written.
func (p Printer) Exact(name, value string) error {
	value = p.Scrub(value)
	if err := checkExact(name, value); err != nil {
		return err
	}
	return p.write([]byte(value + "\n"))
}

// clean makes one harmless line of text.
func (p Printer) clean(text string) string { return terminal.Safe(p.Scrub(text)) }

// startHarmlessly escapes the "::" that a line begins with, blanks aside: a runner
// of CI jobs obeys such a line.
func startHarmlessly(line string) string {
	if strings.HasPrefix(strings.TrimSpace(line), "::") {
		return strings.Replace(line, "::", `\x3a:`, 1)
	}
	return line
}

// write writes a result in one piece.
func (p Printer) write(result []byte) error {
	if _, err := p.W.Write(result); err != nil {
		return fmt.Errorf("writing the result: %w", err)
	}
	return nil
}
