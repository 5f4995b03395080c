package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"syscall"

	"github.com/creack/pty"
)

// session is somebody at a terminal with a shell.
type session struct {
	home     string
	environ  []string
	password string // typed where it is asked for
}

// showAll runs command lines and returns what the terminal shows.
func (s session) showAll(ctx context.Context, commands ...string) (lines []line, err error) {
	for _, command := range commands {
		shown, err := s.show(ctx, command)
		if err != nil {
			return nil, err
		}
		lines = append(lines, line{text: command, typed: true})
		lines = append(lines, shown...)
	}
	return lines, nil
}

// show runs one command line on a terminal.
func (s session) show(ctx context.Context, command string) ([]line, error) {
	shell := exec.CommandContext(ctx, "sh", "-c", command)
	shell.Dir, shell.Env = s.home, s.environ
	terminal, err := pty.StartWithSize(shell, &pty.Winsize{Rows: 40, Cols: 160})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", command, err)
	}
	defer func() { _ = terminal.Close() }()
	output, err := s.answer(terminal)
	if err = errors.Join(err, shell.Wait()); err != nil {
		return nil, fmt.Errorf("%s: %w: %s", command, err, bytes.TrimSpace(output))
	}
	var lines []line
	for text := range strings.Lines(strings.ReplaceAll(string(output), s.home, "~")) { // as readers know their home
		text = strings.TrimRight(text, "\r\n")
		if i := strings.LastIndexByte(text, '\r'); i >= 0 {
			text = text[i+1:] // what a countdown wrote over
		}
		lines = append(lines, line{text: text})
	}
	return lines, nil
}

// answer reads what the terminal shows until it is closed, and types the password at its
// prompt.
func (s session) answer(terminal io.ReadWriter) ([]byte, error) {
	var output bytes.Buffer
	buffer := make([]byte, 4096)
	for asked := false; ; {
		n, err := terminal.Read(buffer)
		output.Write(buffer[:n])
		if !asked && bytes.HasSuffix(output.Bytes(), []byte(": ")) && bytes.Contains(output.Bytes(), []byte("Password of ")) {
			asked = true
			if _, err := io.WriteString(terminal, s.password+"\n"); err != nil {
				return output.Bytes(), err
			}
		}
		switch {
		case errors.Is(err, io.EOF), errors.Is(err, syscall.EIO): // Linux has EIO where all others have left
			return output.Bytes(), nil
		case err != nil:
			return output.Bytes(), err
		}
	}
}
