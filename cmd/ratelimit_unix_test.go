//go:build unix

package cmd_test

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"mxlogin/client/clienttest"
)

// TestDendriteRateLimit: each connection to this Dendrite has one request, which
// the question for the flows takes, and gets it back after a second.
func TestDendriteRateLimit(t *testing.T) {
	server := clienttest.NewDendrite(t, clienttest.DendriteOptions{
		RateLimit: &clienttest.RateLimit{Threshold: 1, Cooloff: time.Second},
	})
	if err := server.Register(t.Context(), "alice", "pw-of-the-test"); err != nil {
		t.Fatal(err)
	}

	t.Run("H36 waited out", func(t *testing.T) {
		cmd, _, stderr := process(t, "password", "alice", "--homeserver", server.URL())
		out, err := cmd.Output()
		if err != nil || !strings.HasPrefix(string(out), "Logged in as @alice:localhost\n") {
			t.Errorf("%v\n%s%s", err, out, stderr)
		}
		if !strings.Contains(stderr.String(), "mxlogin: rate limited, waiting 1s\n") {
			t.Errorf("the wait is not told of: %s", stderr)
		}
	})

	t.Run("H40 beyond --max-wait", func(t *testing.T) {
		cmd, configFile, stderr := process(t, "password", "alice", "--homeserver", server.URL(), "--max-wait", "500ms")
		err := cmd.Run()
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.ExitCode() != 6 {
			t.Errorf("%v, want exit code 6\n%s", err, stderr)
		}
		if !strings.Contains(stderr.String(), "rate limited; try again in 1s") {
			t.Errorf("stderr: %s", stderr)
		}
		if content := readFile(t, configFile); strings.Contains(content, "alice") {
			t.Errorf("something was kept: %s", content)
		}
	})
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}
