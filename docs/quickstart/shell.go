package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// shell runs mxlogin and shows what a terminal would.
type shell struct {
	out     io.Writer
	mxlogin string   // path of the executable
	home    string   // the working directory
	environ []string // of mxlogin
	token   string   // never shown in full; empty until a command has shown it
}

// play explains a step, runs its command and shows the output. An unexpected exit
// code is an error.
func (s *shell) play(ctx context.Context, st step) error {
	if _, err := fmt.Fprintf(s.out, "# %s\n$ %s\n", strings.ReplaceAll(st.why, "\n", "\n# "), st.line()); err != nil {
		return err
	}
	result, err := s.run(ctx, st)
	if err != nil {
		return fmt.Errorf("%s: %w", st.line(), err)
	}
	text, err := s.shown(st, result)
	if err != nil {
		return fmt.Errorf("%s: %w", st.line(), err)
	}
	if _, err := fmt.Fprintf(s.out, "%s\n", text); err != nil {
		return err
	}
	if result.exitCode != st.exitCode {
		return fmt.Errorf("%s: exit code %d, not %d", st.line(), result.exitCode, st.exitCode)
	}
	return nil
}

// line is the command as a person types it.
func (st step) line() string {
	line := "mxlogin " + strings.Join(st.args, " ")
	if st.password != "" {
		line = `printf %s "$PASSWORD" | ` + line
	}
	switch {
	case st.cat:
		return `cat "$(` + line + `)"`
	case st.copyTo != "":
		return `cp "$(` + line + `)" ` + st.copyTo
	}
	return line
}

// result is what came of a command.
type result struct {
	stdout   string
	stderr   string
	exitCode int
}

func (s *shell) run(ctx context.Context, st step) (result, error) {
	var stdout, stderr bytes.Buffer
	command := exec.CommandContext(ctx, s.mxlogin, st.args...)
	command.Dir, command.Env = s.home, s.environ
	command.Stdin = strings.NewReader(st.password)
	command.Stdout, command.Stderr = &stdout, &stderr
	interruptible(command)

	err := command.Run()
	var exit *exec.ExitError
	if err != nil && (!errors.As(err, &exit) || !exit.Exited()) {
		return result{}, err
	}
	return result{stdout: stdout.String(), stderr: stderr.String(), exitCode: command.ProcessState.ExitCode()}, nil
}

// shown is what the terminal would show of a result, with the token shortened.
// Warnings come before the result because mxlogin writes that last.
func (s *shell) shown(st step, r result) (string, error) {
	if r.exitCode != 0 {
		return s.shorten(r.stderr+r.stdout) + fmt.Sprintf("(exit code %d)\n", r.exitCode), nil
	}
	text, err := s.useFile(st, r.stdout)
	if err != nil {
		return "", err
	}
	if st.showsToken {
		if s.token == "" {
			s.token = strings.TrimSpace(r.stdout)
		}
		if len(s.token) < leastToken || !strings.Contains(text, s.token) {
			return "", errors.New("the output does not hold the access token")
		}
	}
	return s.shorten(r.stderr + text), nil
}

// useFile does what the step does with the file that stdout names, and returns
// the output of that. It returns stdout if the step is about no file.
func (s *shell) useFile(st step, stdout string) (string, error) {
	if !st.cat && st.copyTo == "" {
		return stdout, nil
	}
	content, err := os.ReadFile(strings.TrimSpace(stdout))
	if err != nil || st.cat {
		return string(content), err
	}
	return "", os.WriteFile(filepath.Join(s.home, st.copyTo), content, 0o600)
}

const (
	leastToken = 16 // characters; of a shorter one the start would tell too much
	tokenStart = 4
)

func (s *shell) shorten(text string) string {
	if s.token == "" {
		return text
	}
	return strings.ReplaceAll(text, s.token, s.token[:tokenStart]+"...")
}

// interruptGrace is how long a command may take to end once interrupted.
const interruptGrace = 5 * time.Second

// interruptible lets the command clean up when its context ends. It is killed
// where there are no interrupts, and if it does not end.
func interruptible(command *exec.Cmd) {
	command.Cancel = func() error {
		if err := command.Process.Signal(os.Interrupt); err != nil {
			return command.Process.Kill()
		}
		return nil
	}
	command.WaitDelay = interruptGrace
}
