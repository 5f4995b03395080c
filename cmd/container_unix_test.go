//go:build unix

package cmd_test

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"mxlogin/client/clienttest"
)

// stranger is a user ID that has no passwd entry, as containers run under.
const stranger = 1_987_654_321

// TestS27_AUserWithoutPasswdEntryAndHome logs in where nothing can be written.
// Where the tests do not run as root it is their user, who has an entry.
func TestS27_AUserWithoutPasswdEntryAndHome(t *testing.T) {
	mxlogin := executableForAll(t)
	dir := filepath.Dir(mxlogin)
	for name, variable := range map[string]string{
		"no home directory":          "NO_HOME=",
		"an empty one":               "HOME=",
		"one that is not there":      "HOME=/nonexistent",
		"one that cannot be written": "HOME=" + dir,
	} {
		t.Run(name, func(t *testing.T) {
			fake := passwordServer(t, aliceAnswer)
			got := runAsStranger(t, mxlogin, variable, "password", "alice", "--homeserver", fake.URL(), "--skip-flows", "--storage", "none", "-o", "token")
			if got.code != 0 || got.stdout != "tok-of-the-test\n" {
				t.Errorf("exit code %d\n%s%s", got.code, got.stdout, got.stderr)
			}

			fake = passwordServer(t, aliceAnswer)
			fake.On("POST /_matrix/client/v3/logout", clienttest.Reply{Body: "{}"})
			got = runAsStranger(t, mxlogin, variable, "exec", "--ephemeral", "@alice:hs.test", "--homeserver", fake.URL(), "--skip-flows", "--", mxlogin, "version")
			if got.code != 0 || got.stdout == "" {
				t.Errorf("exec: exit code %d\n%s%s", got.code, got.stdout, got.stderr)
			}
		})
	}
}

// TestS27_WhatCannotBeSavedIsNotBegun is the same without --storage none.
func TestS27_WhatCannotBeSavedIsNotBegun(t *testing.T) {
	mxlogin := executableForAll(t)
	fake := clienttest.NewFake(t, clienttest.FakeOptions{})
	got := runAsStranger(t, mxlogin, "HOME="+filepath.Dir(mxlogin)+"/mxlogin", "password", "alice", "--homeserver", fake.URL(), "--skip-flows")
	if got.code != 3 {
		t.Errorf("exit code %d, want 3\n%s%s", got.code, got.stdout, got.stderr)
	}
}

// TestS27_AConfigFileIsReadWhereItCannotBeWritten is a file on a read-only mount.
func TestS27_AConfigFileIsReadWhereItCannotBeWritten(t *testing.T) {
	mxlogin := executableForAll(t)
	fake := clienttest.NewFake(t, clienttest.FakeOptions{})
	fake.On("GET /_matrix/client/v3/account/whoami", clienttest.Reply{Body: `{"user_id":"@alice:hs.test","device_id":"A"}`})
	dir := filepath.Dir(mxlogin)
	config := filepath.Join(dir, "config.yaml")
	text := "version: 1\naccounts:\n  - user_id: \"@alice:hs.test\"\n    homeserver: " + fake.URL() + "\n    access_token: tok-of-the-test\n"
	err := errors.Join(os.Chmod(dir, 0o755), os.WriteFile(config, []byte(text), 0o400))
	if os.Geteuid() == 0 {
		err = errors.Join(err, os.Chown(config, stranger, stranger))
	}
	if err = errors.Join(err, os.Chmod(dir, 0o555)); err != nil {
		t.Fatal(err)
	}
	for _, command := range []string{"access-token", "whoami"} {
		if got := runAsStranger(t, mxlogin, "HOME=/nonexistent", command, "--config", config); got.code != 0 {
			t.Errorf("%s: exit code %d\n%s%s", command, got.code, got.stdout, got.stderr)
		}
	}
}

func runAsStranger(t *testing.T, mxlogin, variable string, args ...string) ended {
	t.Helper()
	command := exec.CommandContext(t.Context(), mxlogin, args...)
	command.Env = []string{variable, noRaceSleep, "MXLOGIN_PASSWORD=pw-of-the-test"}
	command.Dir = filepath.Dir(mxlogin)
	if os.Geteuid() == 0 {
		command.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: stranger, Gid: stranger}}
	}
	return finish(t, command)
}

// executableForAll copies the test binary, which is mxlogin too, to a directory
// that every user may read and nobody may write.
func executableForAll(t *testing.T) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	from, err := os.Open(self)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = from.Close() }()
	dir := t.TempDir()
	path := filepath.Join(dir, "mxlogin")
	to, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o755)
	if err == nil {
		_, err = io.Copy(to, from)
		_ = to.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	for path, mode := range map[string]os.FileMode{filepath.Dir(dir): 0o755, dir: 0o555} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() { _ = os.Chmod(dir, 0o700) })
	return path
}
