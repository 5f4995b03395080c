//go:build unix

package cmd_test

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"mxlogin/client/clienttest"
)

// process is mxlogin as a process of its own, with an empty home.
func process(t *testing.T, args ...string) (cmd *exec.Cmd, configFile string, stderr *bytes.Buffer) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	home := t.TempDir()
	stderr = new(bytes.Buffer)
	cmd = exec.Command(self, args...)
	cmd.Args[0] = "mxlogin"
	cmd.Env = []string{"HOME=" + home, noRaceSleep, "MXLOGIN_PASSWORD=pw-of-the-test"}
	cmd.Stderr = stderr
	return cmd, filepath.Join(home, ".config", "mxlogin", "config.yaml"), stderr
}

func passwordServer(t *testing.T, answer string) *clienttest.Fake {
	t.Helper()
	fake := clienttest.NewFake(t, clienttest.FakeOptions{})
	fake.On("POST /_matrix/client/v3/login", clienttest.Reply{Body: answer})
	return fake
}

const aliceAnswer = `{"user_id":"@alice:hs.test","access_token":"tok-of-the-test","device_id":"A"}`

func savedIn(t *testing.T, configFile string) bool {
	t.Helper()
	content, err := os.ReadFile(configFile)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Contains(string(content), "tok-of-the-test") && !strings.Contains(string(content), "pending")
}

func TestI27_TheSessionIsSavedBeforeTheFirstByteOfOutput(t *testing.T) {
	fake := passwordServer(t, aliceAnswer)
	cmd, configFile, _ := process(t, "password", "alice", "--homeserver", fake.URL(), "--skip-flows")
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	_ = reader.Close()
	cmd.Stdout = writer
	err = cmd.Run()
	_ = writer.Close()
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		t.Errorf("writing into a pipe that nobody reads ended well: %v", err)
	}
	if !savedIn(t, configFile) {
		t.Error("the session was not saved")
	}
}

func TestI28_AFullDeviceIsAnErrorAndTheSessionIsKept(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if errors.Is(err, os.ErrNotExist) {
		clienttest.Skip(t, "this system has no /dev/full")
	}
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = full.Close() }()
	fake := passwordServer(t, aliceAnswer)
	cmd, configFile, stderr := process(t, "password", "alice", "--homeserver", fake.URL(), "--skip-flows")
	cmd.Stdout = full
	err = cmd.Run()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 1 {
		t.Errorf("%v, want exit code 1", err)
	}
	if !strings.Contains(stderr.String(), "no space left on device") {
		t.Errorf("stderr: %s", stderr)
	}
	if !savedIn(t, configFile) {
		t.Error("the session was not saved")
	}
}

// TestI30_ASignalAfterTheAnswerDoesNotLoseTheSession stops mxlogin while it asks
// whoami for the device that the answer left out.
func TestI30_ASignalAfterTheAnswerDoesNotLoseTheSession(t *testing.T) {
	fake := passwordServer(t, `{"user_id":"@alice:hs.test","access_token":"tok-of-the-test"}`)
	fake.Handle("GET /_matrix/client/v3/account/whoami", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	cmd, configFile, stderr := process(t, "password", "alice", "--homeserver", fake.URL(), "--skip-flows")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := fake.Await(ctx, "GET /_matrix/client/v3/account/whoami"); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	err := cmd.Wait()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGTERM {
		t.Errorf("%v, want the end by SIGTERM\n%s", err, stderr)
	}
	if !savedIn(t, configFile) {
		t.Error("the session was lost")
	}
}

// TestASignalDuringTheLogin ends it by that signal, and the device is remembered.
func TestASignalDuringTheLogin(t *testing.T) {
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		fake := clienttest.NewFake(t, clienttest.FakeOptions{})
		fake.On("POST /_matrix/client/v3/login", clienttest.Reply{Hold: true})
		cmd, configFile, stderr := process(t, "password", "@alice:hs.test", "--homeserver", fake.URL(), "--skip-flows")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		if err := fake.Await(ctx, "POST /_matrix/client/v3/login"); err != nil {
			t.Fatal(err)
		}
		if err := cmd.Process.Signal(signal); err != nil {
			t.Fatal(err)
		}
		err := cmd.Wait()
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != signal {
			t.Errorf("%v, want the end by %s", err, signal)
		}
		if !strings.Contains(stderr.String(), "interrupted; the login may have gone through, as device ") {
			t.Errorf("stderr: %s", stderr)
		}
		content, err := os.ReadFile(configFile)
		if err != nil || !strings.Contains(string(content), "pending: true") {
			t.Errorf("the device is not remembered: %v\n%s", err, content)
		}
	}
}

func TestI23_TheEnvironmentOfChildrenHoldsNoSecret(t *testing.T) {
	fake := clienttest.NewFake(t, clienttest.FakeOptions{})
	fake.On("POST /_matrix/client/v3/login", clienttest.Reply{Body: aliceAnswer})
	cmd, _, stderr := process(t, "password", "alice", "--homeserver", fake.URL(), "--skip-flows",
		"--password-command", `sh -c "env >&2; echo pw-of-the-command"`)
	cmd.Env = append(cmd.Env, "MXLOGIN_ACCESS_TOKEN=tok-of-the-environment", "KEPT=yes", "PATH="+os.Getenv("PATH"))
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v\n%s", err, stderr)
	}
	clienttest.ScanForSecrets(t, "the child's environment", stderr.Bytes(), "pw-of-the-test", "tok-of-the-environment")
	if !strings.Contains(stderr.String(), "KEPT=yes") {
		t.Errorf("the child has no environment at all: %s", stderr)
	}
}
