package cmd_test

import (
	"bytes"
	"context"
	"io"
	"path/filepath"
	"testing"
	"time"

	"mxlogin/client/clienttest"
	"mxlogin/client/secret"
	"mxlogin/cmd"
	"mxlogin/cmd/terminal"
)

// TestK19_ThePasswordIsWipedAndNotKept holds on to the buffer that a person typed
// the password into.
func TestK19_ThePasswordIsWipedAndNotKept(t *testing.T) {
	good := clienttest.Reply{Body: `{"user_id":"@alice:hs.test","access_token":"tok-of-the-test","device_id":"A"}`}
	refused := clienttest.Reply{Status: 403, Body: `{"errcode":"M_FORBIDDEN"}`}
	for name, c := range map[string]struct {
		answers []clienttest.Reply
		args    []string
		code    int
	}{
		"kept":      {[]clienttest.Reply{good}, []string{"password", "alice"}, 0},
		"refused":   {[]clienttest.Reply{refused, refused, refused}, []string{"password", "alice"}, 4},
		"ephemeral": {[]clienttest.Reply{refused, refused, refused}, []string{"exec", "--ephemeral", "@alice:hs.test"}, 4},
	} {
		t.Run(name, func(t *testing.T) {
			fake := clienttest.NewFake(t, clienttest.FakeOptions{})
			fake.On("POST /_matrix/client/v3/login", c.answers...)
			dir, password := t.TempDir(), clienttest.NewCanary("pw").String()
			typed := []byte(password)
			args := append(c.args, "--homeserver", fake.URL(), "--skip-flows", "--config", filepath.Join(dir, "config.yaml"))
			if c.args[0] == "exec" {
				args = append(args, "--", "go", "version")
			}
			code := cmd.Run(t.Context(), args, &cmd.App{
				Stdin: bytes.NewReader(nil), Stdout: io.Discard, Stderr: io.Discard,
				Environment:  cmd.NewEnvironment(nil),
				OpenTerminal: func() (terminal.Prompter, error) { return typist{typed}, nil },
				Now:          time.Now,
			})
			if code != c.code {
				t.Fatalf("exit code %d, want %d", code, c.code)
			}
			if len(bytes.Trim(typed, "\x00")) > 0 {
				t.Errorf("left in memory: %q", typed)
			}
			clienttest.ScanDir(t, dir, nil, password)
		})
	}
}

// typist is a person who types one secret.
type typist struct{ typed []byte }

func (p typist) ReadSecret(context.Context, string) (secret.Value, error) {
	return secret.Take(p.typed), nil
}
func (p typist) Choose(context.Context, string, []string) (int, error) { return 0, io.EOF }

func (p typist) ReadLine(context.Context, string) (string, error) { return "", io.EOF }
func (p typist) Close() error                                     { return nil }
