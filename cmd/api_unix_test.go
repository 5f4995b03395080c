//go:build unix

package cmd_test

import (
	"strings"
	"testing"

	"github.com/creack/pty"

	"mxlogin/client/clienttest"
)

// TestAPIAnswersReachATerminalHarmlessly: as JSON that means the same, or as lines of text;
// what is not a terminal gets every byte.
func TestAPIAnswersReachATerminalHarmlessly(t *testing.T) {
	long := strings.Repeat("x", 2000)
	fake := clienttest.NewFake(t, clienttest.FakeOptions{})
	fake.OnEvery("GET /_matrix/json", clienttest.Reply{Body: "{\"a\":\"\u009b2J\u202e\"}"})
	fake.OnEvery("GET /_matrix/text", clienttest.Reply{Body: "one\x1b[2J\n" + long + "\n"})
	for path, want := range map[string]struct{ terminal, pipe string }{
		"/_matrix/json": {`{"a":"\u009b2J\u202e"}` + "\r\n", "{\"a\":\"\u009b2J\u202e\"}"},
		"/_matrix/text": {"one\\x1b[2J\r\n" + long + "\r\n", "one\x1b[2J\n" + long + "\n"},
	} {
		environ := []string{"MXLOGIN_HOMESERVER=" + fake.URL(), "MXLOGIN_ACCESS_TOKEN=tok-of-the-test"}
		piped, _, _ := process(t, "api", path)
		piped.Env = append(piped.Env, environ...)
		if out, err := piped.Output(); err != nil || string(out) != want.pipe {
			t.Errorf("%s to a pipe: %q, %v", path, out, err)
		}
		shown, _, stderr := process(t, "api", path)
		shown.Env = append(shown.Env, environ...)
		shown.Stderr = stderr
		keyboard, tty, err := pty.Open()
		if err != nil {
			t.Fatal(err)
		}
		shown.Stdout = tty
		if err := shown.Run(); err != nil {
			t.Fatalf("%v\n%s", err, stderr)
		}
		screen := make([]byte, 4096)
		n, err := keyboard.Read(screen)
		if err != nil || string(screen[:n]) != want.terminal {
			t.Errorf("%s to a terminal: %q, %v", path, screen[:n], err)
		}
		_ = keyboard.Close()
		_ = tty.Close()
	}
}
