//go:build unix

package cmd_test

import (
	"bytes"
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
	"strings"
	"sync"
	"syscall"
	"testing"

	"mxlogin/client/clienttest"
)

// oauthVisit is mxlogin oauth at a terminal, which waits for a browser.
type oauthVisit struct {
	*atTerminal
	issuer   *clienttest.Issuer
	secrets  []string // of the tokens and of the codes
	page     *url.URL // that it showed
	redirect string   // where that page sends the browser in the end
}

// startOAuth runs mxlogin oauth at an issuer that has no device codes.
func startOAuth(t *testing.T, o clienttest.IssuerOptions, args ...string) *oauthVisit {
	t.Helper()
	o.NoDevice = true
	o.Canary, o.CodeCanary = clienttest.NewCanary("tok").String(), clienttest.NewCanary("code").String()
	issuer := clienttest.NewIssuer(t, o)
	args = append([]string{"oauth", issuer.URL(), "--no-browser"}, args...)
	v := &oauthVisit{atTerminal: startAtTerminal(t, newPrompted(t, args...)), issuer: issuer, secrets: []string{o.Canary, o.CodeCanary}}
	v.readPage()
	return v
}

// readPage waits for the prompt and reads the URL before it.
func (v *oauthVisit) readPage() {
	v.t.Helper()
	seen := v.see(ssoPrompt)
	page, err := url.Parse(lastURL(v.t, seen))
	if err != nil {
		v.t.Fatal(err)
	}
	v.page, v.redirect = page, page.Query().Get("redirect_uri")
	if !regexp.MustCompile(`^http://127\.0\.0\.1:\d+/[A-Z2-7]{26}$`).MatchString(v.redirect) {
		v.t.Fatalf("the browser is to be sent to %q", v.redirect)
	}
}

// answer is the address that the page sends the browser to, after the person has agreed.
func (v *oauthVisit) answer() string {
	v.t.Helper()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.Get(v.page.String())
	if err != nil {
		v.t.Fatal(err)
	}
	_ = response.Body.Close()
	return response.Header.Get("Location")
}

// with is an address with its query changed.
func with(address string, change func(url.Values)) string {
	u, _ := url.Parse(address)
	query := u.Query()
	change(query)
	u.RawQuery = query.Encode()
	return u.String()
}

// ask sends a request as a stranger would, and returns the status and the page.
func (v *oauthVisit) ask(method, address string, header http.Header) (int, string) {
	v.t.Helper()
	request, err := http.NewRequestWithContext(v.t.Context(), method, address, nil)
	if err != nil {
		v.t.Fatal(err)
	}
	request.Header = header.Clone()
	if request.Host = header.Get("Host"); request.Header == nil {
		request.Header = http.Header{}
	}
	client := browser()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	response, err := client.Do(request)
	if err != nil {
		return 0, ""
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	return response.StatusCode, string(body)
}

// wantLoggedIn: there is one session, saved, and its tokens are in the config file and
// nowhere else.
func (v *oauthVisit) wantLoggedIn() {
	v.t.Helper()
	if err := v.end(); err != nil {
		v.t.Fatalf("%v\n%s", err, v.shown)
	}
	if !strings.HasPrefix(v.stdout.String(), "Logged in as @alice:hs.test\n") {
		v.t.Errorf("stdout %q", &v.stdout)
	}
	if living := v.issuer.Living(); len(living) != 1 {
		v.t.Errorf("the sessions of %v live", living)
	}
	v.wantExchanges(1)
	clienttest.ScanForSecrets(v.t, "stdout", v.stdout.Bytes(), v.secrets...)
	clienttest.ScanDir(v.t, filepath.Dir(v.config), func(path string) bool { return path == v.config }, v.secrets...)
	content, err := os.ReadFile(v.config)
	if err != nil || !bytes.Contains(content, []byte(v.secrets[0])) || bytes.Contains(content, []byte(v.secrets[1])) || bytes.Contains(content, []byte("pending")) {
		v.t.Errorf("%v; the file is\n%s", err, content)
	}
}

// wantExchanges counts the requests for tokens.
func (v *oauthVisit) wantExchanges(want int) {
	v.t.Helper()
	got := 0
	for _, request := range v.issuer.Requests() {
		if request.Path == "/oauth2/token" {
			got++
		}
	}
	if got != want {
		v.t.Errorf("%d requests for tokens, want %d", got, want)
	}
}

// wantNothingKept: no session, neither here nor there, and no open port.
func (v *oauthVisit) wantNothingKept() {
	v.t.Helper()
	if living := v.issuer.Living(); len(living) != 0 {
		v.t.Errorf("the sessions of %v live", living)
	}
	content, err := os.ReadFile(v.config)
	if err == nil && bytes.Contains(content, []byte("device_id")) {
		v.t.Errorf("the file is\n%s", content)
	}
	address, _ := url.Parse(v.redirect)
	if connection, err := net.Dial("tcp", address.Host); err == nil {
		_ = connection.Close()
		v.t.Error("the port is still open")
	}
}

// TestOAuthByHand: the browser is on another machine, and the person pastes what it ends
// at, held to the same checks.
func TestOAuthByHand(t *testing.T) {
	v := startOAuth(t, clienttest.IssuerOptions{Iss: true})
	answer := v.answer()
	for _, line := range []string{
		"", "the-code", v.page.String(), v.redirect,
		with(answer, func(q url.Values) { q.Set("state", "other") }),
		with(answer, func(q url.Values) { q.Del("state") }),
		strings.Replace(answer, "127.0.0.1", "localhost", 1),
	} {
		v.typeKeys(line + "\n")
		if seen := v.see(ssoPrompt); !strings.Contains(seen, "mxlogin: warning: that ") {
			t.Errorf("asked again without a reason: %q", seen)
		}
	}
	v.typeKeys(" " + answer + " \n")
	v.wantLoggedIn()
}

// TestT11_T12_L2_L3_L9_L10_StrangersDoNotEndTheWait: L2, L3, L9 and L10 for OAuth. T12: nor does a page of
// another name that leads here.
func TestT11_T12_L2_L3_L9_L10_StrangersDoNotEndTheWait(t *testing.T) {
	v := startOAuth(t, clienttest.IssuerOptions{Iss: true})
	good := v.answer()
	u, _ := url.Parse(good)
	port := u.Port()
	changed := func(change func(url.Values)) string { return with(good, change) }
	tests := []struct {
		name, method, address string
		header                http.Header
		want                  int
	}{
		{"L2 another state", "GET", changed(func(q url.Values) { q.Set("state", "x") }), nil, 400},
		{"L2 no state", "GET", changed(func(q url.Values) { q.Del("state") }), nil, 400},
		{"L2 an empty state", "GET", changed(func(q url.Values) { q.Set("state", "") }), nil, 400},
		{"L2 two states", "GET", good + "&state=" + u.Query().Get("state"), nil, 400},
		{"L2 a list of states", "GET", strings.Replace(good, "state=", "state[]=", 1), nil, 400},
		{"L3 another path", "GET", strings.Replace(good, u.Path, "/callback", 1), nil, 404},
		{"L3 the root", "GET", strings.Replace(good, u.Path, "/", 1), nil, 404},
		{"L9 an error without a state", "GET", changed(func(q url.Values) { q.Del("state"); q.Del("code"); q.Set("error", "access_denied") }), nil, 400},
		{"L9 an error with another state", "GET", changed(func(q url.Values) { q.Set("state", "x"); q.Del("code"); q.Set("error", "access_denied") }), nil, 400},
		{"L10 a code and an error", "GET", good + "&error=access_denied", nil, 400},
		{"L10 an empty code", "GET", changed(func(q url.Values) { q.Set("code", "") }), nil, 400},
		{"L10 a long code", "GET", changed(func(q url.Values) { q.Set("code", strings.Repeat("x", 10<<10)) }), nil, 400},
		{"L10 a line break", "GET", changed(func(q url.Values) { q.Set("code", "a\r\nb") }), nil, 400},
		{"two issuers", "GET", good + "&iss=x", nil, 400},
		{"a form", "POST", good, nil, 405},
		{"a script of a page", "GET", good, http.Header{"Sec-Fetch-Mode": {"cors"}}, 403},
		{"T12 another host", "GET", good, http.Header{"Host": {"evil.test:" + port}}, 421},
		{"T12 localhost", "GET", good, http.Header{"Host": {"localhost:" + port}}, 421},
	}
	for _, test := range tests {
		status, page := v.ask(test.method, test.address, test.header)
		if status != test.want || strings.Contains(page, v.secrets[1]) {
			t.Errorf("%s: status %d, want %d\n%s", test.name, status, test.want, page)
		}
	}
	v.wantExchanges(0)
	if page := get(t, good); !strings.Contains(page, "You can close this window") {
		t.Errorf("the last page is %s", page)
	}
	v.wantLoggedIn()
}

// TestT13_WhoSeesTheRedirectHasNothing: the port is of the literal 127.0.0.1, and a code is
// worth nothing without the verifier, which never leaves the process but to the issuer.
func TestT13_WhoSeesTheRedirectHasNothing(t *testing.T) {
	v := startOAuth(t, clienttest.IssuerOptions{})
	if address, _ := url.Parse(v.redirect); address.Hostname() != "127.0.0.1" {
		t.Errorf("the browser comes back to %s", address.Host)
	}
	q := v.page.Query()
	if q.Get("code_challenge_method") != "S256" || len(q.Get("code_challenge")) != 43 || len(q.Get("state")) < 22 || q.Get("code_verifier") != "" {
		t.Errorf("the page is %s", v.page)
	}
	get(t, v.answer())
	v.wantLoggedIn()
	for _, request := range v.issuer.Requests() {
		if form, _ := url.ParseQuery(request.Body); form.Has("code_verifier") {
			clienttest.ScanForSecrets(t, "the screen", []byte(v.shown), form.Get("code_verifier"))
			return
		}
	}
	t.Error("no verifier was sent")
}

// TestL12_L13_SecondCallbacks. L13: many at once. One code is sent, once.
func TestL12_L13_SecondCallbacks(t *testing.T) {
	v := startOAuth(t, clienttest.IssuerOptions{})
	good := v.answer()
	statuses := make(chan int, 10)
	var wg sync.WaitGroup
	for range cap(statuses) {
		wg.Go(func() {
			status, _ := v.ask("GET", good, nil)
			statuses <- status
		})
	}
	wg.Wait()
	close(statuses)
	taken := 0
	for status := range statuses {
		switch status {
		case http.StatusSeeOther:
			taken++
		case http.StatusGone, 0: // 0: the port is closed already
		default:
			t.Errorf("status %d", status)
		}
	}
	if taken != 1 {
		t.Errorf("%d callbacks were taken", taken)
	}
	v.wantLoggedIn()
}

// TestL8_L14_TheErrorOfTheCallback. L14: the page of the receiver repeats nothing of it, and
// what the terminal shows of it is harmless.
func TestL8_L14_TheErrorOfTheCallback(t *testing.T) {
	v := startOAuth(t, clienttest.IssuerOptions{Denies: true})
	const hostile = `<script>alert(1)</script>"><img onerror=x>+ADw-script+AD4-` + "\x1b]0;owned\x07\u202e"
	page := get(t, with(v.answer(), func(q url.Values) {
		q.Set("error_description", hostile+strings.Repeat("x", 2000))
		q.Set("error_uri", "javascript:alert(1)")
	}))
	for _, part := range []string{"<script", "onerror", "ADw", "owned", "xxx", "javascript", "access_denied"} {
		if strings.Contains(page, part) {
			t.Errorf("the page holds %q:\n%s", part, page)
		}
	}
	v.fails(4)
	v.shows("the login was denied on the server's page (access_denied: ")
	if strings.ContainsAny(v.shown, "\x1b\x07\u202e") || len(v.shown) > 4000 {
		t.Errorf("the screen shows %q", v.shown)
	}
	v.wantNothingKept()
}

func TestL18_NobodyAgreesInTime(t *testing.T) {
	v := startOAuth(t, clienttest.IssuerOptions{}, "--login-timeout", "500ms")
	v.fails(8)
	v.shows("nobody finished the login in the browser in time", "hint: raise --login-timeout")
	v.wantNothingKept()
}

func TestL19_CtrlCWhileTheBrowserIsAway(t *testing.T) {
	v := startOAuth(t, clienttest.IssuerOptions{})
	v.typeKeys("\x03")
	wantInterrupted(t, v.atTerminal)
	v.wantNothingKept()
}

func wantInterrupted(t *testing.T, a *atTerminal) {
	t.Helper()
	err := a.end()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGINT {
		t.Errorf("%v, want the end by SIGINT\n%s", err, a.shown)
	}
}

// TestT15_AnotherIssuerComesBack: the code of one server is not given to another.
func TestT15_AnotherIssuerComesBack(t *testing.T) {
	for _, options := range []clienttest.IssuerOptions{
		{Callback: map[string]any{"iss": "https://evil.test/"}},
		{Iss: true, Callback: map[string]any{"iss": nil}},
	} {
		v := startOAuth(t, options)
		get(t, v.answer())
		v.fails(7)
		v.shows("the browser came back ")
		v.wantExchanges(0)
		v.wantNothingKept()
	}
}

// TestT16_WhoseLoginItIs: the server is named before anything is opened, and another user
// than was asked for is refused and logged out.
func TestT16_WhoseLoginItIs(t *testing.T) {
	issuer := clienttest.NewIssuer(t, clienttest.IssuerOptions{NoDevice: true, User: "@mallory:hs.test"})
	p := newPrompted(t, "oauth", "@alice:hs.test", "--homeserver", issuer.URL(), "--no-browser")
	v := &oauthVisit{atTerminal: startAtTerminal(t, p), issuer: issuer}
	v.readPage()
	named := strings.Index(v.shown, "log in to "+issuer.URL()+" with a browser:")
	if named < 0 || named > strings.Index(v.shown, v.page.String()) {
		t.Errorf("the server is not named before the page:\n%s", v.shown)
	}
	get(t, v.answer())
	v.fails(4)
	v.shows("asked for @alice:hs.test, but the server logged in @mallory:hs.test; the new session was logged out again")
	v.wantNothingKept()
}

// deviceAtTerminal is mxlogin oauth --device at a terminal that has shown its code.
func deviceAtTerminal(t *testing.T, o clienttest.IssuerOptions, args ...string) (*oauthVisit, string) {
	t.Helper()
	issuer := clienttest.NewIssuer(t, o)
	p := newPrompted(t, append([]string{"oauth", issuer.URL(), "--no-browser"}, args...)...)
	v := &oauthVisit{atTerminal: startAtTerminal(t, p), issuer: issuer}
	v.see("waiting, ")
	match := regexp.MustCompile(`mxlogin:   (\S+)   \((.*)\)\r\n`).FindStringSubmatch(v.shown)
	if match == nil {
		t.Fatalf("no code is shown:\n%s", v.shown)
	}
	return v, match[1]
}

// TestT17_ADeviceCode: without a browser here it is what the person gets, with the name of
// the server before it and before any address that has the code in it.
func TestT17_ADeviceCode(t *testing.T) {
	v, code := deviceAtTerminal(t, clienttest.IssuerOptions{})
	at := v.issuer.URL()
	shown := strings.ReplaceAll(v.shown, "\r\n", "\n")
	want := fmt.Sprintf("mxlogin: to log in to %[1]s, open this page on any device:\nmxlogin:   %[1]s/link\nmxlogin: and enter the code:\nmxlogin:   %[2]s   (", at, code)
	if !strings.HasPrefix(shown, want) || !strings.Contains(shown, "mxlogin:   "+at+"/link?user_code="+code+"\n") {
		t.Errorf("the screen shows\n%s\nwant\n%s", shown, want)
	}
	if err := v.issuer.Approve(code); err != nil {
		t.Fatal(err)
	}
	if err := v.end(); err != nil || !strings.HasPrefix(v.stdout.String(), "Logged in as @alice:hs.test\n") {
		t.Errorf("%v, stdout %q\n%s", err, &v.stdout, v.shown)
	}
	v.shows("waiting, 5m0s left")
}

func TestL19_CtrlCWhileTheCodeIsShown(t *testing.T) {
	v, _ := deviceAtTerminal(t, clienttest.IssuerOptions{})
	v.typeKeys("\x03")
	wantInterrupted(t, v.atTerminal)
	if content, err := os.ReadFile(v.config); err == nil && bytes.Contains(content, []byte("device_id")) {
		t.Errorf("the file is\n%s", content)
	}
}

// TestADeviceOfAnOAuthUserIsDeletedOnAPage, which is shown and opened.
func TestADeviceOfAnOAuthUserIsDeletedOnAPage(t *testing.T) {
	issuer := clienttest.NewIssuer(t, clienttest.IssuerOptions{})
	s := grantSession(t, issuer)
	other, stderr := s.run("oauth", issuer.URL(), "--account", "other", "--device-id", "OTHERDEVICE")
	if err := other.Run(); err != nil {
		t.Fatalf("%v\n%s", err, stderr)
	}
	p := newPrompted(t, "devices", "delete", "OTHERDEVICE", "--account", "@alice:hs.test", "--no-browser")
	p.Env = s.env
	a := startAtTerminal(t, p)
	seen := a.see("Press Enter when that is done: ")
	if page := lastURL(t, seen); page != issuer.URL()+"/account?action=org.matrix.device_delete&device_id=OTHERDEVICE" {
		t.Errorf("the page is %s", page)
	}
	a.typeKeys("\n")
	if err := a.end(); err != nil {
		t.Errorf("%v\n%s", err, a.shown)
	}
}
