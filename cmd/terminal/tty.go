package terminal

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"golang.org/x/term"

	"mxlogin/client/secret"
)

// ErrNoTerminal says that there is nobody to ask: the process has no controlling
// terminal, or may not use it because it runs in the background.
var ErrNoTerminal = errors.New("no terminal to ask on")

// errEndOfInput says that the person typed Ctrl-D on an empty line.
var errEndOfInput = errors.New("end of input")

// errLineCut says that a line was so long that the terminal may have cut it.
var errLineCut = errors.New("line too long")

// Terminal asks the person at the controlling terminal, whatever the standard
// streams are. Its methods ask one question at a time and are not for concurrent
// use. A process opens one Terminal at most, because job control belongs to the
// process.
type Terminal struct {
	console *console
}

// Open opens the controlling terminal, or the console on Windows. Without one
// the error is [ErrNoTerminal].
func Open() (*Terminal, error) {
	c, err := openConsole()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoTerminal, err)
	}
	return &Terminal{c}, nil
}

// Close closes the terminal.
func (t *Terminal) Close() error {
	return t.console.close()
}

// IsTerminal reports whether stream is a file that is a terminal.
func IsTerminal(stream any) bool {
	file, ok := stream.(interface{ Fd() uintptr })
	return ok && term.IsTerminal(int(file.Fd()))
}

// Columns returns how wide a terminal is, 0 for what is none.
func Columns(stream any) int {
	file, ok := stream.(interface{ Fd() uintptr })
	if !ok {
		return 0
	}
	width, _, err := term.GetSize(int(file.Fd()))
	if err != nil {
		return 0
	}
	return width
}

// ReadSecret shows prompt and reads a line that is not echoed. What was typed
// before the prompt is dropped. No answer, one that is not UTF-8 and one as long
// as the terminal's limit, which may have been cut, is an [*InputError]. When ctx
// ends, echo is back on and the cause of ctx is returned.
func (t *Terminal) ReadSecret(ctx context.Context, prompt string) (secret.Value, error) {
	line, err := t.readLine(ctx, prompt, false)
	defer clear(line)
	if err != nil {
		return secret.Value{}, err
	}
	if len(line) == 0 {
		return secret.Value{}, noAnswer()
	}
	return takeSecret(line, "the answer")
}

// ReadLine shows prompt and reads a line, which may be empty. It fails as
// [Terminal.ReadSecret] does.
func (t *Terminal) ReadLine(ctx context.Context, prompt string) (string, error) {
	line, err := t.readLine(ctx, prompt, true)
	if err != nil {
		return "", err
	}
	if err := checkText(line, "the answer"); err != nil {
		return "", err
	}
	return string(line), nil
}

// readLine returns what was typed, without the newline, or nil and an error.
func (t *Terminal) readLine(ctx context.Context, prompt string, echo bool) ([]byte, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	line, err := t.console.ask(ctx, Safe(prompt), echo)
	switch {
	case errors.Is(err, errEndOfInput):
		return nil, noAnswer()
	case errors.Is(err, errLineCut):
		return nil, &InputError{
			Message: fmt.Sprintf("the answer is too long: a terminal cuts lines at %d bytes", lineLimit),
			Hint:    "give it with the -stdin or -file flag",
		}
	}
	if err != nil {
		return nil, err
	}
	return withoutPasteMarks(bytes.TrimSuffix(line, []byte("\n")))
}

// The marks that a terminal sets around what was pasted, where a program before this one
// has left it asking for them.
const pasteBegins, pasteEnds = "\x1b[200~", "\x1b[201~"

// withoutPasteMarks takes the marks away. Any other escape is a key that was pressed, such
// as an arrow, and no part of an answer.
func withoutPasteMarks(line []byte) ([]byte, error) {
	rest := bytes.TrimPrefix(line, []byte(pasteBegins))
	rest = bytes.TrimSuffix(rest, []byte(pasteEnds))
	if bytes.IndexByte(rest, 0x1b) >= 0 {
		clear(line)
		return nil, &InputError{Message: "the answer has an escape sequence, as arrow keys send it", Hint: "type it again"}
	}
	return rest, nil
}

func noAnswer() error {
	return &InputError{Message: "nothing was typed at the prompt"}
}
