package session_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mxlogin/client/clienttest"
	"mxlogin/client/secret"
	"mxlogin/client/transport"
	"mxlogin/cmd/choose"
	"mxlogin/cmd/session"
	"mxlogin/config"
)

const refresh = "POST /_matrix/client/v3/refresh"

// rotator is a server that renews as the specification says: the old refresh token is
// good until one of the new tokens is used.
type rotator struct {
	mu        sync.Mutex
	issued    int    // pairs so far
	current   string // refresh token of the newest pair
	previous  string // that made it; good while the newest pair is unused
	renewals  int
	lifetime  int64 // of an access token, in ms
	keepsOld  bool  // answers without a refresh token
	beforeEnd func()
}

func (w *world) rotates() *rotator {
	r := &rotator{current: "refresh-0", lifetime: 300_000}
	w.fake.Handle(refresh, r.serveRefresh)
	w.fake.Handle(whoami, r.serveWhoAmI)
	return r
}

func (r *rotator) serveRefresh(rw http.ResponseWriter, q *http.Request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var body struct {
		Token string `json:"refresh_token"`
	}
	if err := json.NewDecoder(q.Body).Decode(&body); err != nil || body.Token != r.current && body.Token != r.previous {
		rw.WriteHeader(http.StatusUnauthorized)
		_, _ = fmt.Fprint(rw, `{"errcode":"M_UNKNOWN_TOKEN","error":"refresh token does not exist"}`)
		return
	}
	r.renewals++
	r.issued++
	answer := map[string]any{"access_token": fmt.Sprintf("access-%d", r.issued), "expires_in_ms": r.lifetime}
	if !r.keepsOld {
		r.previous, r.current = body.Token, fmt.Sprintf("refresh-%d", r.issued)
		answer["refresh_token"] = r.current
	}
	if r.beforeEnd != nil {
		r.beforeEnd()
	}
	_ = json.NewEncoder(rw).Encode(answer)
}

func (r *rotator) serveWhoAmI(rw http.ResponseWriter, q *http.Request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if q.Header.Get("Authorization") != fmt.Sprintf("Bearer access-%d", r.issued) {
		rw.WriteHeader(http.StatusUnauthorized)
		_, _ = fmt.Fprint(rw, `{"errcode":"M_UNKNOWN_TOKEN","soft_logout":true}`)
		return
	}
	r.previous = ""
	_, _ = fmt.Fprint(rw, `{"user_id":"@alice:hs.test","device_id":"DEVICE"}`)
}

// ending saves a session of alice that ends in left, of five minutes.
func (w *world) ending(left time.Duration) config.Account {
	w.t.Helper()
	account := w.aliceWith("access-0", "DEVICE")
	account.RefreshToken = secret.New("refresh-0")
	account.ExpiresAt, account.Lifetime = w.keeper.Now().Add(left).UTC().Truncate(time.Second), 5*time.Minute
	w.put(account)
	return account
}

// openAtOnce opens the session of an account, as it was read before, twenty times at once;
// each has to get the first new token.
func (w *world) openAtOnce(account config.Account) {
	w.t.Helper()
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			opened, err := w.keeper.Open(w.t.Context(), account)
			if err != nil || !holds(opened.Account.AccessToken, "access-1") {
				w.t.Errorf("got %v", err)
			}
		})
	}
	wg.Wait()
}

func TestASessionIsRenewedShortlyBeforeItsEnd(t *testing.T) {
	tests := []struct {
		name     string
		lifetime time.Duration
		left     time.Duration
		renews   bool
	}{
		{"an hour, 61 s left", time.Hour, 61 * time.Second, false},
		{"an hour, 59 s left", time.Hour, 59 * time.Second, true},
		{"five minutes, 31 s left", 5 * time.Minute, 31 * time.Second, false},
		{"five minutes, 29 s left", 5 * time.Minute, 29 * time.Second, true},
		{"of unknown life, 59 s left", 0, 59 * time.Second, true},
		{"past its end", time.Hour, -time.Minute, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			server := w.rotates()
			account := w.ending(test.left)
			account.Lifetime = test.lifetime
			w.put(account)
			opened, err := w.keeper.Open(t.Context(), account)
			if err != nil {
				t.Fatal(err)
			}
			if (server.renewals == 1) != test.renews || !test.renews && len(w.sent()) != 0 {
				t.Errorf("sent %v", w.sent())
			}
			if saved := w.account(account.Name); !saved.AccessToken.Equal(opened.Account.AccessToken) {
				t.Error("the token in use is not the one that is saved")
			}
		})
	}
}

func TestASessionThatTheServerDoesNotKnowIsRenewedAndTheRequestSentAgain(t *testing.T) {
	w := newWorld(t)
	w.rotates().issued = 1
	opened, err := w.keeper.Open(t.Context(), w.ending(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	if who, err := opened.WhoAmI(t.Context()); err != nil || who.DeviceID != "DEVICE" {
		t.Errorf("%+v, %v", who, err)
	}
	want := []string{whoami + " access-0", refresh, whoami + " access-2"}
	if diff := cmp.Diff(want, w.sent()); diff != "" {
		t.Error(diff)
	}
	account := w.account("@alice:hs.test")
	if !holds(account.RefreshToken, "refresh-2") || account.Lifetime != 5*time.Minute {
		t.Errorf("the file is\n%s", w.read())
	}
}

// TestNothingIsUsedBeforeItIsSaved: the file holds the new token when the server first
// sees it.
func TestNothingIsUsedBeforeItIsSaved(t *testing.T) {
	w := newWorld(t)
	w.fake.On(refresh, clienttest.Reply{Body: `{"access_token":"access-1","refresh_token":"refresh-1"}`})
	w.fake.Handle(whoami, func(rw http.ResponseWriter, q *http.Request) {
		if token := strings.TrimPrefix(q.Header.Get("Authorization"), "Bearer "); !strings.Contains(w.read(), "access_token: "+token) {
			t.Errorf("%s is used and not saved", token)
		}
		_, _ = fmt.Fprint(rw, `{"user_id":"@alice:hs.test","device_id":"DEVICE"}`)
	})
	opened, err := w.keeper.Open(t.Context(), w.ending(0))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := opened.WhoAmI(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestR1_ManyAtOnceRenewOnce(t *testing.T) {
	w := newWorld(t)
	server := w.rotates()
	account := w.ending(0)
	var wg sync.WaitGroup
	tokens := make([]secret.Value, 20)
	for i := range tokens {
		wg.Go(func() {
			keeper := *w.keeper
			keeper.Store = config.NewStore(w.path, true, func(config.Notice) {})
			keeper.Reporter = &reporter{}
			opened, err := keeper.Open(t.Context(), account)
			if err != nil {
				t.Error(err)
				return
			}
			tokens[i] = opened.Account.AccessToken
		})
	}
	wg.Wait()
	for i, token := range tokens {
		if !holds(token, "access-1") {
			t.Errorf("process %d has another token", i)
		}
	}
	if server.renewals != 1 {
		t.Errorf("%d renewals", server.renewals)
	}
}

// TestR13_TheLockIsThatOfTheFileBehindALink: two homes whose config files are links to
// one file share its lock, as they share what is in it.
func TestR13_TheLockIsThatOfTheFileBehindALink(t *testing.T) {
	w := newWorld(t)
	server := w.rotates()
	account := w.ending(0)
	var wg sync.WaitGroup
	for range 4 {
		link := filepath.Join(t.TempDir(), "config.yaml")
		if err := os.Symlink(w.path, link); err != nil {
			clienttest.Skip(t, "this system makes no links: "+err.Error())
		}
		wg.Go(func() {
			keeper := *w.keeper
			keeper.Store = config.NewStore(link, true, func(config.Notice) {})
			keeper.Reporter = &reporter{}
			if opened, err := keeper.Open(t.Context(), account); err != nil || !holds(opened.Account.AccessToken, "access-1") {
				t.Errorf("%v", err)
			}
		})
	}
	wg.Wait()
	if server.renewals != 1 {
		t.Errorf("%d renewals", server.renewals)
	}
}

// TestR4_TheSavedTokenIsUsedNext: the process that renewed was killed before it could
// use the token.
func TestR4_TheSavedTokenIsUsedNext(t *testing.T) {
	w := newWorld(t)
	server := w.rotates()
	if _, err := w.keeper.Renew(t.Context(), w.ending(0)); err != nil {
		t.Fatal(err)
	}
	opened, err := w.keeper.Open(t.Context(), w.account("@alice:hs.test"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := opened.WhoAmI(t.Context()); err != nil || server.renewals != 1 {
		t.Errorf("%v after %d renewals", err, server.renewals)
	}
}

// TestR5_ARenewalThatCannotBeSavedIsNotTried, and where only the save itself fails the
// new token is not used and the old one stays.
func TestR5_ARenewalThatCannotBeSavedIsNotTried(t *testing.T) {
	t.Run("before", func(t *testing.T) {
		w := newWorld(t)
		account := w.ending(0)
		if err := os.Chmod(w.path, 0o400); err != nil {
			t.Fatal(err)
		}
		var failed *config.FileError
		if _, err := w.keeper.Open(t.Context(), account); !errors.As(err, &failed) || len(w.sent()) != 0 {
			t.Errorf("%v, sent %v", err, w.sent())
		}
	})
	t.Run("at the save", func(t *testing.T) {
		w := newWorld(t)
		server := w.rotates()
		account := w.ending(0)
		before := w.read()
		directory := filepath.Dir(w.path)
		aside := directory + "-aside"
		server.beforeEnd = func() { // the directory goes, as a full disk would have it
			if err := os.Rename(directory, aside); err != nil {
				t.Error(err)
			}
		}
		var failed *config.FileError
		if _, err := w.keeper.Open(t.Context(), account); !errors.As(err, &failed) {
			t.Errorf("got %v", err)
		}
		if err := os.Rename(aside, directory); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(before, w.read()); diff != "" {
			t.Error(diff)
		}
		server.beforeEnd = nil
		if opened, err := w.keeper.Open(t.Context(), account); err != nil || !holds(opened.Account.AccessToken, "access-2") {
			t.Errorf("the next run: %v", err)
		}
	})
}

// TestR7_WhatKeepsTheTokens. R6: an answer that was cut. R8: what only a proxy says.
func TestR7_WhatKeepsTheTokens(t *testing.T) {
	tests := []struct {
		name    string
		replies []clienttest.Reply
	}{
		{"R6 cut answers", []clienttest.Reply{{Body: `{"access_token":"access-1"}`, CutAfter: 5}, {Drop: true}}},
		{"R7 a 500", []clienttest.Reply{{Status: 500, Body: `{"errcode":"M_UNKNOWN","error":"database"}`}}},
		{"R7 gateways", []clienttest.Reply{{Status: 502, Body: "<html>"}, {Status: 503}}},
		{"R8 a proxy's 403", []clienttest.Reply{{Status: 403, Body: "<html>"}}},
		{"R8 a proxy's 404", []clienttest.Reply{{Status: 404, Body: "<html>"}}},
		{"a rate limit", []clienttest.Reply{{Status: 429, Body: `{"errcode":"M_LIMIT_EXCEEDED"}`}}},
		{"a locked account", []clienttest.Reply{{Status: 401, Body: `{"errcode":"M_USER_LOCKED","soft_logout":true}`}}},
		{"an answer without a token", []clienttest.Reply{{Body: `{}`}}},
		{"the refresh token as access token", []clienttest.Reply{{Body: `{"access_token":"refresh-0"}`}}},
		{"a redirect", []clienttest.Reply{{Status: 307, Header: map[string]string{"Location": "https://other.test/"}}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			account := w.ending(0)
			before := w.read()
			w.fake.On(refresh, test.replies...)
			_, err := w.keeper.Open(t.Context(), account)
			var over *session.OverError
			if err == nil || errors.As(err, &over) {
				t.Errorf("got %v", err)
			}
			if diff := cmp.Diff(before, w.read()); diff != "" {
				t.Error(diff)
			}
		})
	}
	t.Run("R7 not reachable", func(t *testing.T) {
		w := newWorld(t)
		account := w.ending(0)
		before := w.read()
		w.fake.Close()
		var network *transport.NetworkError
		if _, err := w.keeper.Open(t.Context(), account); !errors.As(err, &network) || w.read() != before {
			t.Errorf("got %v", err)
		}
	})
}

func TestR6_ALostAnswerIsAskedForAgain(t *testing.T) {
	w := newWorld(t)
	account := w.ending(0)
	w.fake.On(refresh, clienttest.Reply{Body: `{"access_token":"access-1"}`, CutAfter: 5},
		clienttest.Reply{Body: `{"access_token":"access-2","refresh_token":"refresh-2"}`})
	opened, err := w.keeper.Open(t.Context(), account)
	if err != nil || !holds(opened.Account.AccessToken, "access-2") {
		t.Errorf("got %v", err)
	}
}

func TestR8_R9_R16_ARefusedRenewalEndsTheSession(t *testing.T) {
	tests := []struct{ name, device, body string }{
		{"as the specification says", "", `{"errcode":"M_UNKNOWN_TOKEN"}`},
		{"as Synapse says of one that is too old", "", `{"errcode":"M_FORBIDDEN","error":"The supplied refresh token has expired"}`},
		{"R9 a soft logout", "DEVICE", `{"errcode":"M_UNKNOWN_TOKEN","soft_logout":true}`},
		{"R16 the family is revoked", "", `{"errcode":"M_UNKNOWN_TOKEN","error":"refresh token isn't valid anymore"}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			account := w.ending(0)
			w.answers(refresh, 401, test.body)
			_, err := w.keeper.Open(t.Context(), account)
			var over *session.OverError
			if !errors.As(err, &over) || over.DeviceID != test.device {
				t.Errorf("got %v", err)
			}
			left := w.account(account.Name)
			if left.HasSession() || !left.RefreshToken.IsZero() || left.DeviceID != test.device || !left.ExpiresAt.IsZero() {
				t.Errorf("the file is\n%s", w.read())
			}
			// No loop: the next run knows that there is nothing to renew.
			var none *choose.NoSessionError
			if _, err := w.keeper.Open(t.Context(), left); !errors.As(err, &none) || len(w.sent()) != 1 {
				t.Errorf("%v, sent %v", err, w.sent())
			}
		})
	}
}

func TestR10_ARefreshTokenThatIsNotReplacedStays(t *testing.T) {
	w := newWorld(t)
	server := w.rotates()
	server.keepsOld = true
	if _, err := w.keeper.Renew(t.Context(), w.ending(0)); err != nil {
		t.Fatal(err)
	}
	if account := w.account("@alice:hs.test"); !holds(account.RefreshToken, "refresh-0") || !holds(account.AccessToken, "access-1") {
		t.Errorf("the file is\n%s", w.read())
	}
}

// TestR11_H58_ATokenThatHasEndedAtIssueIsRenewedOnce. H58: the clocks are far apart.
func TestR11_H58_ATokenThatHasEndedAtIssueIsRenewedOnce(t *testing.T) {
	for name, lifetime := range map[string]int64{"R11 no life": 0, "H58 past": -5000} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			server := w.rotates()
			server.lifetime = lifetime
			opened, err := w.keeper.Open(t.Context(), w.ending(0))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := opened.WhoAmI(t.Context()); err != nil || server.renewals != 1 || codes(w.told.warnings) != "short_lived" {
				t.Errorf("%v after %d renewals, warned %v", err, server.renewals, w.told.warnings)
			}
		})
	}
	t.Run("H58 the server does not take it either", func(t *testing.T) {
		w := newWorld(t)
		w.answers(refresh, 200, `{"access_token":"access-1","refresh_token":"refresh-1","expires_in_ms":0}`)
		w.answers(whoami, 401, `{"errcode":"M_UNKNOWN_TOKEN","soft_logout":true}`)
		opened, err := w.keeper.Open(t.Context(), w.ending(0))
		if err != nil {
			t.Fatal(err)
		}
		var over *session.OverError
		if _, err := opened.WhoAmI(t.Context()); !errors.As(err, &over) {
			t.Errorf("got %v", err)
		}
	})
}

// TestR17_ALoginBesideARenewal: nobody holds the lock while a person is asked, and the
// tokens that came in between are looked at before they are replaced.
func TestR17_ALoginBesideARenewal(t *testing.T) {
	for _, test := range []struct {
		name, says string // what the server says of the login's token
		status     int
		keeps      string
	}{
		{"the login's token lives", `{"user_id":"@alice:hs.test","device_id":"DEVICE"}`, 200, "new-token"},
		{"the renewal's token lives", `{"errcode":"M_UNKNOWN_TOKEN"}`, 401, "access-1"},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			account := w.ending(0)
			login := w.asAlice()
			login.Saved = &account
			attempt := w.begin(login) // and now the person is asked
			w.answers(refresh, 200, `{"access_token":"access-1","refresh_token":"refresh-1"}`)
			w.answers(whoami, test.status, test.says)
			if _, err := w.keeper.Renew(t.Context(), account); err != nil {
				t.Fatal(err)
			}
			if _, err := attempt.Finish(t.Context(), answerFor(t, "@alice:hs.test", "DEVICE")); err != nil {
				t.Fatal(err)
			}
			if got := w.account(account.Name); !holds(got.AccessToken, test.keeps) {
				t.Errorf("the file is\n%s", w.read())
			}
		})
	}
}

// TestAServerThatKnowsNoRenewalAnyMore leaves the access token good until it ends.
func TestAServerThatKnowsNoRenewalAnyMore(t *testing.T) {
	const unrecognized = `{"errcode":"M_UNRECOGNIZED"}`
	w := newWorld(t)
	w.answers(refresh, 404, unrecognized)
	if opened, err := w.keeper.Open(t.Context(), w.ending(20*time.Second)); err != nil || !holds(opened.Account.AccessToken, "access-0") {
		t.Errorf("before its end: %v", err)
	}
	w.answers(refresh, 404, unrecognized)
	w.answers(refresh, 404, unrecognized)
	w.answers(whoami, 401, `{"errcode":"M_UNKNOWN_TOKEN","soft_logout":true}`)
	var over *session.OverError
	if _, err := w.keeper.Open(t.Context(), w.ending(-time.Second)); !errors.As(err, &over) || over.DeviceID != "DEVICE" {
		t.Errorf("past its end: %v", err)
	}
}

// TestATokenPastItsEndThatCannotBeRenewed is asked about: the clock may be wrong.
func TestATokenPastItsEndThatCannotBeRenewed(t *testing.T) {
	w := newWorld(t)
	account := w.ending(-time.Hour)
	account.RefreshToken = secret.Value{}
	w.put(account)
	w.answers(whoami, 200, `{"user_id":"@alice:hs.test","device_id":"DEVICE"}`)
	if _, err := w.keeper.Open(t.Context(), account); err != nil {
		t.Errorf("got %v", err)
	}
	w.answers(whoami, 401, `{"errcode":"M_UNKNOWN_TOKEN","soft_logout":true}`)
	var over *session.OverError
	if _, err := w.keeper.Open(t.Context(), account); !errors.As(err, &over) || over.DeviceID != "DEVICE" {
		t.Errorf("got %v", err)
	}
	var fixed *session.NotRenewableError
	if _, err := w.keeper.Renew(t.Context(), account); !errors.As(err, &fixed) {
		t.Errorf("got %v", err)
	}
}

// TestALogoutRenewsWhatHasExpired: an expired token ends nothing at some servers.
func TestALogoutRenewsWhatHasExpired(t *testing.T) {
	t.Run("by the clock", func(t *testing.T) {
		w := newWorld(t)
		w.rotates()
		w.answers(logout, 200, `{}`)
		done, err := w.keeper.End(t.Context(), w.ending(-time.Hour))
		if err != nil || done != session.LoggedOut || len(w.load().Accounts()) != 0 {
			t.Errorf("%q, %v", done, err)
		}
		if diff := cmp.Diff([]string{refresh, logout + " access-1"}, w.sent()); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("by the server", func(t *testing.T) {
		w := newWorld(t)
		w.rotates()
		w.answers(logout, 401, `{"errcode":"M_UNKNOWN_TOKEN","error":"expired"}`)
		w.answers(logout, 200, `{}`)
		done, err := w.keeper.End(t.Context(), w.ending(time.Hour))
		if err != nil || done != session.LoggedOut || len(w.load().Accounts()) != 0 {
			t.Errorf("%q, %v", done, err)
		}
		if diff := cmp.Diff([]string{logout + " access-0", refresh, logout + " access-1"}, w.sent()); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("over", func(t *testing.T) {
		w := newWorld(t)
		w.answers(refresh, 401, `{"errcode":"M_UNKNOWN_TOKEN"}`)
		done, err := w.keeper.End(t.Context(), w.ending(-time.Hour))
		if err != nil || done != session.AlreadyGone || len(w.load().Accounts()) != 0 {
			t.Errorf("%q, %v; the file is\n%s", done, err, w.read())
		}
	})
	t.Run("not reachable", func(t *testing.T) {
		w := newWorld(t)
		account := w.ending(-time.Hour)
		before := w.read()
		w.fake.Close()
		if _, err := w.keeper.End(t.Context(), account); err == nil || w.read() != before {
			t.Errorf("%v; the file is\n%s", err, w.read())
		}
	})
}
