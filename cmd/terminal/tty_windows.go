package terminal

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/sys/windows"
)

// lineLimit is the length, in UTF-16 units, at which the console stops taking
// characters: the size of the buffer below, less CR and LF.
const lineLimit = 4094

const ctrlZ = 0x1a

// console is the console of the process. It is used through x/sys because x/term
// cannot be interrupted while it reads, and edits lines itself.
type console struct {
	in, out *os.File
}

func openConsole() (*console, error) {
	in, err := os.OpenFile("CONIN$", os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	out, err := os.OpenFile("CONOUT$", os.O_RDWR, 0)
	if err != nil {
		_ = in.Close()
		return nil, err
	}
	return &console{in, out}, nil
}

func (c *console) close() error {
	return errors.Join(c.in.Close(), c.out.Close())
}

func (c *console) write(_ context.Context, text string) error {
	if _, err := c.out.WriteString(text); err != nil {
		return fmt.Errorf("writing to the console: %w", err)
	}
	return nil
}

// ask shows prompt and returns the line typed, with LF at its end.
func (c *console) ask(ctx context.Context, prompt string, echo bool) ([]byte, error) {
	restore, err := c.setEcho(echo)
	if err != nil {
		return nil, err
	}
	defer restore()
	if err := c.write(ctx, prompt); err != nil {
		return nil, err
	}
	line, err := await(ctx, c.readLine, func(line []byte) { clear(line) })
	if errors.Is(err, windows.ERROR_OPERATION_ABORTED) {
		// Ctrl-C ends the read a little before it ends ctx.
		<-ctx.Done()
		err = context.Cause(ctx)
	}
	if ctx.Err() != nil {
		// The read that is left behind; best effort, as consoles of before
		// Windows 10 do not know it.
		_ = windows.CancelIoEx(windows.Handle(c.in.Fd()), nil)
	}
	if err != nil || !echo {
		_ = c.write(ctx, "\n")
	}
	return line, err
}

// setEcho lets the console edit lines, with or without echo; restore undoes it.
// Without echo what was typed before is dropped.
func (c *console) setEcho(echo bool) (restore func(), err error) {
	handle := windows.Handle(c.in.Fd())
	var saved uint32
	if err := windows.GetConsoleMode(handle, &saved); err != nil {
		return nil, fmt.Errorf("reading the console's mode: %w", err)
	}
	mode := saved | windows.ENABLE_LINE_INPUT | windows.ENABLE_PROCESSED_INPUT | windows.ENABLE_ECHO_INPUT
	if !echo {
		mode &^= windows.ENABLE_ECHO_INPUT
		if err := windows.FlushConsoleInputBuffer(handle); err != nil {
			return nil, fmt.Errorf("dropping what was typed: %w", err)
		}
	}
	if err := windows.SetConsoleMode(handle, mode); err != nil {
		return nil, fmt.Errorf("setting the console's mode: %w", err)
	}
	return func() { _ = windows.SetConsoleMode(handle, saved) }, nil
}

// readLine reads UTF-16, whatever the code page of the console is.
func (c *console) readLine() ([]byte, error) {
	units := make([]uint16, lineLimit+2)
	defer clear(units)
	var n uint32
	err := windows.ReadConsole(windows.Handle(c.in.Fd()), &units[0], uint32(len(units)), &n, nil)
	if err != nil {
		return nil, fmt.Errorf("reading from the console: %w", err)
	}
	line := units[:n]
	switch {
	case n == 0:
		// How Ctrl-C looks where the console reports no error for it.
		return nil, windows.ERROR_OPERATION_ABORTED
	case line[0] == ctrlZ:
		return nil, errEndOfInput
	case !slices.Contains(line, '\n') || n >= uint32(len(units)):
		return nil, errLineCut
	}
	return encodeLine(line), nil
}

// encodeLine returns line in UTF-8, less CR. An unpaired surrogate becomes bytes
// that are not UTF-8, so that it is refused and not replaced.
func encodeLine(line []uint16) []byte {
	runes := utf16.Decode(line)
	defer clear(runes)
	encoded := make([]byte, 0, 4*len(runes))
	for _, r := range runes {
		switch r {
		case '\r':
		case '\ufffd':
			encoded = append(encoded, 0xff)
		default:
			encoded = utf8.AppendRune(encoded, r)
		}
	}
	return encoded
}
