//go:build unix

package terminal_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"mxlogin/cmd/terminal"
)

// The test binary plays more parts than its own: a shell with job control, and
// the programs that ask. These variables name the part, and the shell's job.
const (
	roleVariable = "MXLOGIN_TERMINAL_TEST_ROLE"
	jobVariable  = "MXLOGIN_TERMINAL_TEST_JOB"
)

// The files that the parts get beside the standard streams.
const (
	reportFD   = 3 // what came of asking, a line
	commandsFD = 4 // what the shell is to do, a line each
	eventsFD   = 5 // what became of the shell's job, a line each
)

const promptText = "Secret for @a:example.org: "

func TestMain(m *testing.M) {
	parts := map[string]func(){
		"":           func() { os.Exit(m.Run()) },
		"shell":      playShell,
		"secret":     func() { play(askSecret) },
		"line":       func() { play(askLine) },
		"choose":     func() { play(askChoice) },
		"stop-later": func() { play(stopAfterAsking) },
		"browse":     openLoginPage,
	}
	parts[os.Getenv(roleVariable)]()
}

type asking func(context.Context, *terminal.Terminal) (string, error)

func askSecret(ctx context.Context, t *terminal.Terminal) (string, error) {
	v, err := t.ReadSecret(ctx, promptText)
	return v.Reveal(), err
}

func askLine(ctx context.Context, t *terminal.Terminal) (string, error) {
	return t.ReadLine(ctx, "Name\x1b[2J: ")
}

func askChoice(ctx context.Context, t *terminal.Terminal) (string, error) {
	i, err := t.Choose(ctx, "Which account?", []string{"first", "sec\x1b]52;ond"})
	return fmt.Sprint(i), err
}

func stopAfterAsking(ctx context.Context, t *terminal.Terminal) (string, error) {
	answer, err := askSecret(ctx, t)
	if err != nil {
		return "", err
	}
	continued := make(chan os.Signal, 1)
	signal.Notify(continued, unix.SIGCONT)
	if err := unix.Kill(os.Getpid(), unix.SIGTSTP); err != nil {
		return "", err
	}
	select {
	case <-continued:
		return answer, nil
	case <-ctx.Done():
		return "", errors.New("not stopped")
	}
}

// openLoginPage opens loginPage in the browser that the environment has.
func openLoginPage() {
	report := os.NewFile(reportFD, "report")
	open := terminal.FindBrowser(os.LookupEnv, os.Environ())
	if open == nil {
		fmt.Fprintln(report, "no browser")
		return
	}
	if err := open(loginPage); err != nil {
		fmt.Fprintln(report, "failed:", err)
		return
	}
	fmt.Fprintln(report, "opened")
}

// play asks and reports what came of it.
func play(ask asking) {
	report := os.NewFile(reportFD, "report")
	ctx, stop := signal.NotifyContext(context.Background(), unix.SIGINT, unix.SIGTERM, unix.SIGHUP, unix.SIGQUIT)
	defer stop()
	t, err := terminal.Open()
	if err != nil {
		fmt.Fprintln(report, "open:", errors.Is(err, terminal.ErrNoTerminal))
		return
	}
	answer, err := ask(ctx, t)
	fmt.Fprintln(report, outcome(ctx, answer, err))
	_ = t.Close()
}

func outcome(ctx context.Context, answer string, err error) string {
	var input *terminal.InputError
	switch {
	case ctx.Err() != nil && errors.Is(err, context.Cause(ctx)):
		return "cancelled"
	case errors.As(err, &input):
		return "refused: " + input.Message + "; " + input.Hint
	case errors.Is(err, terminal.ErrNoTerminal):
		return "no terminal"
	case err != nil:
		return "failed: " + err.Error()
	}
	return fmt.Sprintf("answer: %d %.40q", len(answer), answer)
}

// playShell leads a session and runs one job in it, as told.
func playShell() {
	commands := bufio.NewScanner(os.NewFile(commandsFD, "commands"))
	events := os.NewFile(eventsFD, "events")
	job := 0
	for commands.Scan() {
		switch command := commands.Text(); command {
		case "start in foreground", "start in background":
			pid, err := startJob(strings.HasSuffix(command, "foreground"))
			if err != nil {
				fmt.Fprintln(events, "error", err)
				return
			}
			job = pid
			// A shell may set the terminal from its background. Only now:
			// the job would inherit it.
			signal.Ignore(unix.SIGTTOU)
			fmt.Fprintln(events, "pid", pid)
			go watchJob(pid, events)
		case "fg":
			_ = unix.IoctlSetPointerInt(0, unix.TIOCSPGRP, job)
			_ = unix.Kill(-job, unix.SIGCONT)
		case "bg":
			_ = unix.Kill(-job, unix.SIGCONT)
		}
	}
}

// partEnvironment makes the test binary play role. The race detector would hold
// up its exit by a second.
func partEnvironment(role, job string) []string {
	return append(os.Environ(), roleVariable+"="+role, jobVariable+"="+job, "GORACE=atexit_sleep_ms=0")
}

// startJob starts the job in a process group of its own. Its standard input is
// no terminal.
func startJob(foreground bool) (pid int, err error) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = partEnvironment(os.Getenv(jobVariable), "")
	cmd.Stdin = strings.NewReader("not the answer\n")
	cmd.ExtraFiles = []*os.File{os.NewFile(reportFD, "report")}
	cmd.SysProcAttr = &unix.SysProcAttr{Setpgid: true, Foreground: foreground, Ctty: 0}
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	return cmd.Process.Pid, nil
}

// watchJob tells when the job stops or ends, and takes the terminal back.
func watchJob(pid int, events *os.File) {
	for {
		var status unix.WaitStatus
		_, err := unix.Wait4(pid, &status, unix.WUNTRACED, nil)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			fmt.Fprintln(events, "error", err)
			return
		}
		if !status.Stopped() {
			fmt.Fprintln(events, "ended")
			return
		}
		_ = unix.IoctlSetPointerInt(0, unix.TIOCSPGRP, unix.Getpgrp())
		fmt.Fprintln(events, "stopped")
	}
}
