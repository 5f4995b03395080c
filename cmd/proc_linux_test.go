package cmd_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"mxlogin/client/clienttest"
)

// heldLogin starts a login by a password command, stops it while the server holds
// the answer back, and returns its process ID.
func heldLogin(t *testing.T, password string) int {
	t.Helper()
	fake := clienttest.NewFake(t, clienttest.FakeOptions{})
	fake.On("POST /_matrix/client/v3/login", clienttest.Reply{Hold: true})
	file := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(file, []byte(password), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd, _, _ := process(t, "password", "@alice:hs.test", "--homeserver", fake.URL(), "--skip-flows", "--password-file", file)
	cmd.Env = append(cmd.Env, "MXLOGIN_LOGIN_TOKEN="+password)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := fake.Await(ctx, "POST /_matrix/client/v3/login"); err != nil {
		t.Fatal(err)
	}
	return cmd.Process.Pid
}

func TestK1_ArgumentsHoldNoSecret(t *testing.T) {
	password := clienttest.NewCanary("pw").String()
	arguments, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", heldLogin(t, password)))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(arguments, []byte("--password-file")) {
		t.Errorf("these are no arguments of ours: %q", arguments)
	}
	clienttest.ScanForSecrets(t, "the arguments", arguments, password)
}

// TestK2_TheEnvironmentIsCleanAfterTheStart: what mxlogin and its children see
// holds no secret. The kernel still shows what the process was started with, but to
// nobody else than root.
func TestK2_TheEnvironmentIsCleanAfterTheStart(t *testing.T) {
	token := clienttest.NewCanary("tok").String()
	cmd, _, stderr := process(t, "exec", "--", "env")
	fake := clienttest.NewFake(t, clienttest.FakeOptions{})
	fake.On("GET /_matrix/client/v3/account/whoami", clienttest.Reply{Body: `{"user_id":"@alice:hs.test","device_id":"A"}`})
	cmd.Env = append(cmd.Env, "PATH="+os.Getenv("PATH"), "MXLOGIN_HOMESERVER="+fake.URL(), "MXLOGIN_ACCESS_TOKEN="+token)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr)
	}
	var rest []string
	for line := range strings.Lines(string(out)) {
		isSession := strings.HasPrefix(line, "MATRIX_ACCESS_TOKEN=") || strings.HasPrefix(line, "MXLOGIN_ACCESS_TOKEN=")
		if !isSession { // which is what exec is for
			rest = append(rest, line)
		}
	}
	clienttest.ScanForSecrets(t, "the child's environment", []byte(strings.Join(rest, "")), token, "pw-of-the-test")

	info, err := os.Stat(fmt.Sprintf("/proc/%d/environ", heldLogin(t, token)))
	if err != nil || info.Mode().Perm() != 0o400 || info.Sys().(*syscall.Stat_t).Uid != 0 {
		t.Errorf("others can read the environment that the process was started with: %v, %v", info.Mode(), err)
	}
}

// TestK8_NoCoreIsWritten: a crash leaves nothing of what was in memory, while a command of
// exec has the limit that it would have had.
func TestK8_NoCoreIsWritten(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	shell := func(script string, args ...string) *exec.Cmd {
		cmd := exec.Command("bash", append([]string{"-c", "ulimit -c unlimited; " + script, self}, args...)...)
		cmd.Dir = t.TempDir()
		cmd.Env = []string{"HOME=" + cmd.Dir, "GOTRACEBACK=crash", noRaceSleep, "PATH=" + os.Getenv("PATH")}
		return cmd
	}
	bare := shell("kill -ABRT $$")
	if _ = bare.Run(); !bare.ProcessState.Sys().(syscall.WaitStatus).CoreDump() {
		clienttest.Skip(t, "the kernel writes no cores here")
	}
	fake := clienttest.NewFake(t, clienttest.FakeOptions{})
	fake.On("GET /_matrix/client/v3/login", clienttest.Reply{Hold: true})
	fake.OnEvery("GET /_matrix/client/v1/auth_metadata", clienttest.Reply{Status: 404})
	fake.OnEvery("GET /_matrix/client/unstable/org.matrix.msc2965/auth_metadata", clienttest.Reply{Status: 404})
	ours := shell(`exec -a mxlogin "$0" "$@"`, "flows", fake.URL())
	if err := ours.Start(); err != nil {
		t.Fatal(err)
	}
	if err := fake.Await(t.Context(), "GET /_matrix/client/v3/login"); err != nil {
		t.Fatal(err)
	}
	if err := ours.Process.Signal(syscall.SIGABRT); err != nil {
		t.Fatal(err)
	}
	_ = ours.Wait()
	if status := ours.ProcessState.Sys().(syscall.WaitStatus); status.Signal() != syscall.SIGABRT || status.CoreDump() {
		t.Errorf("signal %v, core %t", status.Signal(), status.CoreDump())
	}

	limit := exec.Command("bash", "-c", `ulimit -c 7; exec -a mxlogin "$0" exec -- bash -c "ulimit -c; kill -ABRT \$\$"`, self)
	limit.Dir = t.TempDir()
	limit.Env = []string{"HOME=" + limit.Dir, "MXLOGIN_CONFIG=" + savedSession(t), noRaceSleep, "PATH=" + os.Getenv("PATH")}
	if out, err := limit.Output(); string(out) != "7\n" || exitCodeOf(err) != 128+int(syscall.SIGABRT) {
		t.Errorf("the command has the limit %q, and ended with %v", out, err)
	}
}
