package main

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"mxlogin/client/clienttest"
)

// TestMain lets the test binary be the quickstart, as a process of its own.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"quickstart": main})
}

// TestRun_ShowsALogin watches a whole demo, for which the caller's environment is
// as bad as it can be.
func TestRun_ShowsALogin(t *testing.T) {
	skipIfShort(t)
	tempDir := useTempDir(t)
	environ := append(os.Environ(),
		"MXLOGIN_PASSWORD=from-the-caller", "MXLOGIN_HOMESERVER=caller.invalid", "MXLOGIN_CONFIG=/nonexistent/config.yaml",
		"MXLOGIN_OUTPUT=json", "CI=true", "http_proxy=http://127.0.0.1:1", "HTTPS_PROXY=http://127.0.0.1:1", "ALL_PROXY=http://127.0.0.1:1")
	password := clienttest.NewCanary("pw").String()
	out := &screen{}
	if err := run(t.Context(), out, environ, password); err != nil {
		t.Fatalf("%v; it showed:\n%s", err, out)
	}

	homeserver := out.homeserver()
	rest := out.String()
	for _, line := range []string{
		`\$ mxlogin flows ` + homeserver,
		`m\.login\.password +mxlogin password USER .*`,
		`\$ printf %s "\$PASSWORD" \| mxlogin password '?@demo:localhost'? --homeserver ` + homeserver + ` --password-stdin`,
		`Logged in as @demo:localhost`,
		`\$ mxlogin whoami`,
		`@demo:localhost, device [A-Z]{10}, at ` + homeserver,
		`\$ mxlogin access-token`,
		`[\w-]{4}\.\.\.`,
		`\$ cat "\$\(mxlogin config path\)"`,
		` +access_token: "?[\w-]{4}\.\.\."?`,
		`\$ cp "\$\(mxlogin config path\)" copy\.yaml`,
		`\$ mxlogin logout`,
		`Logged out @demo:localhost at ` + homeserver,
		`\$ mxlogin whoami --config copy\.yaml`,
		`mxlogin: the server has ended the session of account @demo:localhost`,
		`\(exit code 4\)`,
	} {
		at := regexp.MustCompile(`(?m)^` + line + `$`).FindStringIndex(rest)
		if at == nil {
			t.Fatalf("no line %s in\n%s\nwhich is the rest of:\n%s", line, rest, out)
		}
		rest = rest[at[1]:]
	}
	if out.token == "" {
		t.Fatal("the test saw no token in the config file")
	}
	clienttest.ScanForSecrets(t, "the output", []byte(out.String()), password, out.token)
	checkNothingLeft(t, tempDir, out)
}

func TestRun_EndsCleanWhereverItIsCut(t *testing.T) {
	skipIfShort(t)
	for _, at := range []string{"Building mxlogin", "A Dendrite homeserver runs", "$ printf"} {
		t.Run(at, func(t *testing.T) {
			tempDir := useTempDir(t)
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			cut := errors.New("cut")
			out := &screen{at: at, do: func() { cancel(cut) }}
			if err := run(ctx, out, os.Environ(), "a password"); !errors.Is(err, cut) {
				t.Errorf("error %v, want the cause", err)
			}
			if strings.Contains(out.String(), conclusion) {
				t.Errorf("it went on to the end:\n%s", out)
			}
			checkNothingLeft(t, tempDir, out)
		})
	}
}

func TestRun_EndsCleanWhereNobodyReads(t *testing.T) {
	skipIfShort(t)
	tempDir := useTempDir(t)
	out := &screen{at: "$ mxlogin whoami"}
	closed := errors.New("closed")
	out.do = func() { out.err = closed }
	if err := run(t.Context(), out, os.Environ(), "a password"); !errors.Is(err, closed) {
		t.Errorf("error %v, want that of the writer", err)
	}
	checkNothingLeft(t, tempDir, out)
}

func TestServe_KeepsAHomeserver(t *testing.T) {
	skipIfShort(t)
	tempDir := useTempDir(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	out := &screen{at: "Ctrl-C ends it"}
	out.do = func() {
		defer cancel()
		login := `{"type": "m.login.password", "identifier": {"type": "m.id.user", "user": "demo"}, "password": "a-pass-word"}`
		answer, err := http.Post(out.homeserver()+"/_matrix/client/v3/login", "application/json", strings.NewReader(login))
		if err != nil {
			t.Error(err)
			return
		}
		_ = answer.Body.Close()
		if answer.StatusCode != http.StatusOK {
			t.Errorf("the login it invites to: %s", answer.Status)
		}
	}
	if err := serve(ctx, out, "a-pass-word"); err != nil {
		t.Error(err)
	}
	if !strings.Contains(out.String(), "with the password a-pass-word\n") {
		t.Errorf("it showed:\n%s", out)
	}
	checkNothingLeft(t, tempDir, out)
}

func TestExitCode(t *testing.T) {
	t.Parallel()
	if got := exitCode(nil); got != 0 {
		t.Errorf("no error: %d", got)
	}
	if got := exitCode(errors.New("a step failed")); got != 1 {
		t.Errorf("an error: %d", got)
	}
}

// screen is what a demo showed.
type screen struct {
	text  bytes.Buffer
	at    string // once this is shown, do is called
	do    func()
	err   error  // of any further write
	token string // that was in the config file
}

func (s *screen) Write(p []byte) (int, error) {
	if s.err != nil {
		return 0, s.err
	}
	s.text.Write(p)
	if s.do != nil && strings.Contains(string(p), s.at) {
		s.do()
	}
	if config := regexp.MustCompile(`Config: +(.*)\n`).FindSubmatch(p); config != nil {
		content, err := os.ReadFile(string(config[1]))
		if err != nil {
			return 0, err
		}
		if token := regexp.MustCompile(`access_token: "?([^"\s]+)`).FindSubmatch(content); token != nil {
			s.token = string(token[1])
		}
	}
	return len(p), nil
}

func (s *screen) String() string { return s.text.String() }

// homeserver is the URL of the homeserver, or empty if it did not come to that.
func (s *screen) homeserver() string {
	return regexp.MustCompile(`http://127\.0\.0\.1:\d+`).FindString(s.String())
}

// skipIfShort skips what takes a real homeserver.
func skipIfShort(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("needs a real homeserver, which -short leaves out")
	}
}

// useTempDir makes the directory of temporary files one that only this test uses.
func useTempDir(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"TMPDIR", "TMP", "TEMP"} {
		t.Setenv(name, dir)
	}
	return dir
}

// checkNothingLeft fails the test if there is a file in the directory of temporary
// files, or if the homeserver answers still.
func checkNothingLeft(t *testing.T, tempDir string, out *screen) {
	t.Helper()
	left, err := filepath.Glob(filepath.Join(tempDir, "*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v (%v)", left, err)
	}
	if out.homeserver() == "" {
		return
	}
	address := strings.TrimPrefix(out.homeserver(), "http://")
	if conn, err := net.Dial("tcp", address); err == nil {
		_ = conn.Close()
		t.Errorf("the homeserver runs still, at %s", address)
	}
}
