//go:build unix

package terminal_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mxlogin/cmd/terminal"
)

func TestSplitCommandAgreesWithShell(t *testing.T) {
	for _, test := range splitCases {
		out, err := exec.Command("sh", "-c", `printf '%s\0' `+test.command).Output()
		if err != nil {
			t.Fatal(err)
		}
		got := strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00")
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%q (-want +sh):\n%s", test.command, diff)
		}
	}
}

func TestReadSecretCommand(t *testing.T) {
	var stderr bytes.Buffer
	environ := []string{"ONLY=this"}
	const script = `echo asked >&2; cat; printf "%s|%s\n" "$ONLY" "$HOME$MXLOGIN_TEST_PARENT"`
	t.Setenv("MXLOGIN_TEST_PARENT", "leak")
	v, _, err := terminal.ReadSecretCommand(t.Context(), "--x-command", "/bin/sh -c '"+script+"'", environ, &stderr)
	if err != nil || v.Reveal() != "this|" {
		t.Errorf("read as %q, %v", v.Reveal(), err)
	}
	if stderr.String() != "asked\n" {
		t.Errorf("stderr: %q", stderr.String())
	}
	v, _, err = terminal.ReadSecretCommand(t.Context(), "--x-command", "/bin/sh -c 'echo x$MXLOGIN_TEST_PARENT'", nil, nil)
	if err != nil || v.Reveal() != "x" {
		t.Errorf("a nil environment gives %q, %v", v.Reveal(), err)
	}
}

func TestReadSecretCommandThatFails(t *testing.T) {
	tests := map[string]struct{ command, want string }{
		"exit status":    {"/bin/sh -c 'echo " + canary + "; exit 3'", `--x-command failed: exit status 3`},
		"no output":      {"/bin/sh -c 'exit 1'", `--x-command failed: exit status 1`},
		"signal":         {"/bin/sh -c 'kill -9 $$'", `--x-command failed: signal: killed`},
		"no such":        {"/nonexistent/pass " + canary, `--x-command cannot be started: no such file or directory`},
		"not in PATH":    {canary, `--x-command cannot be started: executable file not found in $PATH`},
		"NUL and failed": {`/bin/sh -c 'printf "a\\000b"; exit 4'`, `--x-command failed: exit status 4`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			v, _, err := terminal.ReadSecretCommand(t.Context(), "--x-command", test.command, nil, nil)
			var failed *terminal.CommandError
			if !errors.As(err, &failed) || err.Error() != test.want {
				t.Errorf("got %v, want the CommandError %s", err, test.want)
			}
			if !v.IsZero() {
				t.Error("a secret is returned all the same")
			}
		})
	}
}

func TestReadSecretCommandChecksTheOutput(t *testing.T) {
	tests := map[string]struct{ command, want string }{
		"empty": {"/bin/sh -c true", "the output of --x-command is empty"},
		"NUL":   {`/bin/sh -c 'printf "a\\000b"'`, "the output of --x-command holds a NUL byte"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, _, err := terminal.ReadSecretCommand(t.Context(), "--x-command", test.command, nil, nil)
			wantInputError(t, err, test.want)
		})
	}
}

func TestI13_EndlessCommandIsEnded(t *testing.T) {
	// It survives the closed pipe: only killing ends it.
	const stubborn = `/bin/sh -c "trap '' PIPE; while :; do echo yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy 2>/dev/null; done"`
	_, _, err := terminal.ReadSecretCommand(t.Context(), "--x-command", stubborn, nil, nil)
	wantInputError(t, err, "the output of --x-command has more than 64 KiB")
}

func TestReadSecretCommandEndsWithItsContext(t *testing.T) {
	cause := errors.New("interrupted")
	ctx, cancel := context.WithCancelCause(t.Context())
	r, w := openPair(os.Pipe())(t)
	defer func() { _ = r.Close() }()
	go func() {
		_, _ = r.Read(make([]byte, 1)) // the program runs
		cancel(cause)
	}()
	_, _, err := terminal.ReadSecretCommand(ctx, "--x-command", "/bin/sh -c 'echo started >&2; exec sleep 1000'", nil, w)
	_ = w.Close()
	if !errors.Is(err, cause) {
		t.Errorf("got %v, want the cause", err)
	}
}

// TestQ37_TheFirstLineOfACommand: what a password manager keeps below is not sent.
func TestQ37_TheFirstLineOfACommand(t *testing.T) {
	for command, want := range map[string]int{"printf 'pw\\nurl: x\\nlogin: y\\n'": 3, "printf 'pw\\r\\nmore'": 2, "printf pw": 1} {
		v, lines, err := terminal.ReadSecretCommand(t.Context(), "--x-command", "/bin/sh -c \""+command+"\"", nil, nil)
		if err != nil || v.Reveal() != "pw" || lines != want {
			t.Errorf("%s: %q of %d lines, %v", command, v.Reveal(), lines, err)
		}
	}
}
