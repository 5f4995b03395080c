package cmd_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
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
	program, err := builtMxlogin()
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
	_, after, found := strings.Cut(readText(t, log), ".tmp-")
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
