//go:build unix

package cmd_test

import (
	"bytes"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"mxlogin/client/clienttest"
)

// oauthSession is a config file with an OAuth session, made by mxlogin.
type oauthSession struct {
	t      *testing.T
	env    []string
	config string
}

// grantSession logs in at a fake issuer, whose person agrees in the browser.
func grantSession(t *testing.T, issuer *clienttest.Issuer) oauthSession {
	t.Helper()
	cmd, config, stderr := process(t, "oauth", issuer.URL())
	visit, err := exec.LookPath("visit")
	if err != nil {
		t.Fatal(err)
	}
	cmd.Env = append(cmd.Env, "BROWSER="+visit)
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v\n%s", err, stderr)
	}
	return oauthSession{t, cmd.Env, config}
}

// endNow has the saved access token end now.
func (s oauthSession) endNow() {
	s.t.Helper()
	content := regexp.MustCompile(`expires_at: .*`).ReplaceAll(s.read(), []byte("expires_at: "+time.Now().UTC().Format(time.RFC3339)))
	if err := os.WriteFile(s.config, content, 0o600); err != nil {
		s.t.Fatal(err)
	}
}

func (s oauthSession) read() []byte {
	s.t.Helper()
	content, err := os.ReadFile(s.config)
	if err != nil {
		s.t.Fatal(err)
	}
	return content
}

// run is mxlogin with this config file.
func (s oauthSession) run(args ...string) (*exec.Cmd, *bytes.Buffer) {
	cmd, _, stderr := process(s.t, args...)
	cmd.Env = s.env
	return cmd, stderr
}

// TestR3_KilledBetweenAnswerAndSaveByOAuth: the issuer has renewed, the process that asked
// is killed before it can save. The next one asks again with the old refresh token.
func TestR3_KilledBetweenAnswerAndSaveByOAuth(t *testing.T) {
	issuer := clienttest.NewIssuer(t, clienttest.IssuerOptions{})
	s := grantSession(t, issuer)
	s.endNow()
	before := s.read()
	killed, _ := s.run("access-token")
	asked := issuer.HoldAnswer("/oauth2/token")
	if err := killed.Start(); err != nil {
		t.Fatal(err)
	}
	select {
	case <-asked:
	case <-time.After(20 * time.Second):
		t.Fatal("nothing was asked for")
	}
	if err := killed.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = killed.Wait()
	if after := s.read(); !bytes.Equal(after, before) {
		t.Errorf("the file is\n%s", after)
	}
	next, stderr := s.run("access-token")
	if out, err := next.Output(); err != nil || !strings.HasPrefix(string(out), "mat_") {
		t.Errorf("%v, %q\n%s", err, out, stderr)
	}
	if who, stderr := s.run("whoami"); who.Run() != nil {
		t.Errorf("the new token is not good\n%s", stderr)
	}
}

// TestSynapseTwentyProcessesRenewOnce, by a real issuer, which ends the session where a
// refresh token comes twice.
func TestSynapseTwentyProcessesRenewOnce(t *testing.T) {
	synapse := clienttest.NewSynapse(t, clienttest.SynapseOptions{OAuth: true, AccessTokenLifetime: 2 * time.Second})
	argv, err := clienttest.BrowserCommand(t.Context())
	if err != nil {
		clienttest.Skip(t, err.Error())
	}
	cmd, config, stderr := process(t, "oauth", synapse.URL())
	cmd.Env = append(cmd.Env, "BROWSER="+browserVariable(argv, "twenty"), "PATH="+os.Getenv("PATH"))
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v\n%s", err, stderr)
	}
	s := oauthSession{t, cmd.Env, config}
	s.endNow()
	tokens := make(chan string, 20)
	var wg sync.WaitGroup
	for range cap(tokens) {
		each, stderr := s.run("access-token", "--timeout", "10s")
		wg.Go(func() {
			out, err := each.Output()
			if err != nil {
				t.Errorf("%v\n%s", err, stderr)
			}
			tokens <- string(out)
		})
	}
	wg.Wait()
	close(tokens)
	// On a slow machine the token may end before the last process has started.
	seen := map[string]bool{}
	for token := range tokens {
		seen[token] = true
	}
	if len(seen) > 3 {
		t.Errorf("%d tokens for 20 processes", len(seen))
	}
	who, stderr := s.run("whoami")
	if out, err := who.Output(); err != nil || !strings.HasPrefix(string(out), "@twenty:localhost") {
		t.Errorf("%v, %q\n%s", err, out, stderr)
	}
	end, stderr := s.run("logout")
	if out, err := end.Output(); err != nil || !strings.HasPrefix(string(out), "Logged out") {
		t.Errorf("%v, %q\n%s", err, out, stderr)
	}
}
