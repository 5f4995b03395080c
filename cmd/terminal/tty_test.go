//go:build unix

package terminal_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func answered(text string) string { return fmt.Sprintf("answer: %d %.40q", len(text), text) }

func TestI15_NoTerminalIsSaidAtOnce(t *testing.T) {
	var report bytes.Buffer
	r, w := openPair(os.Pipe())(t)
	cmd := exec.Command(os.Args[0])
	cmd.Env = partEnvironment("secret", "")
	cmd.ExtraFiles = []*os.File{w}
	cmd.SysProcAttr = &unix.SysProcAttr{Setsid: true}
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	_ = w.Close()
	_, _ = report.ReadFrom(r)
	if got := report.String(); got != "open: true\n" {
		t.Errorf("the program reports %q, want ErrNoTerminal from Open", got)
	}
}

// The job's standard input is a pipe with another answer in it.
func TestI16_PromptIsOnTheTerminalWhenStdinIsAPipe(t *testing.T) {
	s, _ := startSecret(t)
	s.typeKeys(canary + "\n")
	s.see("\r\n")
	s.wantReport(answered(canary))
	s.wantEvent("ended")
	s.wantEcho(true)
	s.refuseShown(canary)
}

func TestI18_EchoIsBackAfterASignal(t *testing.T) {
	tests := map[string]func(s *session, pid int){
		"SIGINT":  func(_ *session, pid int) { _ = unix.Kill(pid, unix.SIGINT) },
		"SIGTERM": func(_ *session, pid int) { _ = unix.Kill(pid, unix.SIGTERM) },
		"SIGHUP":  func(_ *session, pid int) { _ = unix.Kill(pid, unix.SIGHUP) },
		"SIGQUIT": func(_ *session, pid int) { _ = unix.Kill(pid, unix.SIGQUIT) },
		"Ctrl-C":  func(s *session, _ int) { s.typeKeys("\x03") },
		"Ctrl-\\": func(s *session, _ int) { s.typeKeys("\x1c") },
	}
	for name, interrupt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, pid := startSecret(t)
			interrupt(s, pid)
			s.wantReport("cancelled")
			s.wantEvent("ended")
			s.wantEcho(true)
		})
	}
}

// What was typed of a secret must not become the shell's next line.
func TestI18_HalfASecretIsNotLeftToTheShell(t *testing.T) {
	s, pid := startSecret(t)
	s.typeKeys(canary)
	_ = unix.Kill(pid, unix.SIGINT)
	s.wantReport("cancelled")
	s.wantEvent("ended")
	s.typeKeys("ls\n")
	s.see("ls\r\n")
	line := make([]byte, 256)
	n, err := s.slave.Read(line)
	if err != nil || string(line[:n]) != "ls\n" {
		t.Errorf("the shell reads %q, %v", line[:n], err)
	}
}

func TestI18_StopAndContinue(t *testing.T) {
	tests := map[string]func(s *session, pid int){
		"Ctrl-Z":  func(s *session, _ int) { s.typeKeys("\x1a") },
		"SIGTSTP": func(_ *session, pid int) { _ = unix.Kill(pid, unix.SIGTSTP) },
	}
	for name, stop := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, pid := startSecret(t)
			for range 2 {
				stop(s, pid)
				s.wantEvent("stopped")
				s.wantEcho(true)
				s.tell("fg")
				s.see(promptText)
				s.wantEcho(false)
			}
			s.typeKeys(canary + "\n")
			s.see("\r\n")
			s.wantReport(answered(canary))
			s.wantEvent("ended")
			s.wantEcho(true)
			s.refuseShown(canary)
		})
	}
}

// SIGSTOP cannot be caught, and the shell puts its own mode on the terminal.
func TestI18_EchoIsOffAgainAfterSIGSTOP(t *testing.T) {
	s, pid := startSecret(t)
	_ = unix.Kill(pid, unix.SIGSTOP)
	s.wantEvent("stopped")
	mode, err := unix.IoctlGetTermios(int(s.slave.Fd()), getTermios)
	if err != nil {
		t.Fatal(err)
	}
	mode.Lflag |= unix.ECHO
	if err := unix.IoctlSetTermios(int(s.slave.Fd()), setTermios, mode); err != nil {
		t.Fatal(err)
	}
	s.tell("fg")
	s.see(promptText)
	s.wantEcho(false)
	s.typeKeys(canary + "\n")
	s.wantReport(answered(canary))
}

// The leader of a session has no shell that could continue it: the kernel drops
// its Ctrl-Z, and so must the prompt.
func TestI18_StopWithoutAShellAsksAgain(t *testing.T) {
	s := newSession(t, "secret", "")
	s.see(promptText)
	s.typeKeys("\x1a")
	s.see(promptText)
	s.wantEcho(false)
	s.typeKeys(canary + "\n")
	s.wantReport(answered(canary))
}

// signal.Stop would leave SIGTSTP without effect.
func TestI18_StopWorksAfterThePrompt(t *testing.T) {
	s := newSession(t, "shell", "stop-later")
	s.start("foreground")
	s.see(promptText)
	s.typeKeys(canary + "\n")
	s.wantEvent("stopped")
	s.tell("fg")
	s.wantReport(answered(canary))
}

func TestI22_BackgroundJobStopsAndLeavesEchoAlone(t *testing.T) {
	s := newSession(t, "shell", "secret")
	s.start("background")
	s.wantEvent("stopped")
	s.wantEcho(true)
	s.tell("bg")
	s.wantEvent("stopped")
	s.wantEcho(true)
	s.refuseShown(promptText)
	s.tell("fg")
	s.see(promptText)
	s.wantEcho(false)
	s.typeKeys(canary + "\n")
	s.wantReport(answered(canary))
	s.wantEvent("ended")
	s.wantEcho(true)
}

func TestI20_KeysOfTheLineDiscipline(t *testing.T) {
	const empty = "refused: nothing was typed at the prompt; "
	tests := map[string]struct{ keys, want string }{
		"Ctrl-D":            {"\x04", empty},
		"Enter":             {"\n", empty},
		"carriage return":   {"abc\r", answered("abc")},
		"Ctrl-D after text": {"abc\x04\x04", answered("abc")},
		"text after Ctrl-D": {"abc\x04def\n", answered("abcdef")},
		"Backspace":         {"abx\x7fc\n", answered("abc")},
		"Ctrl-U":            {"wrong\x15right\n", answered("right")},
		"Ctrl-W":            {"one two\x17three\n", answered("one three")},
		"spaces":            {"  \n", answered("  ")},
		"umlaut":            {"pä\n", answered("pä")},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, _ := startSecret(t)
			s.typeKeys(test.keys)
			s.wantReport(test.want)
			s.wantEvent("ended")
			s.wantEcho(true)
		})
	}
}

func TestI11_PromptRefusesWhatJSONCannotCarry(t *testing.T) {
	tests := map[string]struct{ keys, want string }{
		"NUL":           {"a\x00b\n", "refused: the answer holds a NUL byte; "},
		"invalid UTF-8": {"a\xffb\n", "refused: the answer is not valid UTF-8; "},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s, _ := startSecret(t)
			s.typeKeys(test.keys)
			s.wantReport(test.want)
		})
	}
}

func TestI12_LineThatTheTerminalCutsIsRefused(t *testing.T) {
	limit := 1023
	if runtime.GOOS == "linux" {
		limit = 4095
	}
	refused := fmt.Sprintf("refused: the answer is too long: a terminal cuts lines at %d bytes; give it with the -stdin or -file flag", limit)
	tests := map[string]struct {
		length int
		want   string
	}{
		"just fits":  {limit - 1, answered(strings.Repeat("x", limit-1))},
		"at limit":   {limit, refused},
		"over limit": {5000, refused},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s, _ := startSecret(t)
			s.typeKeys(strings.Repeat("x", test.length) + "\n")
			s.wantReport(test.want)
			s.wantEvent("ended")
			s.wantEcho(true)
		})
	}
}

func TestReadSecretDropsTypeAhead(t *testing.T) {
	s := newSession(t, "shell", "secret")
	s.typeKeys("typed-ahead\n")
	s.see("typed-ahead\r\n")
	s.start("foreground")
	s.see(promptText)
	s.typeKeys(canary + "\n")
	s.wantReport(answered(canary))
}

func TestReadLineEchoesAndKeepsTypeAhead(t *testing.T) {
	s := newSession(t, "shell", "line")
	s.typeKeys("alice\n")
	s.see("alice\r\n")
	s.start("foreground")
	s.wantReport(answered("alice"))
	s.see(`Name\x1b[2J: `)
	s.wantEvent("ended")
	s.wantEcho(true)
}

func TestReadLineMayBeEmpty(t *testing.T) {
	s := newSession(t, "shell", "line")
	s.start("foreground")
	s.see(": ")
	s.wantEcho(true)
	s.typeKeys("\n")
	s.wantReport(answered(""))
}

func TestChoose(t *testing.T) {
	const question = "Number (1-2): "
	tests := map[string]struct {
		answers []string
		want    string
	}{
		"first":          {[]string{"1"}, answered("0")},
		"after nonsense": {[]string{"first", "3", " 2 "}, answered("1")},
		"three times":    {[]string{"0", "-1", ""}, "refused: the answer is not a number from 1 to 2; "},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := newSession(t, "shell", "choose")
			s.start("foreground")
			s.see("Which account?\r\n  1  first\r\n  2  sec\\x1b]52;ond\r\n")
			for _, answer := range test.answers {
				s.see(question)
				s.typeKeys(answer + "\n")
			}
			s.wantReport(test.want)
		})
	}
}

func TestQ25_MarksOfAPasteAreNoPartOfIt(t *testing.T) {
	for name, test := range map[string]struct{ keys, want string }{
		"pasted":          {"\x1b[200~pasted\x1b[201~\n", answered("pasted")},
		"an arrow key":    {"pass\x1b[Dword\n", "refused: the answer has an escape sequence, as arrow keys send it; type it again"},
		"a mark alone":    {"pass\x1b[200~word\n", "refused: the answer has an escape sequence, as arrow keys send it; type it again"},
		"nothing between": {"\x1b[200~\x1b[201~\n", "refused: nothing was typed at the prompt; "},
	} {
		t.Run(name, func(t *testing.T) {
			s, _ := startSecret(t)
			s.typeKeys(test.keys)
			s.wantReport(test.want)
		})
	}
}
