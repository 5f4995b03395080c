package cmd_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"mxlogin/client/clienttest"
)

// tracer runs the program as it is installed under strace, which makes system calls fail
// or kills the process at them.
type tracer struct {
	program string
	dir     string // holds config.yaml
	environ []string
	args    []string
}

func newTracer(t *testing.T, args ...string) *tracer {
	t.Helper()
	if _, err := exec.LookPath("strace"); err != nil {
		clienttest.Skip(t, "strace is not installed")
	}
	program, err := installed.path()
	if err != nil {
		t.Fatal(err)
	}
	return &tracer{program: program, dir: t.TempDir(), args: args}
}

// run runs the program with an expression for strace, or by itself without one, and
// reports whether strace got to inject anything.
func (r *tracer) run(t *testing.T, inject string) (run ended, injected bool) {
	t.Helper()
	log := filepath.Join(t.TempDir(), "log")
	argv := append([]string{r.program}, r.args...)
	if inject != "" {
		argv = append([]string{"strace", "-f", "-qq", "-o", log, "-e", "trace=" + strings.Split(inject, ":")[0], "-e", "inject=" + inject, "--"}, argv...)
	}
	run = finish(t, r.command(argv...))
	text, _ := os.ReadFile(log) // there is none by itself
	return run, bytes.Contains(text, []byte("(INJECTED)")) || bytes.Contains(text, []byte("+++ killed by SIGKILL"))
}

func (r *tracer) command(argv ...string) *exec.Cmd {
	command := exec.Command(argv[0], argv[1:]...)
	command.Dir = r.dir
	command.Env = append([]string{"HOME=" + r.dir, "PATH=" + os.Getenv("PATH")}, r.environ...)
	return command
}

// names are the system calls of one run from where it makes its first temporary file.
func (r *tracer) names(t *testing.T) []string {
	t.Helper()
	log := filepath.Join(t.TempDir(), "log")
	run := finish(t, r.command(append([]string{"strace", "-f", "-qq", "-o", log, "--", r.program}, r.args...)...))
	if run.code != 0 {
		t.Fatalf("exit code %d\n%s", run.code, run.stderr)
	}
	// By its flags: strace of another user than root does not show a name.
	_, after, found := strings.Cut(readText(t, log), "O_RDWR|O_CREAT|O_EXCL")
	if !found {
		t.Fatal("no temporary file was made")
	}
	called := map[string]bool{"openat": true}
	for _, match := range regexp.MustCompile(`(?m)^\d+ +(\w+)\(`).FindAllStringSubmatch(after, -1) {
		called[match[1]] = true
	}
	var names []string
	for name := range called {
		if name != "exit_group" && name != "exit" && name != "execve" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// everywhere calls at with an injection for each call of each name, by number, until a
// run gets through without it; before each run it calls before. It returns how many there
// were.
func (r *tracer) everywhere(t *testing.T, names []string, what string, before func(), at func(inject string, run ended)) (points int) {
	t.Helper()
	for _, name := range names {
		for n := 1; ; n++ {
			inject := fmt.Sprintf("%s:%s:when=%d", name, what, n)
			before()
			run, injected := r.run(t, inject)
			if !injected {
				break
			}
			if strings.Contains(run.stderr, "netpollBreak write failed") {
				continue // the runtime of Go wakes a thread by a write, and no program outlives that
			}
			points++
			at(inject, run)
		}
	}
	return points
}

const tracedConfig = `version: 1
accounts:
  - {name: old, user_id: "@alice:hs.test", homeserver: "https://hs.test", device_id: A, access_token: tok-of-the-test}
`

func (r *tracer) put(t *testing.T, config string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(r.dir, "config.yaml"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
}

func (r *tracer) config(t *testing.T) string {
	t.Helper()
	return readText(t, filepath.Join(r.dir, "config.yaml"))
}

// leftovers are the temporary files in the directory.
func (r *tracer) leftovers(t *testing.T) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(r.dir, ".config.yaml.tmp-*"))
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// TestS16_KilledAtEverySystemCall: the file is the old or the new one, the next start reads
// it, and the next change takes away what was left.
func TestS16_KilledAtEverySystemCall(t *testing.T) {
	r := newTracer(t, "accounts", "rename", "old", "new", "--config", "config.yaml")
	r.put(t, tracedConfig)
	names := r.names(t)
	renamed := r.config(t)
	points := r.everywhere(t, names, "signal=KILL", func() { r.put(t, tracedConfig) }, func(inject string, _ ended) {
		if got := r.config(t); got != tracedConfig && got != renamed {
			t.Errorf("%s: the file is\n%s", inject, got)
		}
		if list := finish(t, r.command(r.program, "accounts", "-o", "json", "--config", "config.yaml")); list.code != 0 || !strings.Contains(list.stdout, "@alice:hs.test") {
			t.Errorf("%s: exit code %d\n%s", inject, list.code, list.stderr)
		}
	})
	r.put(t, tracedConfig)
	if left := r.leftovers(t); len(left) > 1 {
		t.Errorf("%d temporary files are left: each change takes away those before it", len(left))
	}
	if run, _ := r.run(t, ""); run.code != 0 || len(r.leftovers(t)) > 0 || r.config(t) != renamed {
		t.Errorf("exit code %d, %q\n%s", run.code, r.leftovers(t), r.config(t))
	}
	if points < 50 {
		t.Errorf("there were %d points only, at %v", points, names)
	}
	t.Logf("killed at %d points, at calls of %v", points, names)
}

// TestS4_EverySystemCallMayFail: a change either is there and ends with 0, or it ends with
// 3 and the file is whole.
func TestS4_EverySystemCallMayFail(t *testing.T) {
	r := newTracer(t, "accounts", "rename", "old", "new", "--config", "config.yaml")
	r.put(t, tracedConfig)
	calls := r.names(t)
	renamed := r.config(t)
	points := 0
	for name, codes := range map[string][]string{
		"openat": {"ENOSPC", "EDQUOT", "EMFILE"}, "write": {"ENOSPC", "EDQUOT", "EIO"}, "fchmod": {"EIO"}, "fsync": {"EIO", "ENOSPC"},
		"renameat": {"EXDEV", "ENOSPC"}, "close": {"EIO"}, "flock": {"ENOLCK"}, "newfstatat": {"EIO"},
	} {
		if !slices.Contains(calls, name) && name != "flock" {
			t.Errorf("a save makes no call of %s", name)
		}
		for _, code := range codes {
			points += r.everywhere(t, []string{name}, "error="+code, func() { r.put(t, tracedConfig) }, func(inject string, run ended) {
				got := r.config(t)
				switch {
				case got != tracedConfig && got != renamed:
					t.Errorf("%s: the file is\n%s", inject, got)
				case run.code == 0 && got != renamed, run.code != 0 && run.code != 3:
					t.Errorf("%s: exit code %d, the file is\n%s\n%s", inject, run.code, got, run.stderr)
				case len(r.leftovers(t)) > 0:
					t.Errorf("%s: %q is left", inject, r.leftovers(t))
				}
			})
		}
	}
	t.Logf("failed at %d points", points)
}

// answering is a fake homeserver that gives each login the device it asks for, and counts.
func answering(t *testing.T, token string) (fake *clienttest.Fake, logins, logouts *atomic.Int64) {
	t.Helper()
	fake, logins, logouts = clienttest.NewFake(t, clienttest.FakeOptions{}), new(atomic.Int64), new(atomic.Int64)
	fake.Handle("POST /_matrix/client/v3/login", func(w http.ResponseWriter, r *http.Request) {
		var asked struct {
			DeviceID string `json:"device_id"`
		}
		if err := json.NewDecoder(r.Body).Decode(&asked); err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		logins.Add(1)
		_, _ = fmt.Fprintf(w, `{"user_id":"@alice:hs.test","access_token":%q,"device_id":%q}`, token, asked.DeviceID)
	})
	fake.Handle("POST /_matrix/client/v3/logout", func(w http.ResponseWriter, _ *http.Request) {
		logouts.Add(1)
		_, _ = io.WriteString(w, "{}")
	})
	return fake, logins, logouts
}

// TestS4_ALoginIsNeverLost: whatever call fails, the new session is saved, or logged out
// again, or told of; and what fails before keeps anything from being sent.
func TestS4_ALoginIsNeverLost(t *testing.T) {
	token := clienttest.NewCanary("tok").String()
	fake, logins, logouts := answering(t, token)
	r := newTracer(t, "password", "alice", "--homeserver", fake.URL(), "--skip-flows", "--password-file", "pw", "--config", "config.yaml")
	if err := os.WriteFile(filepath.Join(r.dir, "pw"), []byte("pw-of-the-test"), 0o600); err != nil {
		t.Fatal(err)
	}
	config := filepath.Join(r.dir, "config.yaml")
	fresh := func() {
		_ = os.Remove(config) // the first login of all
		logins.Store(0)
		logouts.Store(0)
	}
	points := 0
	for _, fault := range []struct{ name, code string }{
		{"openat", "ENOSPC"}, {"write", "ENOSPC"}, {"write", "EPIPE"}, {"fchmod", "EIO"}, {"fsync", "EIO"}, {"renameat", "EXDEV"}, {"close", "EIO"}, {"flock", "ENOLCK"},
	} {
		points += r.everywhere(t, []string{fault.name}, "error="+fault.code, fresh, func(inject string, run ended) {
			text, _ := os.ReadFile(config) // it may be that there is none
			kept := bytes.Contains(text, []byte(token))
			told := strings.Contains(run.stderr, "exists on the server")
			switch {
			case run.code == 0 && (!kept || logouts.Load() > 0):
				t.Errorf("%s: it ended well; saved %t, logged out %d times", inject, kept, logouts.Load())
			case logins.Load() > 0 && !kept && logouts.Load() == 0 && !told:
				t.Errorf("%s: exit code %d, and the session is lost\n%s", inject, run.code, run.stderr)
			case kept && logouts.Load() > 0 && !strings.Contains(run.stderr, "could not be removed from the config file"): // a second call failed
				t.Errorf("%s: exit code %d; a session that was logged out is saved\n%s", inject, run.code, run.stderr)
			}
		})
	}
	t.Logf("failed at %d points", points)
}

// TestTwoPhaseLogin_KilledAtEverySystemCall: a first login on a real homeserver that is
// killed anywhere, and then made again, leaves the account with one device.
func TestTwoPhaseLogin_KilledAtEverySystemCall(t *testing.T) {
	// A server of its own: Dendrite with SQLite keeps a lock for good if a request is cut off
	// at the wrong moment.
	server := clienttest.NewDendrite(t, clienttest.DendriteOptions{})
	user, password := "twophase", clienttest.NewCanary("pw").String()
	if err := server.Register(t.Context(), user, password); err != nil {
		t.Fatal(err)
	}
	r := newTracer(t, "password", user, "--homeserver", server.URL(), "--skip-flows", "--password-file", "pw", "--config", "config.yaml")
	if err := os.WriteFile(filepath.Join(r.dir, "pw"), []byte(password), 0o600); err != nil {
		t.Fatal(err)
	}
	logOut := func() ended { return finish(t, r.command(r.program, "logout", "--config", "config.yaml")) }
	fresh := func() { // the run before it may have got through
		_ = logOut()
		_ = os.Remove(filepath.Join(r.dir, "config.yaml"))
	}
	again := func(inject string) {
		t.Helper()
		if run, _ := r.run(t, ""); run.code != 0 {
			t.Errorf("%s: the next login: exit code %d\n%s", inject, run.code, run.stderr)
		}
		devices, err := server.Devices(t.Context(), user, password)
		if err != nil || len(devices) != 1 {
			t.Errorf("%s: %d devices, %v", inject, len(devices), err)
		}
		if out := logOut(); out.code != 0 {
			t.Errorf("%s: logout: exit code %d\n%s", inject, out.code, out.stderr)
		}
	}
	names := r.names(t)
	again("none")
	points := r.everywhere(t, names, "signal=KILL", fresh, func(inject string, _ ended) { again(inject) })
	t.Logf("killed at %d points, at calls of %v", points, names)
}
