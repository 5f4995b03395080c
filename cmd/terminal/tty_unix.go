//go:build unix

package terminal

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// console is the controlling terminal. It is used through x/sys because x/term
// can neither be interrupted while it reads, nor drop type-ahead, nor put echo
// back on when a signal ends or stops the process.
type console struct {
	fd  int
	job jobControl
}

func openConsole() (*console, error) {
	// O_NONBLOCK concerns this description of the terminal alone, not the one
	// that the shell and its jobs share.
	fd, err := unix.Open("/dev/tty", unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("opening /dev/tty: %w", err)
	}
	return &console{fd: fd}, nil
}

func (c *console) close() error {
	return unix.Close(c.fd)
}

// ask shows prompt and returns the line typed, with its newline unless Ctrl-D
// ended it. After a stop it starts anew.
func (c *console) ask(ctx context.Context, prompt string, echo bool) (line []byte, err error) {
	w, err := c.job.watch(ctx)
	if err != nil {
		return nil, err
	}
	defer w.close()
	err = w.overStops(func() error {
		line, err = c.askOnce(w, prompt, echo)
		return err
	})
	return line, err
}

func (c *console) askOnce(w *watch, prompt string, echo bool) (line []byte, err error) {
	restore, err := c.setEcho(echo)
	if err != nil {
		return nil, err
	}
	defer restore()
	if err := c.writeAll(w, prompt); err != nil {
		return nil, err
	}
	line, err = c.readLine(w, echo)
	if err != nil || !echo {
		// The newline that the person did not type, or did not see. It is
		// no reason to fail, or to wait for a terminal held by Ctrl-S.
		_, _ = unix.Write(c.fd, []byte("\n"))
	}
	return line, err
}

// write shows text.
func (c *console) write(ctx context.Context, text string) error {
	w, err := c.job.watch(ctx)
	if err != nil {
		return err
	}
	defer w.close()
	return w.overStops(func() error { return c.writeAll(w, text) })
}

func (c *console) writeAll(w *watch, text string) error {
	for text != "" {
		if err := w.wait(c.fd, writable); err != nil {
			return err
		}
		n, err := unix.Write(c.fd, []byte(text))
		if err != nil && !again(err) {
			return fmt.Errorf("writing to the terminal: %w", err)
		}
		text = text[max(n, 0):]
	}
	return nil
}

// readLine reads one line in canonical mode, so Backspace, Ctrl-U and Ctrl-W
// work as everywhere. On an error nothing of the line is left in memory.
func (c *console) readLine(w *watch, echo bool) (line []byte, err error) {
	buffer := make([]byte, lineLimit+1)
	defer func() {
		if err != nil {
			clear(buffer)
		}
	}()
	for used := 0; ; {
		err := w.wait(c.fd, readable)
		if errors.Is(err, errContinued) && c.isSet(echo) {
			continue
		}
		if err != nil {
			return nil, err
		}
		n, err := unix.Read(c.fd, buffer[used:])
		switch {
		case again(err):
			continue
		case err != nil:
			return nil, fmt.Errorf("reading from the terminal: %w", err)
		case n == 0 && used == 0:
			return nil, errEndOfInput
		case n == 0:
			return buffer[:used], nil
		}
		used += n
		ended := buffer[used-1] == '\n'
		if ended && used-1 < lineLimit {
			return buffer[:used], nil
		}
		if ended || used == len(buffer) {
			return nil, errLineCut
		}
	}
}

// setEcho puts the terminal, once this process is in its foreground, into
// canonical mode with or without echo; restore undoes it. Without echo both drop
// what was typed: it was meant for another question, or is the rest of a secret
// that must not end up in the shell's history.
func (c *console) setEcho(echo bool) (restore func(), err error) {
	// Nothing is read from or set on a terminal that the shell is using.
	if err := retry(func() error { return checkForeground(c.fd) }); err != nil || c.inBackground() {
		return nil, fmt.Errorf("%w: this process runs in the background", ErrNoTerminal)
	}
	saved, err := unix.IoctlGetTermios(c.fd, getTermios)
	if err != nil {
		return nil, fmt.Errorf("reading the terminal's mode: %w", err)
	}
	mode := *saved
	mode.Lflag |= unix.ICANON | unix.ISIG | unix.ECHO
	mode.Iflag |= unix.ICRNL
	set := uint(setTermios)
	if !echo {
		mode.Lflag &^= unix.ECHO | unix.ECHONL
		set = setTermiosFlush
	}
	if err := c.setMode(set, &mode); err != nil {
		return nil, fmt.Errorf("setting the terminal's mode: %w", err)
	}
	return func() {
		if !c.inBackground() { // else the shell has set its own mode
			_ = c.setMode(set, saved)
		}
	}, nil
}

// isSet reports whether the terminal is as setEcho left it: the shell may have
// set its own mode while this process was stopped.
func (c *console) isSet(echo bool) bool {
	mode, err := unix.IoctlGetTermios(c.fd, getTermios)
	return err == nil && mode.Lflag&unix.ICANON != 0 && (mode.Lflag&unix.ECHO != 0) == echo && !c.inBackground()
}

func (c *console) setMode(request uint, mode *unix.Termios) error {
	return retry(func() error { return unix.IoctlSetTermios(c.fd, request, mode) })
}

// inBackground reports whether another process group has the terminal.
func (c *console) inBackground() bool {
	group, err := unix.IoctlGetInt(c.fd, unix.TIOCGPGRP)
	return err == nil && group != unix.Getpgrp()
}

// again reports whether a call on a non-blocking descriptor is to be repeated.
func again(err error) bool {
	return errors.Is(err, unix.EAGAIN) || errors.Is(err, unix.EINTR)
}

// retry repeats call for as long as signals interrupt it.
func retry(call func() error) error {
	for {
		if err := call(); !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}
