//go:build unix

package cmd_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"mxlogin/client/clienttest"
	"mxlogin/cmd"
)

// resident is a user of the shared Dendrite.
type resident struct {
	server           *clienttest.Dendrite
	userID, password string
}

func newResident(t *testing.T) resident {
	t.Helper()
	if testing.Short() {
		t.Skip("-short: no server is started")
	}
	server, err := localDendrite.start()
	if err != nil {
		t.Fatal(err)
	}
	localpart, password := strings.ToLower(clienttest.NewCanary("exec").String()), clienttest.NewCanary("pw").String()
	if err := server.Register(t.Context(), localpart, password); err != nil {
		t.Fatal(err)
	}
	return resident{server: server, userID: "@" + localpart + ":" + server.ServerName, password: password}
}

// hasNoDevice fails the test if the server still has a session of the user.
func (r resident) hasNoDevice(t *testing.T) {
	t.Helper()
	localpart, _, _ := strings.Cut(r.userID[1:], ":")
	devices, err := r.server.Devices(t.Context(), localpart, r.password)
	if err != nil || len(devices) != 0 {
		t.Errorf("the server has %v, %v", devices, err)
	}
}

// ephemeral is mxlogin with a command that runs with a session of r, made at base.
func (r resident) ephemeral(t *testing.T, base string, command ...string) (child *exec.Cmd, configFile string, stderr *bytes.Buffer) {
	t.Helper()
	args := append([]string{"exec", "--ephemeral", r.userID, "--homeserver", base, "--"}, command...)
	child, configFile, stderr = process(t, args...)
	child.Env = append(child.Env, "MXLOGIN_PASSWORD="+r.password, "PATH="+os.Getenv("PATH"))
	return child, configFile, stderr
}

// startReady starts child and returns once it has written a line.
func startReady(t *testing.T, child *exec.Cmd) {
	t.Helper()
	stdout, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = child.Process.Kill() })
	if _, err := bufio.NewReader(stdout).ReadString('\n'); err != nil {
		t.Fatalf("the command did not start: %v", err)
	}
}

func exitCodeOf(err error) int {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0
	case !errors.As(err, &exit):
		return -1
	}
	if status := exit.Sys().(syscall.WaitStatus); status.Signaled() {
		return 128 + int(status.Signal())
	}
	return exit.ExitCode()
}

func notThere(t *testing.T, path string) {
	t.Helper()
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%s: %v, want none", path, err)
	}
}

// waits is a shell script that waits, once it has said so, and does onTerm when it
// is told to end.
func waits(onTerm string) []string {
	return []string{"sh", "-c", "sleep 60 & trap 'kill $!; " + onTerm + "' TERM; echo ready; wait"}
}

func TestExecPassesSignalsOn(t *testing.T) {
	child, _, stderr := process(t, append([]string{"exec", "--"}, waits("exit 7")...)...)
	child.Env = append(child.Env, "PATH="+os.Getenv("PATH"), "MXLOGIN_CONFIG="+savedSession(t))
	startReady(t, child)
	if err := child.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if code := exitCodeOf(child.Wait()); code != 7 || stderr.Len() > 0 {
		t.Errorf("exit code %d, want that of the command; stderr: %s", code, stderr)
	}
}

// savedSession is a config file with one account.
func savedSession(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config.yaml")
	config := `{version: 1, accounts: [{user_id: "@alice:hs.test", homeserver: "https://hs.test", device_id: A, access_token: tok-of-the-test}]}`
	if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestExecStartsNothingAfterASignal(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(&cmd.SignalError{Signal: syscall.SIGTERM})
	var stdout, stderr bytes.Buffer
	code := cmd.Run(ctx, []string{"exec", "--", "echo", "ran"}, &cmd.App{
		Stdin: strings.NewReader(""), Stdout: &stdout, Stderr: &stderr, Now: time.Now,
		Environment: cmd.NewEnvironment([]string{"MXLOGIN_CONFIG=" + savedSession(t)}),
	})
	if code != 143 || stdout.Len() > 0 {
		t.Errorf("exit code %d, want 143; stdout: %s; stderr: %s", code, &stdout, &stderr)
	}
}

func TestEphemeralSessionsEndWithASignal(t *testing.T) {
	cases := map[string]struct {
		onTerm string
		want   int
	}{
		"the command ends by it":  {"trap - TERM; kill -TERM $$", 143},
		"the command ends itself": {"exit 3", 3},
		"the command ends well":   {"exit 0", 0},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			user := newResident(t)
			child, configFile, stderr := user.ephemeral(t, user.server.URL(), waits(c.onTerm)...)
			startReady(t, child)
			if err := child.Process.Signal(syscall.SIGTERM); err != nil {
				t.Fatal(err)
			}
			if code := exitCodeOf(child.Wait()); code != c.want || stderr.Len() > 0 {
				t.Errorf("exit code %d, want %d; stderr: %s", code, c.want, stderr)
			}
			user.hasNoDevice(t)
			notThere(t, configFile)
		})
	}
}

// TestEphemeralSessionOfAnInterruptedLogin has the signal come after the server
// has logged in, and before mxlogin has the answer.
func TestEphemeralSessionOfAnInterruptedLogin(t *testing.T) {
	user := newResident(t)
	target, err := url.Parse(user.server.URL())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	proxy := httputil.NewSingleHostReverseProxy(target)
	proxy.ModifyResponse = func(resp *http.Response) error {
		if resp.Request.Method == http.MethodPost && strings.HasSuffix(resp.Request.URL.Path, "/login") {
			cancel(&cmd.SignalError{Signal: syscall.SIGTERM})
		}
		return nil
	}
	front := httptest.NewServer(proxy)
	defer front.Close()

	home := t.TempDir()
	var stdout, stderr bytes.Buffer
	code := cmd.Run(ctx, []string{"exec", "--ephemeral", user.userID, "--homeserver", front.URL, "--", "sh", "-c", "echo ran"}, &cmd.App{
		Stdin: strings.NewReader(""), Stdout: &stdout, Stderr: &stderr, Now: time.Now,
		Environment: cmd.NewEnvironment([]string{"HOME=" + home, "MXLOGIN_PASSWORD=" + user.password}),
	})
	if code != 143 || stdout.Len() > 0 || strings.TrimSpace(stderr.String()) != "mxlogin: interrupted" {
		t.Errorf("exit code %d, want 143; stdout: %s; stderr: %s", code, &stdout, &stderr)
	}
	user.hasNoDevice(t)
	notThere(t, filepath.Join(home, ".config"))
}

// TestQ20_ASecondSignalDoesNotCutTheLogout of a session that nobody else can end.
func TestQ20_ASecondSignalDoesNotCutTheLogout(t *testing.T) {
	fake := clienttest.NewFake(t, clienttest.FakeOptions{})
	fake.On("GET /_matrix/client/v3/login", clienttest.Reply{Body: passwordFlows})
	fake.On("POST /_matrix/client/v3/login", clienttest.Reply{Body: aliceAnswer})
	asked, goOn := make(chan struct{}), make(chan struct{})
	fake.Handle("POST /_matrix/client/v3/logout", func(w http.ResponseWriter, _ *http.Request) {
		close(asked)
		<-goOn
		_, _ = w.Write([]byte("{}"))
	})
	child, _, stderr := process(t, append([]string{"exec", "--ephemeral", "@alice:hs.test", "--device-id", "A", "--homeserver", fake.URL(), "--"}, waits("exit 0")...)...)
	child.Env = append(child.Env, "PATH="+os.Getenv("PATH"))
	startReady(t, child)
	if err := child.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	<-asked
	for range 3 {
		if err := child.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
	}
	close(goOn)
	if code := exitCodeOf(child.Wait()); code != 0 || stderr.Len() > 0 {
		t.Errorf("exit code %d; stderr: %s", code, stderr)
	}
}

// TestQ15_IgnoredSignalsStayIgnored, here and in the command: nohup means it.
func TestQ15_IgnoredSignalsStayIgnored(t *testing.T) {
	child, _, stderr := process(t)
	self := child.Path
	child.Path, child.Args = "/bin/sh", []string{"sh", "-c", `trap '' HUP; exec -a mxlogin "$0" exec -- sh -c 'kill -HUP $PPID; kill -HUP $$; echo alive'`, self}
	if bash, err := exec.LookPath("bash"); err == nil { // exec -a
		child.Path = bash
	}
	child.Env = append(child.Env, "PATH="+os.Getenv("PATH"), "MXLOGIN_CONFIG="+savedSession(t))
	out, err := child.Output()
	if err != nil || string(out) != "alive\n" {
		t.Errorf("%v, %q\n%s", err, out, stderr)
	}
}

// TestQ22_CtrlCReachesTheCommandOnce, also where its standard input is no terminal.
func TestQ22_CtrlCReachesTheCommandOnce(t *testing.T) {
	const count = `n=0; trap 'n=$((n+1))' INT; echo ready >/dev/tty; while ! read x </dev/tty; do :; done; echo "got $n"`
	for name, stdin := range map[string]func(*prompted) io.Reader{
		"a pipe":     func(*prompted) io.Reader { return strings.NewReader("") },
		"a terminal": func(p *prompted) io.Reader { return p.tty },
	} {
		t.Run(name, func(t *testing.T) {
			p := newPrompted(t, "exec", "--", "sh", "-c", count)
			p.Env = append(p.Env, "PATH="+os.Getenv("PATH"), "MXLOGIN_CONFIG="+savedSession(t))
			p.Stdin = stdin(p)
			p.start(t)
			p.await(t, "ready")
			if _, err := p.keyboard.WriteString("\x03"); err != nil {
				t.Fatal(err)
			}
			p.await(t, "^C")
			if _, err := p.keyboard.WriteString("x\n"); err != nil {
				t.Fatal(err)
			}
			if err := p.Wait(); err != nil || p.stdout.String() != "got 1\n" {
				t.Errorf("%v, stdout %q\n%s", err, &p.stdout, p.stderr)
			}
		})
	}
}
