package cmd_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"mxlogin/client/clienttest"
)

// asInit makes a command run mxlogin as the first process of a PID namespace.
func asInit(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	unshare := []string{"unshare", "--fork", "--pid", "--mount-proc"}
	if os.Geteuid() != 0 {
		unshare = append(unshare, "--user", "--map-root-user")
	}
	if out, err := exec.Command(unshare[0], append(unshare[1:], "true")...).CombinedOutput(); err != nil {
		clienttest.Skip(t, fmt.Sprintf("no PID namespace can be made here: %v %s", err, out))
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(unshare[0], append(append(unshare[1:], "bash", "-c", `exec -a mxlogin "$0" "$@"`, self), args...)...)
	cmd.Env = []string{"HOME=" + t.TempDir(), noRaceSleep, "PATH=" + os.Getenv("PATH")}
	return cmd
}

// TestAMountedSecretIsNotWarnedOf: the mode of a file that is mounted to be read is that of
// whoever mounted it.
func TestAMountedSecretIsNotWarnedOf(t *testing.T) {
	unshare := []string{"unshare", "--mount"}
	if os.Geteuid() != 0 {
		unshare = append(unshare, "--user", "--map-root-user")
	}
	if out, err := exec.Command(unshare[0], append(unshare[1:], "true")...).CombinedOutput(); err != nil {
		clienttest.Skip(t, fmt.Sprintf("no mount namespace can be made here: %v %s", err, out))
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	fake := clienttest.NewFake(t, clienttest.FakeOptions{})
	fake.OnEvery("POST /_matrix/client/v3/login", clienttest.Reply{Status: 403, Body: `{"errcode":"M_FORBIDDEN"}`})
	const script = `set -e; dir=$1; mount -t tmpfs none "$dir"; echo pw-of-the-test > "$dir/secret"; chmod 644 "$dir/secret"
		login() { (exec -a mxlogin "$0" password @a:hs.test --homeserver "$HS" --skip-flows --password-file "$dir/secret") 2>&1 || true; }
		login; echo then; mount -o remount,bind,ro "$dir"; login`
	cmd := exec.Command(unshare[0], append(unshare[1:], "bash", "-c", script, self, t.TempDir())...)
	cmd.Env = []string{"HOME=" + t.TempDir(), "HS=" + fake.URL(), noRaceSleep, "PATH=" + os.Getenv("PATH")}
	out, err := cmd.CombinedOutput()
	written, mounted, both := strings.Cut(string(out), "then\n")
	const warning = "is readable by other users"
	if err != nil || !both || !strings.Contains(written, warning) || strings.Contains(mounted, warning) || strings.Count(string(out), "M_FORBIDDEN") != 2 {
		t.Errorf("%v\n%s", err, out)
	}
}

// initOf is the process ID, seen from here, of the first process in the namespace that
// unshare has made.
func initOf(t *testing.T, unshare int) int {
	t.Helper()
	children, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%[1]d/children", unshare))
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(children)))
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

// TestQ30_AsTheFirstProcessOfAContainer: signals end it by 128+N, and what others leave
// behind is waited for.
func TestQ30_AsTheFirstProcessOfAContainer(t *testing.T) {
	for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP} {
		fake := clienttest.NewFake(t, clienttest.FakeOptions{})
		fake.On("GET /_matrix/client/v3/login", clienttest.Reply{Hold: true})
		fake.OnEvery("GET /_matrix/client/v1/auth_metadata", clienttest.Reply{Status: 404})
		fake.OnEvery("GET /_matrix/client/unstable/org.matrix.msc2965/auth_metadata", clienttest.Reply{Status: 404})
		cmd := asInit(t, "flows", fake.URL())
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		if err := fake.Await(t.Context(), "GET /_matrix/client/v3/login"); err != nil {
			t.Fatal(err)
		}
		if err := syscall.Kill(initOf(t, cmd.Process.Pid), signal); err != nil {
			t.Fatal(err)
		}
		if code := exitCodeOf(cmd.Wait()); code != 128+int(signal) {
			t.Errorf("%v: exit code %d", signal, code)
		}
	}

	// A grandchild whose parent ends is ours then; zombies have state Z.
	const orphan = `(sh -c 'sleep 0.2' & ); echo ready
		until grep -qs '^Name:.sleep' /proc/[0-9]*/status; do :; done
		while grep -qs '^Name:.sleep' /proc/[0-9]*/status; do :; done
		tries=0
		while grep -qs '^State:.Z' /proc/[0-9]*/status && [ $tries -lt 1000 ]; do tries=$((tries+1)); done
		echo $((tries / 1000)); exit 7`
	cmd := asInit(t, "exec", "--", "sh", "-c", orphan)
	cmd.Env = append(cmd.Env, "MXLOGIN_CONFIG="+savedSession(t))
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(stdout)
	var seen []string
	for lines.Scan() {
		seen = append(seen, lines.Text())
	}
	if code := exitCodeOf(cmd.Wait()); code != 7 || len(seen) != 2 || seen[1] != "0" {
		t.Errorf("exit code %d, %q", code, seen)
	}
}
