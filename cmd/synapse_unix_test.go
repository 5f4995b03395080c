//go:build unix

package cmd_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"mxlogin/client/clienttest"
)

// TestSynapseAtATerminal: the browser is on another machine, and the user has no
// password. The person pastes the address that the browser ends at, and later goes to a
// page of the homeserver to prove who deletes a device.
func TestSynapseAtATerminal(t *testing.T) {
	server := clienttest.NewSynapse(t, clienttest.SynapseOptions{SSO: 1, SSOConfirm: true, GetToken: true})
	if _, err := clienttest.BrowserCommand(t.Context()); errors.Is(err, clienttest.ErrMissing) {
		clienttest.Skip(t, err.Error())
	}
	first := newPrompted(t, "sso", server.URL(), "--no-browser", "--device-id", "FIRST")
	startAtTerminal(t, first).loginElsewhere(t, "paster")

	second := newPrompted(t, "sso", server.URL(), "--no-browser", "--account", "second", "--device-id", "SECOND")
	second.Env = first.Env
	startAtTerminal(t, second).loginElsewhere(t, "paster")

	for _, test := range []struct {
		args   []string
		stdout string
	}{
		{[]string{"devices", "delete", "SECOND", "--account", "@paster:localhost"}, "Deleted SECOND\n"},
		{[]string{"mint-login-token", "@paster:localhost"}, "syl_"},
	} {
		p := newPrompted(t, append(test.args, "--no-browser")...)
		p.Env = first.Env
		a := startAtTerminal(t, p)
		seen := a.see("Press Enter when that is done: ")
		page, err := clienttest.Browse(t.Context(), lastURL(t, seen), "paster")
		if err != nil || !strings.Contains(page.Text, "Thank you") {
			t.Fatalf("%+v, %v", page, err)
		}
		a.typeKeys("\n")
		if err := a.end(); err != nil || !strings.HasPrefix(a.stdout.String(), test.stdout) {
			t.Errorf("%v: %v, stdout %q\n%s", test.args, err, &a.stdout, a.shown)
		}
	}
	if devices, err := server.Devices(t.Context(), "paster"); err != nil || len(devices) != 1 || devices[0].ID != "FIRST" {
		t.Errorf("%v, devices %v", err, devices)
	}
}

// loginElsewhere logs name in with a browser that ends somewhere else, and types the
// address that it should have ended at.
func (a *atTerminal) loginElsewhere(t *testing.T, name string) {
	t.Helper()
	page, err := url.Parse(lastURL(t, a.see(ssoPrompt)))
	if err != nil {
		t.Fatal(err)
	}
	token := ""
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if got := r.URL.Query().Get("loginToken"); got != "" {
			token = got
		}
		_, _ = w.Write([]byte("elsewhere"))
	}))
	defer elsewhere.Close()
	query := page.Query()
	back := query.Get("redirectUrl")
	query.Set("redirectUrl", elsewhere.URL)
	page.RawQuery = query.Encode()
	if _, err := clienttest.Browse(t.Context(), page.String(), name); err != nil {
		t.Fatal(err)
	}
	a.typeKeys(back + "?loginToken=" + url.QueryEscape(token) + "\n")
	if err := a.end(); err != nil || !strings.HasPrefix(a.stdout.String(), "Logged in as @"+name+":localhost\n") {
		t.Fatalf("%v, stdout %q\n%s", err, &a.stdout, a.shown)
	}
}

// lastURL is the URL that was shown.
func lastURL(t *testing.T, shown string) string {
	t.Helper()
	match := shownPage.FindStringSubmatch(shown)
	if match == nil {
		t.Fatalf("no URL is shown: %q", shown)
	}
	return match[1]
}
