//go:build unix

package cmd_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mxlogin/client/clienttest"
)

const deleteRequest = "POST /_matrix/client/v3/delete_devices"

// startDelete runs mxlogin devices delete OTHER with a saved session, at a homeserver
// that answers the request for it in turn.
func startDelete(t *testing.T, answers []clienttest.Reply, args ...string) (*atTerminal, *clienttest.Fake) {
	t.Helper()
	fake := clienttest.NewFake(t, clienttest.FakeOptions{})
	fake.On("GET /_matrix/client/v3/account/whoami", clienttest.Reply{Body: `{"user_id":"@alice:hs.test","device_id":"DEVICE"}`})
	fake.On("GET /_matrix/client/v3/devices", clienttest.Reply{Body: `{"devices":[{"device_id":"DEVICE"},{"device_id":"OTHER"}]}`})
	for _, path := range []string{"v1/auth_metadata", "unstable/org.matrix.msc2965/auth_metadata"} { // it has no account page
		fake.On("GET /_matrix/client/"+path, clienttest.Reply{Status: http.StatusNotFound, Body: `{"errcode":"M_UNRECOGNIZED"}`})
	}
	fake.On(deleteRequest, answers...)
	p := newPrompted(t, append([]string{"devices", "delete", "OTHER"}, args...)...)
	if err := os.MkdirAll(filepath.Dir(p.config), 0o700); err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf(`version: 1
accounts:
  - user_id: "@alice:hs.test"
    homeserver: %s
    device_id: DEVICE
    access_token: tok-of-the-test
    flow: m.login.password
`, fake.URL())
	if err := os.WriteFile(p.config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return startAtTerminal(t, p), fake
}

// challenged asks for a stage; refused says that what was given is wrong.
func challenged(stage string, refused bool) clienttest.Reply {
	why := ""
	if refused {
		why = `"errcode":"M_FORBIDDEN","error":"Invalid password",`
	}
	return clienttest.Reply{
		Status: http.StatusUnauthorized,
		Body:   fmt.Sprintf(`{%s"flows":[{"stages":[%q]}],"params":{},"session":"uia/session"}`, why, stage),
	}
}

// wantAuth compares the members auth of the requests for the deletion. The first has none.
func wantAuth(t *testing.T, fake *clienttest.Fake, want ...map[string]any) {
	t.Helper()
	var got []map[string]any
	for _, request := range fake.Requests() {
		if request.Method+" "+request.Path != deleteRequest {
			continue
		}
		var body struct {
			Devices []string       `json:"devices"`
			Auth    map[string]any `json:"auth"`
		}
		if err := json.Unmarshal([]byte(request.Body), &body); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"OTHER"}, body.Devices); diff != "" {
			t.Errorf("devices (-want +got):\n%s", diff)
		}
		got = append(got, body.Auth)
	}
	if diff := cmp.Diff(append([]map[string]any{nil}, want...), got); diff != "" {
		t.Errorf("auth (-want +got):\n%s", diff)
	}
}

func passwordAuth(password string) map[string]any {
	return map[string]any{
		"type": "m.login.password", "password": password, "session": "uia/session",
		"identifier": map[string]any{"type": "m.id.user", "user": "@alice:hs.test"},
	}
}

// typePassword answers the prompt, and no password is shown.
func (a *atTerminal) typePassword(password string) (before string) {
	a.t.Helper()
	before = a.see("Password of @alice:hs.test for ")
	if a.echoes(a.t) {
		a.t.Error("the password would be shown")
	}
	a.typeKeys(password + "\n")
	return before
}

// wantDeleted ends well, and no secret was shown.
func (a *atTerminal) wantDeleted(secrets ...string) {
	a.t.Helper()
	if err := a.end(); err != nil {
		a.t.Fatalf("%v\n%s", err, a.shown)
	}
	if got := a.stdout.String(); got != "Deleted OTHER\n" {
		a.t.Errorf("stdout %q", got)
	}
	clienttest.ScanForSecrets(a.t, "the screen", []byte(a.shown), append(secrets, "tok-of-the-test")...)
}

func TestAPasswordProvesWhoDeletesADevice(t *testing.T) {
	a, fake := startDelete(t, []clienttest.Reply{challenged("m.login.password", false), {Body: "{}"}})
	a.typePassword("right-password")
	a.wantDeleted("right-password")
	wantAuth(t, fake, passwordAuth("right-password"))
}

func TestAWrongPasswordIsAskedForAgain(t *testing.T) {
	a, fake := startDelete(t, []clienttest.Reply{
		challenged("m.login.password", false), challenged("m.login.password", true), {Body: "{}"},
	})
	a.typePassword("wrong-password")
	if before := a.typePassword("right-password"); !strings.Contains(before, "the server refused that (M_FORBIDDEN: Invalid password)") {
		t.Errorf("asked again without the reason: %q", before)
	}
	a.wantDeleted("wrong-password", "right-password")
	wantAuth(t, fake, passwordAuth("wrong-password"), passwordAuth("right-password"))
}

func TestThreeWrongPasswordsAreEnough(t *testing.T) {
	a, fake := startDelete(t, []clienttest.Reply{
		challenged("m.login.password", false), challenged("m.login.password", true),
		challenged("m.login.password", true), challenged("m.login.password", true),
	})
	var want []map[string]any
	for i := range 3 {
		password := fmt.Sprintf("wrong-password-%d", i)
		a.typePassword(password)
		want = append(want, passwordAuth(password))
	}
	a.fails(4)
	a.shows("M_FORBIDDEN: Invalid password")
	clienttest.ScanForSecrets(t, "the screen", []byte(a.shown), "wrong-password", "tok-of-the-test")
	wantAuth(t, fake, want...)
}

// TestAPageProvesWhoDeletesADevice: the server says nothing when the page was gone
// through, the person does.
func TestAPageProvesWhoDeletesADevice(t *testing.T) {
	a, fake := startDelete(t, []clienttest.Reply{challenged("m.login.sso", false), {Body: "{}"}}, "--no-browser")
	a.see("Press Enter when that is done: ")
	a.shows(
		fake.URL()+" asks you to authenticate again (m.login.sso); open this page:",
		"mxlogin: "+fake.URL()+"/_matrix/client/v3/auth/m.login.sso/fallback/web?session=uia%2Fsession\r\n",
	)
	wantAuth(t, fake)
	a.typeKeys("\n")
	a.wantDeleted()
	wantAuth(t, fake, map[string]any{"session": "uia/session"})
}

// TestEnterBeforeThePageIsDone: the page is shown again.
func TestEnterBeforeThePageIsDone(t *testing.T) {
	a, fake := startDelete(t, []clienttest.Reply{challenged("m.login.sso", false), challenged("m.login.sso", false), {Body: "{}"}}, "--no-browser")
	for range 2 {
		if seen := a.see("Press Enter when that is done: "); !strings.Contains(seen, "/fallback/web?session=uia%2Fsession\r\n") {
			t.Errorf("the page is not shown: %q", seen)
		}
		a.typeKeys("\n")
	}
	a.wantDeleted()
	auth := map[string]any{"session": "uia/session"}
	wantAuth(t, fake, auth, auth)
}
