//go:build unix

package cmd_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"

	"mxlogin/client/clienttest"
)

const passwordFlows = `{"flows":[{"type":"m.login.password"}]}`

// prompted is mxlogin with a terminal to ask on and other things for its streams.
type prompted struct {
	*exec.Cmd
	keyboard *os.File // the other side of the terminal
	tty      *os.File
	screen   chan string
	stdout   bytes.Buffer
	stderr   *bytes.Buffer
	config   string
}

func startPrompted(t *testing.T, args ...string) *prompted {
	t.Helper()
	p := newPrompted(t, args...)
	p.start(t)
	return p
}

// newPrompted is startPrompted for one that is to be changed before it starts.
func newPrompted(t *testing.T, args ...string) *prompted {
	t.Helper()
	keyboard, tty, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	p := &prompted{keyboard: keyboard, tty: tty, screen: make(chan string, 100)}
	p.Cmd, p.config, p.stderr = process(t, args...)
	p.Env = p.Env[:2] // without the password
	p.Stdin, p.Stdout = strings.NewReader("not the password\n"), &p.stdout
	p.ExtraFiles = []*os.File{tty}
	p.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true, Ctty: 3}
	return p
}

func (p *prompted) start(t *testing.T) {
	t.Helper()
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(p.screen)
		buffer := make([]byte, 1024)
		for {
			n, err := p.keyboard.Read(buffer)
			if n > 0 {
				p.screen <- string(buffer[:n])
			}
			if err != nil {
				return
			}
		}
	}()
	t.Cleanup(func() {
		_ = p.Process.Kill()
		_ = p.keyboard.Close()
		_ = p.tty.Close()
	})
}

// await reads the screen until it shows want, and returns all of it.
func (p *prompted) await(t *testing.T, want string) string {
	t.Helper()
	seen := ""
	deadline := time.After(20 * time.Second)
	for !strings.Contains(seen, want) {
		select {
		case text, ok := <-p.screen:
			if !ok {
				t.Fatalf("the screen closed before it showed %q: %q", want, seen)
			}
			seen += text
		case <-deadline:
			t.Fatalf("the screen does not show %q: %q\n%s", want, seen, p.stderr)
		}
	}
	return seen
}

// echoes reports whether the terminal shows what is typed.
func (p *prompted) echoes(t *testing.T) bool {
	t.Helper()
	stty := exec.Command("stty", "-a")
	stty.Stdin = p.tty
	out, err := stty.Output()
	if err != nil {
		t.Fatalf("stty: %v", err)
	}
	return !strings.Contains(string(out), "-echo ")
}

func TestI16_ThePromptIsOnTheTerminalWhateverTheStreamsAre(t *testing.T) {
	fake := clienttest.NewFake(t, clienttest.FakeOptions{})
	fake.On("GET /_matrix/client/v3/login", clienttest.Reply{Body: passwordFlows})
	fake.On("POST /_matrix/client/v3/login", clienttest.Reply{Body: aliceAnswer})
	p := startPrompted(t, "password", "@alice:hs.test", "--homeserver", fake.URL())
	prompt := "Password of @alice:hs.test for " + fake.URL() + ": "
	p.await(t, prompt)
	if p.echoes(t) {
		t.Error("the password would be shown")
	}
	if _, err := p.keyboard.WriteString("typed-password\n"); err != nil {
		t.Fatal(err)
	}
	if err := p.Wait(); err != nil {
		t.Fatalf("%v\n%s", err, p.stderr)
	}
	if !p.echoes(t) {
		t.Error("the terminal was left without echo")
	}
	if body := fake.Requests()[1].Body; !strings.Contains(body, `"password":"typed-password"`) {
		t.Errorf("sent %s", body)
	}
	if !strings.HasPrefix(p.stdout.String(), "Logged in as @alice:hs.test\n") || strings.Contains(p.stderr.String(), "Password") {
		t.Errorf("stdout %q, stderr %q", &p.stdout, p.stderr)
	}
}

func TestI18_ASignalAtThePromptRestoresTheEchoAndEndsByItself(t *testing.T) {
	cases := []struct {
		name   string
		send   func(*prompted) error
		signal syscall.Signal // 0: by exit code
		code   int
	}{
		{"Ctrl-C", func(p *prompted) error { _, err := p.keyboard.WriteString("\x03"); return err }, syscall.SIGINT, 0},
		{"SIGTERM", func(p *prompted) error { return p.Process.Signal(syscall.SIGTERM) }, syscall.SIGTERM, 0},
		{"SIGHUP", func(p *prompted) error { return p.Process.Signal(syscall.SIGHUP) }, syscall.SIGHUP, 0},
		// The default of SIGQUIT dumps core, so the code stands for it.
		{"Ctrl-\\", func(p *prompted) error { _, err := p.keyboard.WriteString("\x1c"); return err }, 0, 131},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			fake := clienttest.NewFake(t, clienttest.FakeOptions{})
			fake.On("GET /_matrix/client/v3/login", clienttest.Reply{Body: passwordFlows})
			p := startPrompted(t, "password", "@alice:hs.test", "--homeserver", fake.URL())
			p.await(t, "Password of ")
			if err := c.send(p); err != nil {
				t.Fatal(err)
			}
			err := p.Wait()
			var exit *exec.ExitError
			if !errors.As(err, &exit) {
				t.Fatalf("ended well: %v", err)
			}
			status, _ := exit.Sys().(syscall.WaitStatus)
			if c.signal != 0 && status.Signal() != c.signal || c.signal == 0 && exit.ExitCode() != c.code {
				t.Errorf("%v", err)
			}
			if !p.echoes(t) {
				t.Error("the terminal was left without echo")
			}
			if p.stdout.Len() != 0 {
				t.Errorf("stdout %q", &p.stdout)
			}
			if _, err := os.Stat(p.config); !errors.Is(err, os.ErrNotExist) {
				t.Error("something was saved")
			}
		})
	}
}

// TestI19_AProcessKilledAtThePromptLeavesNothingBehind but the terminal without
// echo, which nobody can restore then; docs/security.md says so.
func TestI19_AProcessKilledAtThePromptLeavesNothingBehind(t *testing.T) {
	fake := clienttest.NewFake(t, clienttest.FakeOptions{})
	fake.On("GET /_matrix/client/v3/login", clienttest.Reply{Body: passwordFlows})
	p := startPrompted(t, "password", "@alice:hs.test", "--homeserver", fake.URL())
	p.await(t, "Password of ")
	if err := p.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = p.Wait()
	if p.echoes(t) {
		t.Error("the echo is on: this test no longer shows what it says")
	}
	if _, err := os.Stat(p.config); !errors.Is(err, os.ErrNotExist) {
		t.Error("something was saved")
	}
}

// TestARateLimitIsCountedDownOnOneLine watches stderr on a terminal.
func TestARateLimitIsCountedDownOnOneLine(t *testing.T) {
	fake := clienttest.NewFake(t, clienttest.FakeOptions{})
	fake.On("POST /_matrix/client/v3/login",
		clienttest.Reply{Status: 429, Header: map[string]string{"Retry-After": "2"}, Body: `{"errcode":"M_LIMIT_EXCEEDED"}`},
		clienttest.Reply{Body: aliceAnswer})
	keyboard, tty, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = keyboard.Close() }()
	cmd, _, _ := process(t, "password", "alice", "--homeserver", fake.URL(), "--skip-flows")
	cmd.Stderr = tty
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	_ = tty.Close()
	var screen bytes.Buffer
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { _ = keyboard.Close() })
	defer stop()
	_, _ = screen.ReadFrom(keyboard) // ends with an error where the other side is closed
	want := "\rmxlogin: rate limited, waiting 2s\rmxlogin: rate limited, waiting 1s\r"
	countdown, _, _ := strings.Cut(screen.String(), "mxlogin: warning")
	if !strings.HasPrefix(countdown, want) || strings.ContainsAny(countdown, "\n\x1b") || strings.TrimRight(countdown, " \r") == countdown {
		t.Errorf("%q", countdown)
	}
}

// TestLogoutOfAllDevicesAsks: other people may be using them.
func TestLogoutOfAllDevicesAsks(t *testing.T) {
	for answer, code := range map[string]int{"yes": 0, "no": 2, "": 2} {
		fake := clienttest.NewFake(t, clienttest.FakeOptions{})
		if answer == "yes" {
			fake.On("POST /_matrix/client/v3/logout/all", clienttest.Reply{Body: "{}"})
		}
		p := newPrompted(t, "logout", "--all-devices")
		p.config = savedFor(t, p, fake.URL())
		a := startAtTerminal(t, p)
		a.see("End all sessions of @alice:hs.test at " + fake.URL() + ", on every device? Type yes: ")
		a.typeKeys(answer + "\n")
		if err := a.end(); exitCodeOf(err) != code {
			t.Errorf("%q: %v\n%s", answer, err, a.shown)
		}
	}
}

// savedFor saves a session of alice at a homeserver for the process.
func savedFor(t *testing.T, p *prompted, homeserver string) (configFile string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(p.config), 0o700); err != nil {
		t.Fatal(err)
	}
	text := "version: 1\naccounts:\n  - user_id: \"@alice:hs.test\"\n    homeserver: " + homeserver + "\n    device_id: A\n    access_token: tok-of-the-test\n    flow: m.login.password\n"
	if err := os.WriteFile(p.config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return p.config
}

// TestARefusedPasswordIsAskedForAgain, three times in all; one that a file gave is not.
func TestARefusedPasswordIsAskedForAgain(t *testing.T) {
	refused := clienttest.Reply{Status: 403, Body: `{"errcode":"M_FORBIDDEN","error":"Invalid username or password"}`}
	for name, test := range map[string]struct {
		answers []clienttest.Reply
		code    int
	}{
		"the second is right": {[]clienttest.Reply{refused, {Body: aliceAnswer}}, 0},
		"none is right":       {[]clienttest.Reply{refused, refused, refused}, 4},
	} {
		t.Run(name, func(t *testing.T) {
			fake := clienttest.NewFake(t, clienttest.FakeOptions{})
			fake.On("POST /_matrix/client/v3/login", test.answers...)
			a := startAtTerminal(t, newPrompted(t, "password", "@alice:hs.test", "--homeserver", fake.URL(), "--skip-flows", "--device-id", "A"))
			prompt := "Password of @alice:hs.test for " + fake.URL() + ": "
			a.see(prompt)
			for range len(test.answers) - 1 {
				a.typeKeys("wrong\n")
				a.see("The server refused that. " + prompt)
			}
			a.typeKeys("last\n")
			if err := a.end(); exitCodeOf(err) != test.code {
				t.Errorf("%v\n%s", err, a.shown)
			}
		})
	}
	fake := clienttest.NewFake(t, clienttest.FakeOptions{})
	fake.On("POST /_matrix/client/v3/login", refused)
	file := filepath.Join(t.TempDir(), "pw")
	if err := os.WriteFile(file, []byte("wrong"), 0o600); err != nil {
		t.Fatal(err)
	}
	a := startAtTerminal(t, newPrompted(t, "password", "@alice:hs.test", "--homeserver", fake.URL(), "--skip-flows", "--password-file", file))
	a.fails(4)
}

// TestWhichOfSeveralAccounts is asked for where somebody is there, by number.
func TestWhichOfSeveralAccounts(t *testing.T) {
	p := newPrompted(t, "access-token")
	if err := os.MkdirAll(filepath.Dir(p.config), 0o700); err != nil {
		t.Fatal(err)
	}
	text := "version: 1\naccounts:\n"
	for _, name := range []string{"alice", "bot"} {
		text += "  - user_id: \"@" + name + ":hs.test\"\n    homeserver: https://hs.test\n    access_token: tok-of-" + name + "\n"
	}
	if err := os.WriteFile(p.config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	a := startAtTerminal(t, p)
	if seen := a.see("Which account?"); strings.Contains(seen, "tok-of") {
		t.Errorf("shown %q", seen)
	}
	a.typeKeys("2\n")
	if err := a.end(); err != nil || a.stdout.String() != "tok-of-bot\n" {
		t.Errorf("%v, stdout %q\n%s", err, &a.stdout, a.shown)
	}
	again := newPrompted(t, "access-token", "--no-input")
	again.Env, again.config = p.Env, p.config
	startAtTerminal(t, again).fails(2)
}

// TestATerminalThatIsClosedAtThePrompt ends the run, by the signal that comes of it or by
// the end of the input, and nothing has been sent.
func TestATerminalThatIsClosedAtThePrompt(t *testing.T) {
	fake := clienttest.NewFake(t, clienttest.FakeOptions{})
	fake.On("GET /_matrix/client/v3/login", clienttest.Reply{Body: passwordFlows})
	fake.OnEvery("GET /_matrix/client/v1/auth_metadata", clienttest.Reply{Status: 404})
	fake.OnEvery("GET /_matrix/client/unstable/org.matrix.msc2965/auth_metadata", clienttest.Reply{Status: 404})
	p := newPrompted(t, "password", "@alice:hs.test", "--homeserver", fake.URL())
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	killer := time.AfterFunc(20*time.Second, func() { _ = p.Process.Kill() })
	defer killer.Stop()
	// Read here: a reader beside this would keep the terminal open.
	for shown, buffer := "", make([]byte, 1024); !strings.Contains(shown, "Password of "); {
		n, err := p.keyboard.Read(buffer)
		if err != nil {
			t.Fatal(err)
		}
		shown += string(buffer[:n])
	}
	if err := errors.Join(p.tty.Close(), p.keyboard.Close()); err != nil {
		t.Fatal(err)
	}
	if code := exitCodeOf(p.Wait()); code != 2 && code != 128+int(syscall.SIGHUP) {
		t.Errorf("exit code %d\n%s", code, p.stderr)
	}
	if _, err := os.Stat(p.config); err == nil || p.stdout.Len() > 0 {
		t.Errorf("something was saved, or printed: %s", &p.stdout)
	}
}
