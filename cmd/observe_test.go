package cmd_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
)

// home is where runs of mxlogin have their config file, and their environment.
type home struct {
	dir     string
	environ []string
}

// newHome makes a home with nothing in it.
func newHome(t *testing.T, environ ...string) *home {
	t.Helper()
	dir := t.TempDir()
	return &home{dir: dir, environ: append(environ, "HOME="+dir, "MXLOGIN_CONFIG="+filepath.Join(dir, "config.yaml"), "PATH="+os.Getenv("PATH"))}
}

// run is mxlogin as a process of its own.
func (h *home) run(t *testing.T, args ...string) ended {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), self, args...)
	command.Args[0] = "mxlogin"
	command.Env = append(slices.Clone(h.environ), noRaceSleep)
	command.Dir = h.dir
	return finish(t, command)
}

// succeed is run for what must end with exit code 0.
func (h *home) succeed(t *testing.T, args ...string) ended {
	t.Helper()
	run := h.run(t, args...)
	if run.code != 0 {
		t.Fatalf("mxlogin %q: exit code %d\n%s%s", args, run.code, run.stdout, run.stderr)
	}
	return run
}

// ended is how a process ended, and what it said.
type ended struct {
	stdout, stderr string
	code           int
}

func finish(t *testing.T, command *exec.Cmd) ended {
	t.Helper()
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	err := command.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return endedAs(command, stdout.String(), stderr.String())
}

func endedAs(command *exec.Cmd, stdout, stderr string) ended {
	return ended{stdout, stderr, command.ProcessState.ExitCode()}
}

func readText(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
