//go:build unix

package cmd_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"mxlogin/client/clienttest"
)

const (
	ssoFlows       = `{"flows":[{"type":"m.login.sso"},{"type":"m.login.token"}]}`
	ssoPrompt      = "paste the address it ends at: "
	loginRequest   = "POST /_matrix/client/v3/login"
	flowsRequest   = "GET /_matrix/client/v3/login"
	redirectPath   = "/_matrix/client/v3/login/sso/redirect"
	notThatAddress = "that is not the address the browser ended at, which begins with http://127.0.0.1:"
)

// atTerminal is mxlogin with a person who sees its terminal, stderr included.
type atTerminal struct {
	*prompted
	t     *testing.T
	shown string // all that the screen showed so far
}

func startAtTerminal(t *testing.T, p *prompted) *atTerminal {
	t.Helper()
	p.Stderr = p.tty
	p.start(t)
	return &atTerminal{prompted: p, t: t}
}

// see waits until the screen shows want, and returns what it showed until then since the
// last time.
func (a *atTerminal) see(want string) string {
	a.t.Helper()
	seen := a.await(a.t, want)
	a.shown += seen
	return seen
}

func (a *atTerminal) typeKeys(keys string) {
	a.t.Helper()
	if _, err := a.keyboard.WriteString(keys); err != nil {
		a.t.Fatal(err)
	}
}

// end waits until mxlogin has ended, and reads the rest of the screen.
func (a *atTerminal) end() error {
	a.t.Helper()
	deadline := time.AfterFunc(20*time.Second, func() { _ = a.Process.Kill() })
	defer deadline.Stop()
	err := a.Wait()
	if !a.echoes(a.t) {
		a.t.Error("the terminal was left without echo")
	}
	_ = a.tty.Close()
	for text := range a.screen {
		a.shown += text
	}
	return err
}

// fails ends with an exit code.
func (a *atTerminal) fails(code int) {
	a.t.Helper()
	err := a.end()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != code {
		a.t.Errorf("%v, want exit code %d\n%s", err, code, a.shown)
	}
	if a.stdout.Len() != 0 {
		a.t.Errorf("stdout %q", &a.stdout)
	}
}

// shows fails the test unless the screen has shown every text.
func (a *atTerminal) shows(texts ...string) {
	a.t.Helper()
	for _, text := range texts {
		if !strings.Contains(a.shown, text) {
			a.t.Errorf("the screen does not show %q:\n%s", text, a.shown)
		}
	}
}

// ssoVisit is mxlogin sso, which waits for a browser, and the login token that the
// homeserver of the test gives out.
type ssoVisit struct {
	*atTerminal
	fake     *clienttest.Fake
	token    string
	page     *url.URL // that it showed
	redirect string   // where that page sends the browser in the end
}

var shownPage = regexp.MustCompile(`(?m)^mxlogin: (http\S+)\r$`)

// startSSO runs mxlogin sso at a homeserver with these flows and answers to the login.
func startSSO(t *testing.T, flows string, logins []clienttest.Reply, args ...string) *ssoVisit {
	t.Helper()
	fake := clienttest.NewFake(t, clienttest.FakeOptions{})
	fake.On(flowsRequest, clienttest.Reply{Body: flows})
	if len(logins) > 0 {
		fake.On(loginRequest, logins...)
	}
	args = append([]string{"sso", fake.URL(), "--no-browser"}, args...)
	return &ssoVisit{
		atTerminal: startAtTerminal(t, newPrompted(t, args...)), fake: fake,
		token: clienttest.NewCanary("syl").String(),
	}
}

// readPage waits for the prompt and reads the URL before it.
func (v *ssoVisit) readPage() {
	v.t.Helper()
	seen := v.see(ssoPrompt)
	match := shownPage.FindStringSubmatch(seen)
	if match == nil {
		v.t.Fatalf("no URL is shown: %q", seen)
	}
	page, err := url.Parse(match[1])
	if err != nil {
		v.t.Fatal(err)
	}
	v.page, v.redirect = page, page.Query().Get("redirectUrl")
	if !regexp.MustCompile(`^http://127\.0\.0\.1:\d+/[A-Z2-7]{26}$`).MatchString(v.redirect) {
		v.t.Fatalf("the browser is to be sent to %q", v.redirect)
	}
	if !strings.HasPrefix(match[1], v.fake.URL()+redirectPath) || !strings.Contains(seen, "log in to "+v.fake.URL()+" with a browser:") {
		v.t.Errorf("shown: %q", seen)
	}
}

// address is where the homeserver sends the browser.
func (v *ssoVisit) address() string { return v.redirect + "?loginToken=" + v.token }

// wantLoggedIn: the login token was sent once, the session is saved and the token, which
// the person typed this many times, is nowhere else.
func (v *ssoVisit) wantLoggedIn(typed int) {
	v.t.Helper()
	if err := v.end(); err != nil {
		v.t.Fatalf("%v\n%s", err, v.shown)
	}
	if !strings.HasPrefix(v.stdout.String(), "Logged in as @alice:hs.test\n") {
		v.t.Errorf("stdout %q", &v.stdout)
	}
	if !savedIn(v.t, v.config) {
		v.t.Error("the session was not saved")
	}
	v.wantTokenSent()
	v.wantClosed()
	v.wantNoToken(typed)
}

// wantTokenSent: there was one login, by the login token.
func (v *ssoVisit) wantTokenSent() {
	v.t.Helper()
	var bodies []string
	for _, request := range v.fake.Requests() {
		if request.Method == http.MethodPost {
			bodies = append(bodies, request.Body)
		}
	}
	if len(bodies) != 1 || !strings.Contains(bodies[0], `"token":"`+v.token+`"`) || !strings.Contains(bodies[0], `"type":"m.login.token"`) {
		v.t.Errorf("sent %q", bodies)
	}
}

// wantClosed: nobody listens any more for the browser.
func (v *ssoVisit) wantClosed() {
	v.t.Helper()
	address, err := url.Parse(v.redirect)
	if err != nil {
		v.t.Fatal(err)
	}
	if connection, err := net.Dial("tcp", address.Host); err == nil {
		_ = connection.Close()
		v.t.Error("the port is still open")
	}
}

// wantNoToken: the terminal echoed the login token when it was typed. It is nowhere else,
// neither in what was written nor in a file.
func (v *ssoVisit) wantNoToken(typed int) {
	v.t.Helper()
	if n := strings.Count(v.shown, v.token); n != typed {
		v.t.Errorf("the screen shows the login token %d times, typed %d times:\n%s", n, typed, v.shown)
	}
	clienttest.ScanForSecrets(v.t, "the screen", []byte(strings.ReplaceAll(v.shown, v.token, "")), v.token)
	clienttest.ScanForSecrets(v.t, "stdout", v.stdout.Bytes(), v.token)
	clienttest.ScanDir(v.t, filepath.Dir(filepath.Dir(filepath.Dir(v.config))), nil, v.token)
}

// wantNothingStored: there is no config file.
func (v *ssoVisit) wantNothingStored() {
	v.t.Helper()
	if content, err := os.ReadFile(v.config); !errors.Is(err, os.ErrNotExist) {
		v.t.Errorf("something was saved: %v\n%s", err, content)
	}
}

// browser is a browser that has no page open.
func browser() *http.Client {
	return &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 20 * time.Second}
}

// get opens an address in a browser and returns the last page.
func get(t *testing.T, address string) string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := browser().Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%v, status %d\n%s", err, response.StatusCode, body)
	}
	if last := response.Request.URL; last.RawQuery != "" {
		t.Errorf("the browser ends at an address with a query: %s", last)
	}
	return string(body)
}

func loggedIn() []clienttest.Reply { return []clienttest.Reply{{Body: aliceAnswer}} }

// TestSSOByHand: the browser is on another machine, and the person types what it ends at.
func TestSSOByHand(t *testing.T) {
	otherPort := func(v *ssoVisit) string {
		address, _ := url.Parse(v.address())
		address.Host = "127.0.0.1:1"
		return address.String()
	}
	tests := map[string]struct {
		refused func(*ssoVisit) string // typed first
		reason  string
		typed   func(*ssoVisit) string
	}{
		"the address":        {typed: (*ssoVisit).address},
		"between blanks":     {typed: func(v *ssoVisit) string { return "  " + v.address() + " " }},
		"the token alone":    {typed: func(v *ssoVisit) string { return v.token }},
		"another port first": {refused: otherPort, reason: notThatAddress, typed: (*ssoVisit).address},
		"nothing first":      {refused: func(*ssoVisit) string { return "" }, reason: notThatAddress, typed: (*ssoVisit).address},
		"no token first":     {refused: func(v *ssoVisit) string { return v.redirect }, reason: "that address holds no answer: ", typed: (*ssoVisit).address},
		"the login page first": {
			refused: func(v *ssoVisit) string { return v.page.String() },
			reason:  notThatAddress, typed: func(v *ssoVisit) string { return v.token },
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			v := startSSO(t, ssoFlows, loggedIn())
			v.readPage()
			typed := 1
			if test.refused != nil {
				line := test.refused(v)
				typed += strings.Count(line, v.token)
				v.typeKeys(line + "\n")
				if seen := v.see(ssoPrompt); !strings.Contains(seen, test.reason) {
					t.Errorf("asked again without the reason: %q", seen)
				}
			}
			v.typeKeys(test.typed(v) + "\n")
			v.wantLoggedIn(typed)
		})
	}
}

// TestSSOComesBackByItself while the prompt waits: no key is pressed.
func TestSSOComesBackByItself(t *testing.T) {
	v := startSSO(t, ssoFlows, loggedIn())
	v.readPage()
	if page := get(t, v.address()); !strings.Contains(page, "You can close this window") {
		t.Errorf("the last page is %s", page)
	}
	v.wantLoggedIn(0)
}

// TestSSOComesBackAfterALineThatIsNotTaken, and after the half of another.
func TestSSOComesBackAfterALineThatIsNotTaken(t *testing.T) {
	v := startSSO(t, ssoFlows, loggedIn())
	v.readPage()
	v.typeKeys("http://127.0.0.1:1/\n")
	v.see(ssoPrompt)
	v.typeKeys("http://127")
	v.see("http://127")
	get(t, v.address())
	v.wantLoggedIn(0)
}

func TestL19_CtrlCEndsTheLoginInTheBrowser(t *testing.T) {
	v := startSSO(t, ssoFlows, nil)
	v.readPage()
	v.typeKeys("\x03")
	err := v.end()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGINT {
		t.Errorf("%v, want the end by SIGINT\n%s", err, v.shown)
	}
	if v.stdout.Len() != 0 {
		t.Errorf("stdout %q", &v.stdout)
	}
	v.wantClosed()
	v.wantNothingStored()
}

func TestL18_NobodyFinishesTheLoginInTime(t *testing.T) {
	v := startSSO(t, ssoFlows, nil, "--login-timeout", "300ms")
	v.readPage()
	v.fails(8)
	v.shows("nobody finished the login in the browser in time", "hint: raise --login-timeout", "--no-browser", "mxlogin token")
	v.wantClosed()
	v.wantNothingStored()
}

func TestSSOAsksForTheIdentityProvider(t *testing.T) {
	const flows = `{"flows":[{"type":"m.login.sso","identity_providers":[` +
		`{"id":"oidc-one","name":"One"},{"id":"oidc two/2","name":"Two\u001b[2J"}]},{"type":"m.login.token"}]}`
	v := startSSO(t, flows, loggedIn())
	seen := v.see("Number (1-2): ")
	if !strings.Contains(seen, v.fake.URL()+" lets you log in by:\r\n  1  One (oidc-one)\r\n  2  Two\\x1b[2J (oidc two/2)\r\n") {
		t.Errorf("the list is %q", seen)
	}
	v.typeKeys("2\n")
	v.readPage()
	if got := v.page.EscapedPath(); got != redirectPath+"/oidc%20two%2F2" {
		t.Errorf("the page is %s", got)
	}
	get(t, v.address())
	v.wantLoggedIn(0)
}

// TestL27_TheLoginTokenIsRefused: it is not sent again.
func TestL27_TheLoginTokenIsRefused(t *testing.T) {
	v := startSSO(t, ssoFlows, []clienttest.Reply{{Status: 403, Body: `{"errcode":"M_FORBIDDEN","error":"Invalid login token"}`}})
	v.readPage()
	get(t, v.address())
	v.fails(4)
	v.shows("it has expired or was used", "M_FORBIDDEN: Invalid login token")
	v.wantTokenSent()
	v.wantClosed()
	v.wantNoToken(0)
}

// TestL31_TheBrowserGetsNoSecretOfTheEnvironment, and what it says is not shown. That it
// fails is told, and the login goes on.
func TestL31_TheBrowserGetsNoSecretOfTheEnvironment(t *testing.T) {
	tests := map[string]struct {
		program, variable string // which leads to the program
		warning           string
	}{
		"BROWSER":  {"browser", "BROWSER=%s/browser", "no browser could be opened: BROWSER: exit status 3; open the URL yourself"},
		"xdg-open": {"xdg-open", "PATH=%s", "no browser could be opened: exit status 3; open the URL yourself"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if name == "xdg-open" && runtime.GOOS == "darwin" {
				t.Skip("macOS opens a browser by another program")
			}
			dir, password := t.TempDir(), clienttest.NewCanary("pw").String()
			noted := filepath.Join(dir, "noted")
			script := fmt.Sprintf("#!/bin/sh\n{ echo \"$@\"; /usr/bin/env; } >'%s'\necho the browser speaks\necho the browser speaks >&2\nexit 3\n", noted)
			if err := os.WriteFile(filepath.Join(dir, test.program), []byte(script), 0o700); err != nil {
				t.Fatal(err)
			}
			fake := clienttest.NewFake(t, clienttest.FakeOptions{})
			fake.On(flowsRequest, clienttest.Reply{Body: ssoFlows})
			fake.On(loginRequest, loggedIn()...)
			p := newPrompted(t, "sso", fake.URL())
			p.Env = append(p.Env, "DISPLAY=:0", "KEPT=yes", "MXLOGIN_PASSWORD="+password, "MXLOGIN_AS_TOKEN="+password, fmt.Sprintf(test.variable, dir))
			v := &ssoVisit{atTerminal: startAtTerminal(t, p), fake: fake, token: clienttest.NewCanary("syl").String()}
			v.readPage()
			if !strings.Contains(v.shown, test.warning) {
				v.see(test.warning)
			}
			lines := strings.Split(readFile(t, noted), "\n")
			if lines[0] != v.page.String() {
				t.Errorf("the browser was opened with %q, shown is %s", lines[0], v.page)
			}
			if !slices.Contains(lines, "KEPT=yes") {
				t.Errorf("the browser has no environment at all: %q", lines)
			}
			clienttest.ScanForSecrets(t, "the browser's environment", []byte(strings.Join(lines, "\n")), password)
			get(t, v.address())
			v.wantLoggedIn(0)
			if strings.Contains(v.shown, "the browser speaks") {
				t.Errorf("what the browser says is shown:\n%s", v.shown)
			}
		})
	}
}
