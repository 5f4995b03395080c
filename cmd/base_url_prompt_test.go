package cmd_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mxlogin/client/clienttest"
	"mxlogin/client/secret"
	"mxlogin/cmd"
	"mxlogin/cmd/terminal"
)

// person answers every question for a line with the same one.
type person struct {
	line, secret string
	asked        []string
}

func (p *person) Choose(context.Context, string, []string) (int, error) { return 0, nil }

func (p *person) ReadLine(_ context.Context, prompt string) (string, error) {
	p.asked = append(p.asked, prompt)
	return p.line, nil
}

func (p *person) ReadSecret(context.Context, string) (secret.Value, error) {
	return secret.New(p.secret), nil
}

func (p *person) Close() error { return nil }

// lost is a network in which hs.test is found and its well-known file is broken:
// FAIL_PROMPT; dead.test names a homeserver that is none: FAIL_ERROR. The rest is
// the loopback.
type lost struct{}

func (lost) RoundTrip(r *http.Request) (*http.Response, error) {
	switch {
	case r.URL.Host == "hs.test":
		return answer(r, http.StatusInternalServerError, "broken"), nil
	case r.URL.Host == "limited.test":
		return answer(r, http.StatusTooManyRequests, `{"retry_after_ms":3600000}`), nil
	case r.URL.Host == "dead.test" && strings.HasPrefix(r.URL.Path, "/.well-known"):
		return answer(r, http.StatusOK, `{"m.homeserver":{"base_url":"https://dead.test"}}`), nil
	case r.URL.Host == "dead.test", r.URL.Host == "192.0.2.1":
		return answer(r, http.StatusNotFound, "{}"), nil
	}
	return http.DefaultTransport.RoundTrip(r)
}

func answer(r *http.Request, status int, body string) *http.Response {
	return &http.Response{
		StatusCode: status, ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{},
		Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)), Request: r,
	}
}

func TestABaseURLIsAskedForWhereDiscoveryLeavesItToThePerson(t *testing.T) {
	fake := clienttest.NewFake(t, clienttest.FakeOptions{})
	wholeServer(fake, "tok-of-the-test")
	cases := []struct {
		name   string
		args   string
		line   string
		code   int
		asked  int
		stdout string
		stderr string
	}{
		{"password", "password @alice:hs.test", fake.URL(), 0, 1, fake.URL(), ""},
		{"login", "login @alice:hs.test", fake.URL(), 0, 1, fake.URL(), ""},
		{"what is not a URL", "password @alice:hs.test", "@alice:hs.test", 2, 1, "", "the answer is not a URL"},
		{"a host that is no homeserver", "password @alice:hs.test", "dead.test", 7, 3, "", "https://dead.test answers, but is not a Matrix homeserver"},
		{"plain http elsewhere", "password @alice:hs.test", "http://192.0.2.1", 2, 1, "", "plain http to http://192.0.2.1 is not allowed"},
		{"nothing", "password @alice:hs.test", "", 2, 1, "", ""},
		{"--no-input", "password @alice:hs.test --no-input", fake.URL(), 5, 0, "", "no homeserver found for hs.test"},
		{"FAIL_ERROR", "password @alice:dead.test", fake.URL(), 5, 0, "", "no homeserver found for dead.test"},
		{"a rate limit", "password @alice:limited.test", fake.URL(), 6, 0, "", "rate limited"},
		{"discover", "discover hs.test", fake.URL(), 5, 0, "FAIL_PROMPT", "no homeserver found for hs.test"},
		{"flows", "flows hs.test", fake.URL(), 5, 0, "", "no homeserver found for hs.test"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			someone := &person{line: c.line, secret: "pw-of-the-test"}
			var stdout, stderr bytes.Buffer
			code := cmd.Run(t.Context(), strings.Fields(c.args), &cmd.App{
				Stdin: strings.NewReader(""), Stdout: &stdout, Stderr: &stderr, Now: time.Now, RoundTripper: lost{},
				Environment:  cmd.NewEnvironment([]string{"HOME=" + t.TempDir()}),
				OpenTerminal: func() (terminal.Prompter, error) { return someone, nil },
			})
			if code != c.code || len(someone.asked) != c.asked {
				t.Errorf("exit code %d, asked %q; want %d and %d questions\n%s", code, someone.asked, c.code, c.asked, &stderr)
			}
			if !strings.Contains(stdout.String(), c.stdout) || !strings.Contains(stderr.String(), c.stderr) {
				t.Errorf("stdout: %s\nstderr: %s", &stdout, &stderr)
			}
			if c.asked > 0 && !strings.HasSuffix(someone.asked[0], "Base URL of the homeserver: ") {
				t.Errorf("asked %q", someone.asked)
			}
		})
	}
}

// TestABaseURLThatIsTypedHasNothingOfTheAccount: what the account remembers of its
// homeserver is not meant for the place that a person names instead.
func TestABaseURLThatIsTypedHasNothingOfTheAccount(t *testing.T) {
	h := newHome(t)
	const file = `version: 1
accounts:
  - user_id: "@alice:hs.test"
    homeserver: https://matrix.hs.test
    access_token: tok-of-the-test
    flow: m.login.password
    allow_http: [192.0.2.1]
`
	if err := os.WriteFile(filepath.Join(h.dir, "config.yaml"), []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	args := []string{"password", "alice", "--homeserver", "hs.test", "--account", "@alice:hs.test"}
	code := cmd.Run(t.Context(), args, &cmd.App{
		Stdin: strings.NewReader(""), Stdout: &stdout, Stderr: &stderr, Now: time.Now, RoundTripper: lost{},
		Environment: cmd.NewEnvironment(h.environ),
		OpenTerminal: func() (terminal.Prompter, error) {
			return &person{line: "http://192.0.2.1", secret: "pw-of-the-test"}, nil
		},
	})
	if code != 2 || !strings.Contains(stderr.String(), "plain http to http://192.0.2.1 is not allowed") {
		t.Errorf("exit code %d\n%s", code, &stderr)
	}
}
