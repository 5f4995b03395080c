package session_test

import (
	"errors"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mxlogin/client/clienttest"
	"mxlogin/client/secret"
	"mxlogin/cmd/choose"
	"mxlogin/cmd/session"
	"mxlogin/config"
)

const (
	r0whoami = "GET /_matrix/client/r0/account/whoami"
	r0logout = "POST /_matrix/client/r0/logout"
)

// refusals are answers to a token; over says that the session has ended.
var refusals = []struct {
	name  string
	reply clienttest.Reply
	over  bool
}{
	{"unknown token", clienttest.Reply{Status: 401, Body: `{"errcode":"M_UNKNOWN_TOKEN"}`}, true},
	{"soft logout", clienttest.Reply{Status: 401, Body: `{"errcode":"M_UNKNOWN_TOKEN","soft_logout":true}`}, true},
	{"missing token", clienttest.Reply{Status: 401, Body: `{"errcode":"M_MISSING_TOKEN"}`}, false},
	{"locked", clienttest.Reply{Status: 401, Body: `{"errcode":"M_USER_LOCKED","soft_logout":true}`}, false},
	{"forbidden", clienttest.Reply{Status: 403, Body: errorBody}, false},
	{"rate limit", clienttest.Reply{Status: 429, Body: `{"errcode":"M_UNKNOWN_TOKEN"}`}, false},
	{"5xx", clienttest.Reply{Status: 500, Body: `{"errcode":"M_UNKNOWN_TOKEN"}`}, false},
	{"HTML", clienttest.Reply{Status: 401, Body: `<html>M_UNKNOWN_TOKEN`}, false},
	{"no endpoint", clienttest.Reply{Status: 404, Body: `{"errcode":"M_UNRECOGNIZED"}`}, false},
	{"redirect", clienttest.Reply{Status: 302, Header: map[string]string{"Location": "https://other.test/"}}, false},
	{"proxy's page", clienttest.Reply{Status: 403, Body: `<html>`}, false},
}

func TestR8_WhatEndsASession(t *testing.T) {
	for _, test := range refusals {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			before := w.write(saved)
			w.fake.On(r0whoami, test.reply)
			opened, err := w.keeper.Open(t.Context(), w.account("@alice:hs.test"))
			if err != nil {
				t.Fatal(err)
			}
			_, err = opened.WhoAmI(t.Context())
			var over *session.OverError
			if err == nil || errors.As(err, &over) != test.over {
				t.Fatalf("got %v", err)
			}
			want := before
			if test.over {
				want = strings.Replace(want, "    access_token: old-token-of-alice\n", "", 1)
				if test.name != "soft logout" { // which R9 lets log in again as the same device
					want = strings.Replace(want, "    # her machine\n    device_id: OLDDEVICE\n", "", 1)
				}
			}
			if diff := cmp.Diff(want, w.read()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestWhoAmI(t *testing.T) {
	w := newWorld(t)
	before := w.write(saved)
	w.answers(r0whoami, 200, `{"user_id":"@alice:hs.test","device_id":"OLDDEVICE"}`)
	opened, err := w.keeper.Open(t.Context(), w.account("@alice:hs.test"))
	if err != nil {
		t.Fatal(err)
	}
	who, err := opened.WhoAmI(t.Context())
	if err != nil || who.DeviceID != "OLDDEVICE" || w.read() != before {
		t.Errorf("%+v, %v", who, err)
	}
	if diff := cmp.Diff([]string{r0whoami + " old-token-of-alice"}, w.sent()); diff != "" {
		t.Error(diff)
	}
}

func TestOpenNeedsASession(t *testing.T) {
	w := newWorld(t)
	for name, change := range map[string]func(*config.Account){
		"logged out": func(a *config.Account) { a.AccessToken = secret.Value{} },
		"pending":    func(a *config.Account) { a.Pending = true },
	} {
		account := w.aliceWith("token", "DEV")
		change(&account)
		var none *choose.NoSessionError
		if _, err := w.keeper.Open(t.Context(), account); !errors.As(err, &none) || none.Account != account.Name {
			t.Errorf("%s: %v", name, err)
		}
	}
	account := w.aliceWith("token-of-alice", "DEV")
	account.Homeserver = "nowhere"
	if _, err := w.keeper.Open(t.Context(), account); err == nil || strings.Contains(err.Error(), "token-of-alice") {
		t.Errorf("got %v", err)
	}
}

// TestALoginOfAnotherProcessIsKept: it came while the server was asked about the
// session that this process knew.
func TestALoginOfAnotherProcessIsKept(t *testing.T) {
	for _, end := range []string{whoami, logout} {
		t.Run(end, func(t *testing.T) {
			w := newWorld(t)
			old := w.aliceWith("old-token", "OLDDEVICE")
			w.put(old)
			w.fake.Handle(end, func(rw http.ResponseWriter, _ *http.Request) {
				w.put(w.aliceWith("token-of-another-process", "OLDDEVICE"))
				rw.WriteHeader(http.StatusUnauthorized)
				_, _ = io.WriteString(rw, `{"errcode":"M_UNKNOWN_TOKEN"}`)
			})
			var over *session.OverError
			if end == logout {
				if done, err := w.keeper.End(t.Context(), old); err != nil || done != session.AlreadyGone {
					t.Errorf("%q, %v", done, err)
				}
			} else if opened, err := w.keeper.Open(t.Context(), old); err != nil {
				t.Fatal(err)
			} else if _, err := opened.WhoAmI(t.Context()); !errors.As(err, &over) {
				t.Errorf("got %v", err)
			}
			if got := w.account("@alice:hs.test"); !holds(got.AccessToken, "token-of-another-process") || got.DeviceID != "OLDDEVICE" {
				t.Errorf("the file is\n%s", w.read())
			}
		})
	}
}

// TestADeadSessionThatCannotBeSaved: the file may be a read-only mount.
func TestADeadSessionThatCannotBeSaved(t *testing.T) {
	w := newWorld(t)
	account := w.aliceWith("old-token", "OLDDEVICE")
	opened, err := w.keeper.Open(t.Context(), account)
	if err != nil {
		t.Fatal(err)
	}
	w.write("version: 2\n")
	w.answers(whoami, 401, `{"errcode":"M_UNKNOWN_TOKEN"}`)
	var over *session.OverError
	if _, err := opened.WhoAmI(t.Context()); !errors.As(err, &over) || codes(w.told.warnings) != "storage" {
		t.Errorf("%v, warned %q", err, w.told.warnings)
	}
}

func TestASessionThatIsNowhereSaved(t *testing.T) {
	w := newWorld(t)
	w.keeper.Store = nil
	account := w.aliceWith("old-token", "OLDDEVICE")
	w.answers(whoami, 401, `{"errcode":"M_UNKNOWN_TOKEN"}`)
	w.answers(logout, 200, `{}`)
	opened, err := w.keeper.Open(t.Context(), account)
	if err != nil {
		t.Fatal(err)
	}
	var over *session.OverError
	if _, err := opened.WhoAmI(t.Context()); !errors.As(err, &over) {
		t.Errorf("got %v", err)
	}
	if done, err := w.keeper.End(t.Context(), account); err != nil || done != session.LoggedOut {
		t.Errorf("%q, %v", done, err)
	}
}

// TestQ39_ALogoutThatCannotBeSaved is not begun: the entry would outlive its session.
func TestQ39_ALogoutThatCannotBeSaved(t *testing.T) {
	w := newWorld(t)
	account := w.aliceWith("token", "DEVICE")
	w.put(account)
	if err := os.Chmod(w.path, 0o400); err != nil {
		t.Fatal(err)
	}
	var failed *config.FileError
	if _, err := w.keeper.End(t.Context(), account); !errors.As(err, &failed) || len(w.sent()) != 0 {
		t.Errorf("%v, sent %v", err, w.sent())
	}
	if _, _, err := w.keeper.EndAll(t.Context(), account); !errors.As(err, &failed) || len(w.sent()) != 0 {
		t.Errorf("%v, sent %v", err, w.sent())
	}
}

// TestQ33_WhatAnotherProcessHasMadeStays: only the entry that was read goes.
func TestQ33_WhatAnotherProcessHasMadeStays(t *testing.T) {
	w := newWorld(t)
	loggedOut := w.aliceWith("", "DEVICE")
	pending, elsewhere := loggedOut, loggedOut
	pending.Pending, elsewhere.DeviceID = true, "OTHER"
	for name, there := range map[string]config.Account{"a login under way": pending, "another device": elsewhere} {
		w.put(there)
		if err := w.keeper.Forget(t.Context(), loggedOut); err != nil || w.account(loggedOut.Name).DeviceID != there.DeviceID {
			t.Errorf("%v; %s was forgotten:\n%s", err, name, w.read())
		}
	}

	// A login of another process, as the same device.
	w = newWorld(t)
	account := w.aliceWith("token", "DEVICE")
	w.put(w.aliceWith("new-token", "DEVICE"))
	if err := w.keeper.Forget(t.Context(), account); err != nil || !w.account(account.Name).HasSession() {
		t.Errorf("%v; a new session was forgotten:\n%s", err, w.read())
	}

	w = newWorld(t)
	account = w.aliceWith("token", "DEVICE")
	second := account
	second.Name = "second"
	w.put(account)
	w.put(second)
	w.fake.Handle("POST /_matrix/client/v3/logout/all", func(rw http.ResponseWriter, _ *http.Request) {
		other := account
		other.Name, other.AccessToken, other.DeviceID = "other", secret.New("new-token"), "NEW"
		w.put(other)
		other.Name = "second"
		w.put(other)
		_, _ = rw.Write([]byte("{}"))
	})
	names, done, err := w.keeper.EndAll(t.Context(), account)
	if err != nil || done != session.LoggedOut || len(names) != 1 || !w.account("other").HasSession() || !w.account("second").HasSession() {
		t.Errorf("%v, %q, %v; the file is\n%s", names, done, err, w.read())
	}
}

// TestS25_Q50_Logout. Q50: after a soft logout the device is still there.
func TestS25_Q50_Logout(t *testing.T) {
	withoutAlice := saved[:strings.Index(saved, `  - user_id: "@alice`)] + "# end of mxlogin config\n"
	for _, test := range refusals {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			want := w.write(saved)
			w.fake.On(r0logout, test.reply)
			done, err := w.keeper.End(t.Context(), w.account("@alice:hs.test"))
			if test.over {
				want = withoutAlice
			}
			wantDone := session.AlreadyGone
			if test.name == "soft logout" {
				wantDone = session.Expired
			}
			if (err == nil) != test.over || test.over && done != wantDone {
				t.Errorf("%q, %v", done, err)
			}
			if diff := cmp.Diff(want, w.read()); diff != "" {
				t.Error(diff)
			}
		})
	}
	t.Run("logged out before", func(t *testing.T) {
		w := newWorld(t)
		account := w.aliceWith("", "OLDDEVICE")
		w.put(account)
		if done, err := w.keeper.End(t.Context(), account); err != nil || done != session.AlreadyGone || len(w.load().Accounts()) != 0 {
			t.Errorf("%q, %v; the file is\n%s", done, err, w.read())
		}
	})
	t.Run("not reachable", func(t *testing.T) {
		w := newWorld(t)
		want := w.write(saved)
		w.fake.Close()
		if _, err := w.keeper.End(t.Context(), w.account("@alice:hs.test")); err == nil || w.read() != want {
			t.Errorf("%v; the file is\n%s", err, w.read())
		}
	})
}

func TestLogoutTakesTheDefaultAlong(t *testing.T) {
	w := newWorld(t)
	account := w.aliceWith("old-token", "OLDDEVICE")
	w.write(strings.Replace(saved, "default_account: bot", `default_account: "@alice:hs.test"`, 1))
	w.put(account)
	w.answers(logout, 200, `{}`)
	if done, err := w.keeper.End(t.Context(), account); err != nil || done != session.LoggedOut {
		t.Errorf("%q, %v", done, err)
	}
	if diff := cmp.Diff([]string{logout + " old-token"}, w.sent()); diff != "" {
		t.Error(diff)
	}
	if file := w.load(); file.DefaultAccount() != "" || len(file.Accounts()) != 1 {
		t.Errorf("the file is\n%s", w.read())
	}
}

func TestForgetAsksNoServer(t *testing.T) {
	for name, change := range map[string]func(*config.Account){
		"session":    func(*config.Account) {},
		"logged out": func(a *config.Account) { a.AccessToken = secret.Value{} },
		"pending":    func(a *config.Account) { a.AccessToken, a.Pending = secret.Value{}, true },
	} {
		w := newWorld(t)
		account := w.aliceWith("old-token", "OLDDEVICE")
		change(&account)
		w.put(account)
		if err := w.keeper.Forget(t.Context(), account); err != nil || len(w.load().Accounts()) != 0 {
			t.Errorf("%s: %v; the file is\n%s", name, err, w.read())
		}
		if sent := w.sent(); len(sent) != 0 {
			t.Errorf("%s: sent %v", name, sent)
		}
	}
}
