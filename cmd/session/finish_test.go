package session_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gofrs/flock"
	"github.com/google/go-cmp/cmp"

	"mxlogin/client"
	"mxlogin/client/clienttest"
	"mxlogin/client/secret"
	"mxlogin/cmd/choose"
	"mxlogin/cmd/session"
	"mxlogin/config"
)

func TestFinishSavesTheSession(t *testing.T) {
	w := newWorld(t)
	l := w.asAlice()
	l.Prefix, l.Connection.CAFile, l.Connection.AllowHTTP = "r0", "/ca.pem", []string{"hs.test"}
	attempt := w.begin(l)
	answer := answerFor(t, "@alice:hs.test", attempt.Options().DeviceID)
	answer.RefreshToken = secret.New("new-refresh")
	answer.Expires, answer.Lifetime = true, 90*time.Second
	got, err := attempt.Finish(t.Context(), answer)
	if err != nil {
		t.Fatal(err)
	}
	want := config.Account{
		Name: "@alice:hs.test", UserID: "@alice:hs.test", Homeserver: w.base.String(), DeviceID: attempt.Options().DeviceID,
		AccessToken: secret.New("new-token"), RefreshToken: secret.New("new-refresh"),
		ExpiresAt: time.Date(2026, 1, 2, 3, 5, 35, 0, time.UTC), Lifetime: 90 * time.Second,
		Flow: "m.login.password", API: config.APILegacy, Prefix: "r0", CAFile: "/ca.pem", AllowHTTP: []string{"hs.test"},
	}
	same := cmp.Comparer(secret.Value.Equal)
	if diff := cmp.Diff(want, w.account("@alice:hs.test"), same); diff != "" {
		t.Errorf("in the file: %s", diff)
	}
	if diff := cmp.Diff(session.Result{Account: want, Saved: true}, got, same); diff != "" {
		t.Errorf("result: %s", diff)
	}
	if len(w.told.warnings)+len(w.told.notices) != 0 {
		t.Errorf("told %+v", w.told)
	}
}

func TestH22_AnotherUserIsLoggedOutAndNotStored(t *testing.T) {
	alice := choose.Who{User: userID(t, "@alice:hs.test")}
	tests := []struct {
		name   string
		asked  choose.Who
		device string // --device-id
		got    string
		ok     bool
	}{
		{name: "same", asked: alice, got: "@alice:hs.test", ok: true},
		{name: "case of letters", asked: choose.Who{User: userID(t, "@ALICE:hs.test")}, got: "@alice:hs.test", ok: true},
		{name: "other localpart", asked: alice, got: "@mallory:hs.test"},
		{name: "other server", asked: alice, got: "@alice:evil.test"},
		{name: "other port", asked: alice, got: "@alice:hs.test:8448"},
		{name: "letters outside ASCII", asked: choose.Who{User: userID(t, "@\u212aate:hs.test")}, got: "@kate:hs.test"},
		{name: "only a localpart", asked: choose.Who{Localpart: "Alice"}, got: "@alice:anywhere.test", ok: true},
		{name: "another than the localpart", asked: choose.Who{Localpart: "alice"}, got: "@bob:hs.test"},
		{name: "nobody was asked for", got: "@whoever:hs.test", ok: true},
		{name: "device not ours", asked: alice, device: "THEIRS", got: "@mallory:hs.test"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			before := w.write(saved)
			l := w.asAlice()
			l.Who, l.DeviceID = test.asked, test.device
			if test.ok {
				l = w.renewing(l)
				w.fake.OnEvery("POST /_matrix/client/r0/logout", clienttest.Reply{}) // of a session under another spelling
			}
			attempt := w.begin(l)
			if !test.ok && test.device == "" {
				w.answers(logout, 200, `{}`)
			}
			_, err := attempt.Finish(t.Context(), answerFor(t, test.got, attempt.Options().DeviceID))
			if test.ok {
				if err != nil || !holds(w.account(test.got).AccessToken, "new-token") {
					t.Errorf("%v", err)
				}
				return
			}
			var other *session.OtherUserError
			if !errors.As(err, &other) || other.Got != test.got || other.Asked != test.asked.String() {
				t.Fatalf("got %v", err)
			}
			if diff := cmp.Diff(before, w.read()); diff != "" {
				t.Error(diff)
			}
			want := []string{logout + " new-token"}
			if test.device != "" {
				want = nil
				if other.Fate.LoggedOut || !strings.Contains(err.Error(), "a new token for device THEIRS exists") {
					t.Errorf("got %v", err)
				}
			} else if !other.Fate.LoggedOut {
				t.Errorf("got %v", err)
			}
			if diff := cmp.Diff(want, w.sent()); diff != "" {
				t.Errorf("sent: %s", diff)
			}
		})
	}
}

func TestH22_ASavedDeviceIsNotLoggedOut(t *testing.T) {
	w := newWorld(t)
	before := w.write(saved)
	attempt := w.begin(w.renewing(w.asAlice()))
	_, err := attempt.Finish(t.Context(), answerFor(t, "@mallory:hs.test", "OLDDEVICE"))
	var other *session.OtherUserError
	if !errors.As(err, &other) || other.Fate != (session.Fate{DeviceID: "OLDDEVICE"}) {
		t.Errorf("got %v", err)
	}
	if diff := cmp.Diff(before, w.read()); diff != "" || len(w.sent()) != 0 {
		t.Errorf("sent %v; %s", w.sent(), diff)
	}
}

func TestH22_ALogoutThatFailsIsTold(t *testing.T) {
	w := newWorld(t)
	attempt := w.begin(w.asAlice())
	w.answers(logout, 500, ``)
	_, err := attempt.Finish(t.Context(), answerFor(t, "@mallory:hs.test", "MADE"))
	var other *session.OtherUserError
	if !errors.As(err, &other) || other.Fate != (session.Fate{DeviceID: "MADE"}) {
		t.Errorf("got %v", err)
	}
}

func TestH22_AllowOtherUser(t *testing.T) {
	for _, name := range []string{"", "work"} {
		w := newWorld(t)
		l := w.asAlice()
		l.AllowOtherUser, l.Account = true, name
		attempt := w.begin(l)
		got, err := attempt.Finish(t.Context(), answerFor(t, "@alias:hs.test", attempt.Options().DeviceID))
		if err != nil || got.Account.UserID != "@alias:hs.test" {
			t.Fatalf("--account %q: %+v, %v", name, got.Account, err)
		}
		if all := w.load().Accounts(); len(all) != 1 || all[0].Pending {
			t.Errorf("--account %q: the file is\n%s", name, w.read())
		}
	}
}

func TestH20_DeviceOfTheAnswer(t *testing.T) {
	tests := []struct {
		name   string
		device string // in the login's answer
		whoami clienttest.Reply
		want   string
		told   string
	}{
		{name: "the one asked for", device: "CHOSEN", want: "CHOSEN"},
		{name: "another", device: "OTHER", want: "OTHER", told: "other_device"},
		{name: "whoami knows it", whoami: clienttest.Reply{Body: `{"user_id":"@alice:hs.test","device_id":"CHOSEN"}`}, want: "CHOSEN"},
		{name: "whoami knows another", whoami: clienttest.Reply{Body: `{"user_id":"@alice:hs.test","device_id":"OTHER"}`}, want: "OTHER", told: "other_device"},
		{name: "whoami knows none", whoami: clienttest.Reply{Body: `{"user_id":"@alice:hs.test"}`}, told: "no_device"},
		{name: "whoami fails", whoami: clienttest.Reply{Status: 403, Body: errorBody}, told: "no_device"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			l := w.asAlice()
			l.DeviceID = "CHOSEN"
			if test.device == "" {
				w.fake.On(whoami, test.whoami)
			}
			if _, err := w.begin(l).Finish(t.Context(), answerFor(t, "@alice:hs.test", test.device)); err != nil {
				t.Fatal(err)
			}
			if got := w.account("@alice:hs.test"); got.DeviceID != test.want || !got.HasSession() {
				t.Errorf("saved device %q", got.DeviceID)
			}
			if got := codes(w.told.warnings); got != test.told {
				t.Errorf("warned %q", w.told.warnings)
			}
		})
	}
}

// TestOnlyWhoamiUsesTheTokenBeforeTheSave looks into the file at each request.
func TestOnlyWhoamiUsesTheTokenBeforeTheSave(t *testing.T) {
	w := newWorld(t)
	w.put(w.aliceWith("old-token", "OLDDEVICE"))
	var order []string
	note := func(reply string) http.HandlerFunc {
		return func(rw http.ResponseWriter, r *http.Request) {
			file, err := w.keeper.Store.Load()
			if err != nil {
				t.Error(err)
				return
			}
			account, _ := file.Account("@alice:hs.test")
			token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
			order = append(order, r.URL.Path[len("/_matrix/client"):]+" "+token+map[bool]string{true: " saved"}[holds(account.AccessToken, "new-token")])
			_, _ = io.WriteString(rw, reply)
		}
	}
	w.fake.Handle(login, note(`{"user_id":"@alice:hs.test","access_token":"new-token"}`))
	w.fake.Handle(whoami, note(`{"user_id":"@alice:hs.test","device_id":"MADE"}`))
	w.fake.Handle(logout, note(`{}`))
	l := w.renewing(w.asAlice())
	l.NewDevice = true
	if _, err := w.logIn(l); err != nil {
		t.Fatal(err)
	}
	want := []string{"/v3/login ", "/v3/account/whoami new-token", "/v3/logout old-token saved"}
	if diff := cmp.Diff(want, order); diff != "" {
		t.Error(diff)
	}
	if all := w.load().Accounts(); len(all) != 1 || all[0].DeviceID != "MADE" {
		t.Errorf("the file is\n%s", w.read())
	}
}

func TestReplacedSession(t *testing.T) {
	tests := []struct {
		name   string
		old    func(*config.Account)
		device string // of the answer; "" is none
		keep   bool   // the old session is not logged out
		reply  clienttest.Reply
		told   string
	}{
		{name: "another device", device: "MADE"},
		{name: "gone already", device: "MADE", reply: clienttest.Reply{Status: 401, Body: `{"errcode":"M_UNKNOWN_TOKEN"}`}},
		{name: "refused", device: "MADE", reply: clienttest.Reply{Status: 403, Body: errorBody}, told: "old_session"},
		{name: "same device", device: "OLDDEVICE", keep: true},
		{name: "device not named", keep: true, told: "no_device"},
		{name: "same token", old: func(a *config.Account) { a.AccessToken = secret.New("new-token") }, device: "MADE", keep: true},
		{name: "other API", old: func(a *config.Account) { a.API = config.APIOAuth }, device: "MADE", keep: true, told: "old_session"},
		{name: "homeserver unknown", old: func(a *config.Account) { a.Homeserver = "nowhere" }, device: "MADE", keep: true, told: "old_session"},
		{name: "imported", old: func(a *config.Account) { a.Flow = session.FlowImport }, device: "MADE", keep: true, told: "old_session"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			old := w.aliceWith("old-token", "OLDDEVICE")
			if test.old != nil {
				test.old(&old)
			}
			w.put(old)
			if !test.keep {
				w.fake.On(logout, test.reply)
			}
			if old.API == config.APIOAuth { // the server has that no more
				w.answers("GET /_matrix/client/v1/auth_metadata", 404, errorBody)
				w.answers("GET /_matrix/client/unstable/org.matrix.msc2965/auth_metadata", 404, errorBody)
			}
			if test.device == "" {
				w.answers(whoami, 403, errorBody)
			}
			l := w.asAlice()
			l.Account, l.MayMove = old.Name, true
			attempt := w.begin(w.renewing(l))
			if _, err := attempt.Finish(t.Context(), answerFor(t, "@alice:hs.test", test.device)); err != nil {
				t.Fatal(err)
			}
			told := strings.TrimPrefix(codes(w.told.warnings), "other_device")
			if strings.TrimSpace(told) != test.told {
				t.Errorf("warned %q", w.told.warnings)
			}
			if asked := slices.Contains(w.sent(), logout+" old-token"); asked == test.keep {
				t.Errorf("sent %v", w.sent())
			}
		})
	}
}

// TestAFailedSaveIsUndone breaks the file between Begin and Finish.
func TestAFailedSaveIsUndone(t *testing.T) {
	for name, text := range map[string]string{"broken": "accounts: [", "newer": "version: 2\n"} {
		for _, device := range []string{"", "CHOSEN"} {
			t.Run(name+device, func(t *testing.T) {
				w := newWorld(t)
				l := w.asAlice()
				l.DeviceID = device
				attempt := w.begin(l)
				if device == "" {
					w.answers(logout, 200, `{}`)
				}
				w.write(text)
				got, err := attempt.Finish(t.Context(), answerFor(t, "@alice:hs.test", attempt.Options().DeviceID))
				var unsaved *session.UnsavedError
				var file *config.FileError
				if !errors.As(err, &unsaved) || !errors.As(err, &file) || unsaved.Fate.LoggedOut != (device == "") || !got.Account.AccessToken.IsZero() {
					t.Errorf("got %v", err)
				}
				if device != "" && !strings.Contains(err.Error(), "device CHOSEN") {
					t.Errorf("got %v", err)
				}
				if w.read() != text {
					t.Errorf("the file is now %s", w.read())
				}
			})
		}
	}
}

// TestAnotherUsersAccountNameIsRefused: only the answer told who it is.
func TestAnotherUsersAccountNameIsRefused(t *testing.T) {
	for _, token := range []string{"old-token", ""} {
		w := newWorld(t)
		w.put(w.aliceWith(token, ""))
		before := w.read()
		l := w.asAlice()
		l.Who, l.Account = choose.Who{}, "@alice:hs.test"
		attempt := w.begin(w.renewing(l))
		w.answers(logout, 200, `{}`)
		_, err := attempt.Finish(t.Context(), answerFor(t, "@mallory:hs.test", attempt.Options().DeviceID))
		var choice *choose.ChoiceError
		var unsaved *session.UnsavedError
		if !errors.As(err, &choice) || !errors.As(err, &unsaved) || !unsaved.Fate.LoggedOut {
			t.Errorf("got %v", err)
		}
		if diff := cmp.Diff(before, w.read()); diff != "" {
			t.Errorf("token %q: %s", token, diff)
		}
	}
}

func TestI30_ASaveOutlivesAnInterruption(t *testing.T) {
	w := newWorld(t)
	ctx, cancel := context.WithCancel(t.Context())
	attempt := w.begin(w.asAlice())
	cancel()
	if _, err := attempt.Finish(ctx, answerFor(t, "@alice:hs.test", attempt.Options().DeviceID)); err != nil {
		t.Fatal(err)
	}
	if !w.account("@alice:hs.test").HasSession() {
		t.Error("not saved")
	}
}

func TestI30_AnInterruptedLoginStillEndsTheOldSession(t *testing.T) {
	w := newWorld(t)
	w.put(w.aliceWith("old-token", "OLDDEVICE"))
	w.answers(logout, 200, `{}`)
	l := w.renewing(w.asAlice())
	l.NewDevice = true
	ctx, cancel := context.WithCancel(t.Context())
	attempt := w.begin(l)
	cancel()
	if _, err := attempt.Finish(ctx, answerFor(t, "@alice:hs.test", attempt.Options().DeviceID)); err != nil || len(w.told.warnings) != 0 {
		t.Errorf("%v, warned %q", err, w.told.warnings)
	}
}

func TestI30_AnInterruptedLoginThatIsRefusedIsUndone(t *testing.T) {
	w := newWorld(t)
	ctx, cancel := context.WithCancel(t.Context())
	attempt := w.begin(w.asAlice())
	w.answers(logout, 200, `{}`)
	cancel()
	var other *session.OtherUserError
	if _, err := attempt.Finish(ctx, answerFor(t, "@mallory:hs.test", attempt.Options().DeviceID)); !errors.As(err, &other) || !other.Fate.LoggedOut {
		t.Errorf("got %v", err)
	}
	if all := w.load().Accounts(); len(all) != 0 {
		t.Errorf("left %+v", all)
	}
}

// TestI30_HowLongASaveWaitsForTheLock: as long as any write where nobody
// interrupts, and a few seconds after somebody has.
func TestI30_HowLongASaveWaitsForTheLock(t *testing.T) {
	for name, interrupt := range map[string]bool{"not interrupted": false, "interrupted": true} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			account := w.aliceWith("old-token", "OLDDEVICE")
			w.put(account)
			synctest.Test(t, func(t *testing.T) {
				lock := flock.New(filepath.Clean(w.path + ".lock"))
				if err := lock.Lock(); err != nil {
					t.Fatal(err)
				}
				defer func() { _ = lock.Unlock() }()
				ctx, cancel := context.WithCancel(t.Context())
				if interrupt {
					time.AfterFunc(time.Second, cancel)
				}
				defer cancel()
				start := time.Now()
				err := w.keeper.Forget(ctx, account)
				waited := time.Since(start).Round(time.Second)
				if want := map[bool]time.Duration{false: 10 * time.Second, true: 6 * time.Second}[interrupt]; err == nil || waited != want {
					t.Errorf("waited %v: %v", waited, err)
				}
				if !interrupt && !errors.Is(err, config.ErrLocked) {
					t.Errorf("got %v", err)
				}
			})
		})
	}
}

func TestDefaultAccount(t *testing.T) {
	w := newWorld(t)
	for _, user := range []string{"@alice:hs.test", "@bob:hs.test"} {
		l := w.asAlice()
		l.Who = choose.Who{User: userID(t, user)}
		attempt := w.begin(l)
		if got := w.load().DefaultAccount(); got == user {
			t.Errorf("%s is the default while it is pending", user)
		}
		if _, err := attempt.Finish(t.Context(), answerFor(t, user, attempt.Options().DeviceID)); err != nil {
			t.Fatal(err)
		}
	}
	if got := w.load().DefaultAccount(); got != "@alice:hs.test" {
		t.Errorf("the default is %q", got)
	}
}

// TestNameOfAnAccount: logging in as a saved user updates that account, also
// where only the answer told who it is.
func TestNameOfAnAccount(t *testing.T) {
	tests := []struct {
		name  string
		saved string // the name that alice is saved under
		login func(*session.Login)
		want  string
	}{
		{name: "new", want: "@alice:hs.test"},
		{name: "--account", login: func(l *session.Login) { l.Account = "work" }, want: "work"},
		{name: "--account, case", login: func(l *session.Login) { l.Account, l.Who.User = "work", userID(t, "@Alice:hs.test") }, want: "work"},
		{name: "saved", saved: "home", want: "home"},
		{name: "saved, by localpart", saved: "home", login: func(l *session.Login) { l.Who = choose.Who{Localpart: "alice"} }, want: "home"},
		{name: "saved, by e-mail", saved: "home", login: func(l *session.Login) { l.Who = choose.Who{} }, want: "home"},
		{name: "saved, case", saved: "home", login: func(l *session.Login) { l.Who.User = userID(t, "@Alice:hs.test") }, want: "home"},
		{name: "saved, --account", saved: "home", login: func(l *session.Login) { l.Account = "work" }, want: "work"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			names := map[string]bool{test.want: true}
			if test.saved != "" {
				account := w.aliceWith("", "OLDDEVICE")
				account.Name = test.saved
				w.put(account)
				names[test.saved] = true
			}
			l := w.asAlice()
			if test.login != nil {
				test.login(&l)
			}
			attempt := w.begin(w.renewing(l))
			got, err := attempt.Finish(t.Context(), answerFor(t, "@alice:hs.test", attempt.Options().DeviceID))
			if err != nil || got.Account.Name != test.want {
				t.Fatalf("%q, %v", got.Account.Name, err)
			}
			for _, account := range w.load().Accounts() {
				if !names[account.Name] || account.Pending || account.HasSession() != (account.Name == test.want) {
					t.Errorf("in the file: %+v", account)
				}
			}
		})
	}
}

// TestI33_TimesAreSaneWhateverTheClockSays: a clock that is decades off makes
// times that are as far off, and a file that can be read again.
func TestI33_TimesAreSaneWhateverTheClockSays(t *testing.T) {
	const tenYears = 10 * 365 * 24 * time.Hour
	for _, now := range []time.Time{time.Unix(0, 0), time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)} {
		w := newWorld(t)
		w.keeper.Now = func() time.Time { return now }
		_, err := w.begin(w.asAlice()).Finish(t.Context(), session.Answer{Session: client.Session{
			UserID: userID(t, "@alice:hs.test"), DeviceID: "A",
			Tokens: client.Tokens{AccessToken: secret.New("token-of-alice"), Expires: true, Lifetime: tenYears},
		}})
		if err != nil {
			t.Fatal(err)
		}
		account, ok := w.load().Account("@alice:hs.test")
		if want := now.Add(tenYears); !ok || !account.ExpiresAt.Equal(want) || account.ExpiresAt.Location() != time.UTC {
			t.Errorf("at %s: expires at %s, want %s", now, account.ExpiresAt, want)
		}
	}
}

// TestQ1_AnAccountOfAnotherHomeserverIsNotTakenOver: under whatever name it is saved.
func TestQ1_AnAccountOfAnotherHomeserverIsNotTakenOver(t *testing.T) {
	for _, name := range []string{"@alice:hs.test", "work"} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			theirs := w.aliceWith("token-of-another-homeserver", "THEIRS")
			theirs.Name, theirs.Homeserver = name, "https://other.test"
			w.put(theirs)
			before := w.read()
			l := w.asAlice()
			l.Who = choose.Who{}
			attempt := w.begin(l)
			w.answers(logout, 200, `{}`)
			_, err := attempt.Finish(t.Context(), answerFor(t, "@alice:hs.test", attempt.Options().DeviceID))
			var foreign *session.ForeignUserError
			if !errors.As(err, &foreign) || !foreign.Fate.LoggedOut || foreign.Elsewhere.Account != name {
				t.Errorf("got %v", err)
			}
			if diff := cmp.Diff(before, w.read()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestQ14_BeginLooksUnderTheLock: the account of another homeserver came after the
// run had read the file. Nothing is sent.
func TestQ14_BeginLooksUnderTheLock(t *testing.T) {
	w := newWorld(t)
	theirs := w.aliceWith("token-of-another-homeserver", "THEIRS")
	theirs.Homeserver = "https://other.test"
	w.put(theirs)
	before := w.read()
	var elsewhere *choose.ElsewhereError
	if _, err := w.keeper.NewAttempt(w.asAlice()).Begin(t.Context()); !errors.As(err, &elsewhere) {
		t.Errorf("got %v", err)
	}
	if diff := cmp.Diff(before, w.read()); diff != "" {
		t.Error(diff)
	}
}

// lateStore fails at one of its updates, by number, when that has been made: the file has
// its new content, and the sync of its directory is what failed.
type lateStore struct {
	session.Store
	failing int
}

func (s *lateStore) Update(ctx context.Context, change func(*config.File) error) error {
	if err := s.Store.Update(ctx, change); err != nil {
		return err
	}
	if s.failing--; s.failing == 0 {
		return &config.FileError{Op: "sync", Path: "x", Err: syscall.EIO}
	}
	return nil
}

// TestS4_ASaveWhoseLastStepFails: the new session is logged out again and no entry has its
// token; what stood there before stands there again.
func TestS4_ASaveWhoseLastStepFails(t *testing.T) {
	cut := func(a *config.Account) { a.AccessToken, a.Pending = secret.Value{}, true }
	loggedOut := func(a *config.Account) { a.AccessToken, a.DeviceID = secret.Value{}, "" }
	tests := []struct {
		name      string
		account   func(*config.Account) // nil for none
		isDefault bool
		login     func(*session.Login)
	}{
		{name: "new account"},
		{name: "logged out before", account: loggedOut},
		{name: "cut before", account: cut, login: func(l *session.Login) { l.NewDevice = true }},
		{name: "beside a session", account: func(*config.Account) {}, login: func(l *session.Login) { l.NewDevice = true }},
		{name: "beside the default account", account: func(*config.Account) {}, isDefault: true, login: func(l *session.Login) { l.NewDevice = true }},
		{name: "in place of another account", account: func(a *config.Account) { a.Name = "work" }, login: func(l *session.Login) { l.Account, l.NewDevice = "work", true }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			if test.account != nil {
				account := w.aliceWith("old-token", "OLDDEVICE")
				test.account(&account)
				w.put(account)
			}
			if test.isDefault {
				err := w.keeper.Store.Update(t.Context(), func(file *config.File) error {
					file.SetDefaultAccount("@alice:hs.test")
					return nil
				})
				if err != nil {
					t.Fatal(err)
				}
			}
			before := w.load()
			l := w.asAlice()
			if test.login != nil {
				test.login(&l)
			}
			w.keeper.Store = &lateStore{w.keeper.Store, 2} // Begin's is the first
			attempt := w.begin(w.renewing(l))
			w.answers(logout, 200, `{}`)
			_, err := attempt.Finish(t.Context(), answerFor(t, "@alice:hs.test", attempt.Options().DeviceID))
			var unsaved *session.UnsavedError
			if !errors.As(err, &unsaved) || !unsaved.Fate.LoggedOut {
				t.Errorf("got %v", err)
			}
			if diff := cmp.Diff([]string{logout + " new-token"}, w.sent()); diff != "" {
				t.Errorf("sent: %s", diff)
			}
			after := w.load()
			if diff := cmp.Diff(before.Accounts(), after.Accounts(), cmp.Comparer(secret.Value.Equal)); diff != "" {
				t.Errorf("the accounts: %s", diff)
			}
			if before.DefaultAccount() != after.DefaultAccount() {
				t.Errorf("the default account was %q and is %q", before.DefaultAccount(), after.DefaultAccount())
			}
		})
	}
}
