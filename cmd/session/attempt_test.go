package session_test

import (
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mxlogin/client/clienttest"
	"mxlogin/client/secret"
	"mxlogin/client/transport"
	"mxlogin/cmd/choose"
	"mxlogin/cmd/session"
	"mxlogin/config"
)

// TestBeginSavesBeforeAnythingIsSent reads the file when the login arrives.
func TestBeginSavesBeforeAnythingIsSent(t *testing.T) {
	w := newWorld(t)
	var atArrival config.Account
	w.fake.Handle(login, func(rw http.ResponseWriter, _ *http.Request) {
		if file, err := w.keeper.Store.Load(); err == nil {
			atArrival, _ = file.Account("@alice:hs.test")
		}
		_, _ = io.WriteString(rw, `{"user_id":"@alice:hs.test","access_token":"new-token"}`)
	})
	w.answers(whoami, 404, `{"errcode":"M_UNRECOGNIZED"}`)
	if _, err := w.logIn(w.asAlice()); err != nil {
		t.Fatal(err)
	}
	if !atArrival.Pending || atArrival.HasSession() || !regexp.MustCompile(`^[A-Z]{10}$`).MatchString(atArrival.DeviceID) {
		t.Errorf("at the arrival of the login the file held %+v", atArrival)
	}
	if body := w.fake.Requests()[0].Body; !strings.Contains(body, `"device_id":"`+atArrival.DeviceID+`"`) {
		t.Errorf("sent %s, saved device %s", body, atArrival.DeviceID)
	}
}

func TestS3_NothingIsSentWhereTheFileCannotBeWritten(t *testing.T) {
	w := newWorld(t)
	w.write("a regular file, no directory")
	w.keeper.Store = config.NewStore(filepath.Join(w.path, "config.yaml"), true, func(config.Notice) {})
	with := w.asAlice()
	with.Saved = new(w.aliceWith("old-token", "OLDDEVICE"))
	for name, l := range map[string]session.Login{"new account": w.asAlice(), "saved session": with} {
		var failed *config.FileError
		if _, err := w.keeper.NewAttempt(l).Begin(t.Context()); !errors.As(err, &failed) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if sent := w.sent(); len(sent) != 0 {
		t.Errorf("sent %v", sent)
	}
}

// TestBeginLeavesASavedSessionAsItIs: it was seen that the file can be written,
// and nothing has to change.
func TestBeginLeavesASavedSessionAsItIs(t *testing.T) {
	w := newWorld(t)
	before := w.write(saved)
	old, err := os.Stat(w.path)
	if err != nil {
		t.Fatal(err)
	}
	w.begin(w.renewing(w.asAlice()))
	if now, err := os.Stat(w.path); err != nil || !os.SameFile(old, now) {
		t.Errorf("the file was written: %v", err)
	}
	if diff := cmp.Diff(before, w.read()); diff != "" {
		t.Error(diff)
	}
}

func TestDeviceOfALogin(t *testing.T) {
	oauth := func(a *config.Account) { a.API = config.APIOAuth }
	loggedOut := func(a *config.Account) { a.AccessToken = a.RefreshToken }
	pending := func(a *config.Account) { loggedOut(a); a.Pending = true }
	tests := []struct {
		name    string
		account func(*config.Account)
		login   func(*session.Login)
		want    string // "" is a new one
	}{
		{name: "saved session", want: "OLDDEVICE"},
		{name: "soft logout", account: loggedOut, want: "OLDDEVICE"},
		{name: "cut before", account: pending, want: "OLDDEVICE"},
		{name: "other API", account: oauth},
		{name: "cut before, other API", account: func(a *config.Account) { pending(a); oauth(a) }},
		{name: "--new-device", login: func(l *session.Login) { l.NewDevice = true }},
		{name: "cut before, --new-device", account: pending, login: func(l *session.Login) { l.NewDevice = true }},
		{name: "--device-id", login: func(l *session.Login) { l.DeviceID = "CHOSEN" }, want: "CHOSEN"},
		{name: "cut before, --device-id", account: pending, login: func(l *session.Login) { l.DeviceID = "CHOSEN" }, want: "CHOSEN"},
		{name: "no device saved", account: func(a *config.Account) { a.DeviceID = "" }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			account := w.aliceWith("old-token", "OLDDEVICE")
			if test.account != nil {
				test.account(&account)
			}
			w.put(account)
			l := w.renewing(w.asAlice())
			if test.login != nil {
				test.login(&l)
			}
			got := w.begin(l).Options().DeviceID
			if test.want != "" && got != test.want || test.want == "" && !regexp.MustCompile(`^[A-Z]{10}$`).MatchString(got) {
				t.Errorf("device %s, want %q", got, test.want)
			}
			// A crash from here on leaves no device that nobody knows.
			if !strings.Contains(w.read(), got) {
				t.Errorf("device %s is not in the file:\n%s", got, w.read())
			}
			if now := w.account("@alice:hs.test"); account.HasSession() && !cmp.Equal(now.AccessToken, account.AccessToken, cmp.Comparer(secret.Value.Equal)) {
				t.Errorf("the session is gone before the answer:\n%s", w.read())
			}
		})
	}
}

func TestStorageNoneKeepsNothing(t *testing.T) {
	w := newWorld(t)
	l := w.asAlice()
	l.Saved = new(w.aliceWith("old-token", "OLDDEVICE"))
	w.keeper.Store = nil
	w.answers(login, 200, `{"user_id":"@alice:hs.test","access_token":"new-token","device_id":"DEV"}`)
	got, err := w.logIn(l)
	if err != nil || got.Saved || !holds(got.Account.AccessToken, "new-token") {
		t.Errorf("%+v, %v", got, err)
	}
	if body := w.fake.Requests()[0].Body; strings.Contains(body, "OLDDEVICE") {
		t.Errorf("the saved account's device was used: %s", body)
	}
	w.fake.On(login, clienttest.Reply{Drop: true})
	var unfinished *session.UnfinishedError
	if _, err := w.logIn(l); !errors.As(err, &unfinished) || unfinished.TakenOver {
		t.Errorf("got %v", err)
	}
	if entries, _ := os.ReadDir(filepath.Dir(w.path)); len(entries) != 0 {
		t.Errorf("files were made: %v", entries)
	}
}

// TestTheNextTryTakesTheDeviceOver: also where only a localpart, or nothing, is
// known of the user.
func TestTheNextTryTakesTheDeviceOver(t *testing.T) {
	for name, asked := range map[string]choose.Who{
		"user ID":   {User: userID(t, "@alice:hs.test")},
		"case":      {User: userID(t, "@Alice:hs.test")},
		"localpart": {Localpart: "alice"},
		"nobody":    {},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			l := w.asAlice()
			l.Who = asked
			w.fake.On(login, clienttest.Reply{Drop: true})
			var cut *session.UnfinishedError
			if _, err := w.logIn(w.renewing(l)); !errors.As(err, &cut) || !cut.TakenOver {
				t.Fatalf("got %v", err)
			}
			second := w.renewing(l)
			attempt := w.begin(second)
			if attempt.Options().DeviceID != cut.DeviceID {
				t.Errorf("device %s, the error named %s", attempt.Options().DeviceID, cut.DeviceID)
			}
			if _, err := attempt.Finish(t.Context(), answerFor(t, "@alice:hs.test", cut.DeviceID)); err != nil {
				t.Fatal(err)
			}
			if all := w.load().Accounts(); len(all) != 1 || all[0].Name != "@alice:hs.test" || !all[0].HasSession() {
				t.Errorf("the file is\n%s", w.read())
			}
		})
	}
}

func TestAPendingDeviceOfTheOtherAPIIsNotTakenOver(t *testing.T) {
	w := newWorld(t)
	l := w.asAlice()
	l.Who, l.API = choose.Who{Localpart: "alice"}, config.APIOAuth
	first := w.begin(l)
	l.API = config.APILegacy
	if second := w.begin(l); second.Options().DeviceID == first.Options().DeviceID {
		t.Errorf("device %s of the other API was taken over", second.Options().DeviceID)
	}
}

// TestBeginSparesASessionThatCameMeanwhile: another process has logged in between
// the look into the file and Begin.
func TestBeginSparesASessionThatCameMeanwhile(t *testing.T) {
	w := newWorld(t)
	l := w.renewing(w.asAlice())
	w.put(w.aliceWith("token-of-another-process", "THEIRS"))
	before := w.read()
	w.answers(login, 403, `{"errcode":"M_FORBIDDEN"}`)
	if _, err := w.logIn(l); err == nil {
		t.Fatal("no error")
	}
	if diff := cmp.Diff(before, w.read()); diff != "" {
		t.Error(diff)
	}
}

// TestBeginRefusesTheAccountOfAnotherUser: a name says nothing about whose it is.
func TestBeginRefusesTheAccountOfAnotherUser(t *testing.T) {
	w := newWorld(t)
	bob := w.aliceWith("token-of-bob", "BOBS")
	bob.UserID = "@bob:hs.test"
	w.put(bob) // called @alice:hs.test
	before := w.read()
	var choice *choose.ChoiceError
	if _, err := w.keeper.NewAttempt(w.renewing(w.asAlice())).Begin(t.Context()); !errors.As(err, &choice) {
		t.Errorf("got %v", err)
	}
	if diff := cmp.Diff(before, w.read()); diff != "" {
		t.Error(diff)
	}
}

var errorBody = `{"errcode":"M_FORBIDDEN","error":"no"}`

// failures are logins that fail; acted says that the server may have made the
// device.
var failures = []struct {
	name  string
	reply clienttest.Reply
	acted bool
}{
	{"refusal", clienttest.Reply{Status: 403, Body: errorBody}, false},
	{"rate limit", clienttest.Reply{Status: 429, Body: `{"errcode":"M_LIMIT_EXCEEDED","retry_after_ms":5000}`}, false},
	{"redirect", clienttest.Reply{Status: 307, Header: map[string]string{"Location": "https://other.test/"}}, false},
	{"proxy's 403", clienttest.Reply{Status: 403, Body: "<html>"}, false},
	{"dropped", clienttest.Reply{Drop: true}, true},
	{"cut", clienttest.Reply{Body: `{"user_id":"@alice:hs.test","access_token":"x"}`, CutAfter: 20}, true},
	{"5xx", clienttest.Reply{Status: 502, Body: "<html>"}, true},
	{"unreadable", clienttest.Reply{Body: "<html>"}, true},
	{"no token", clienttest.Reply{Body: `{"user_id":"@alice:hs.test"}`}, true},
}

func TestAbandonOfANewAccount(t *testing.T) {
	for _, test := range failures {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			w.fake.On(login, test.reply)
			_, err := w.logIn(w.asAlice())
			var unfinished *session.UnfinishedError
			if acted := errors.As(err, &unfinished); err == nil || acted != test.acted {
				t.Fatalf("got %v", err)
			}
			var limited *transport.RateLimitError
			if test.name == "rate limit" && !errors.As(err, &limited) {
				t.Errorf("got %v", err)
			}
			all := w.load().Accounts()
			if !test.acted {
				if len(all) != 0 {
					t.Errorf("left %+v", all)
				}
				return
			}
			if len(all) != 1 || !all[0].Pending || all[0].DeviceID != unfinished.DeviceID || !strings.Contains(err.Error(), all[0].DeviceID) {
				t.Errorf("%v; left %+v", err, all)
			}
		})
	}
}

func TestAbandonWhereNobodyListens(t *testing.T) {
	w := newWorld(t)
	before := w.write(saved)
	w.fake.Close()
	l := w.asAlice()
	l.Who = choose.Who{Localpart: "carol"}
	var unfinished *session.UnfinishedError
	if _, err := w.logIn(l); err == nil || errors.As(err, &unfinished) {
		t.Errorf("got %v", err)
	}
	if diff := cmp.Diff(before, w.read()); diff != "" {
		t.Error(diff)
	}
}

func TestAbandonAfterATimeout(t *testing.T) {
	w := newWorld(t)
	attempt := w.begin(w.asAlice())
	err := attempt.Abandon(t.Context(), session.Answer{}, &transport.NetworkError{Timeout: true, Sent: true, Reason: "no whole answer"})
	var unfinished *session.UnfinishedError
	if !errors.As(err, &unfinished) || !w.account("@alice:hs.test").Pending {
		t.Errorf("got %v", err)
	}
}

// TestAFailedLoginLeavesTheFileAsItWas: every failure over every kind of entry,
// in a file with comments and keys that nobody knows.
func TestAFailedLoginLeavesTheFileAsItWas(t *testing.T) {
	kinds := map[string]struct {
		file  string
		login func(*session.Login)
	}{
		"session":         {file: saved},
		"new device":      {file: saved, login: func(l *session.Login) { l.NewDevice = true }},
		"soft logout":     {file: strings.Replace(saved, "    access_token: old-token-of-alice\n", "", 1)},
		"cut before":      {file: strings.Replace(saved, "    access_token: old-token-of-alice\n", "    pending: true\n", 1)},
		"another's":       {file: saved, login: func(l *session.Login) { l.Saved, l.Who.User = nil, userID(t, "@carol:hs.test") }},
		"under a name":    {file: saved, login: func(l *session.Login) { l.Saved, l.Account = nil, "work" }},
		"only localparts": {file: saved, login: func(l *session.Login) { l.Saved, l.Who = nil, choose.Who{Localpart: "dave"} }},
	}
	for kind, start := range kinds {
		for _, test := range failures {
			t.Run(kind+"/"+test.name, func(t *testing.T) {
				w := newWorld(t)
				before := w.write(start.file)
				l := w.renewing(w.asAlice())
				if start.login != nil {
					start.login(&l)
				}
				w.fake.On(login, test.reply)
				if _, err := w.logIn(l); err == nil {
					t.Fatal("no error")
				}
				after := w.read()
				if test.acted { // the pending entry, or its marks, are all that came
					after = withoutPending(w, after)
					if kind == "soft logout" {
						after = strings.Replace(after, "    pending: true\n", "", 1)
					}
				}
				if diff := cmp.Diff(before, after); diff != "" {
					t.Error(diff)
				}
			})
		}
	}
}

// withoutPending cuts a pending entry that stands behind the others.
func withoutPending(w *world, text string) string {
	const end = "# end of mxlogin config\n"
	known := strings.Index(text, "    colour: red\n") + len("    colour: red\n")
	tail := strings.TrimSuffix(text[known:], end)
	if strings.Contains(tail, "access_token") {
		w.t.Errorf("a pending entry has a token:\n%s", text)
	}
	if rest, ok := strings.CutPrefix(tail, "    pending: true\n"); ok && rest == "" {
		return text
	}
	return text[:known] + end
}

// TestARefusalSparesAnotherProcess: it logs in to the same account at the same
// time, or has done so before the refusal came.
func TestARefusalSparesAnotherProcess(t *testing.T) {
	refusal := &transport.MatrixError{Status: 403, Code: "M_FORBIDDEN"}
	t.Run("logs in", func(t *testing.T) {
		w := newWorld(t)
		ours := w.begin(w.asAlice())
		l := w.renewing(w.asAlice())
		l.NewDevice = true
		w.begin(l)
		before := w.read()
		_ = ours.Abandon(t.Context(), session.Answer{}, refusal)
		if diff := cmp.Diff(before, w.read()); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("has logged in", func(t *testing.T) {
		w := newWorld(t)
		ours := w.begin(w.asAlice())
		theirs := w.begin(w.renewing(w.asAlice()))
		if _, err := theirs.Finish(t.Context(), answerFor(t, "@alice:hs.test", ours.Options().DeviceID)); err != nil {
			t.Fatal(err)
		}
		_ = ours.Abandon(t.Context(), session.Answer{}, refusal)
		if !w.account("@alice:hs.test").HasSession() {
			t.Errorf("the file is\n%s", w.read())
		}
	})
}

// TestAPendingEntryBesideASessionIsNoSecondAccount: after a crash the user ID
// still names one account.
func TestAPendingEntryBesideASessionIsNoSecondAccount(t *testing.T) {
	w := newWorld(t)
	w.put(w.aliceWith("old-token", "OLDDEVICE"))
	l := w.renewing(w.asAlice())
	l.NewDevice = true
	attempt := w.begin(l)
	if found := w.renewing(w.asAlice()).Saved; found == nil || !found.HasSession() {
		t.Errorf("found %+v", found)
	}
	if all := w.load().Accounts(); len(all) != 2 || !all[1].Pending || all[1].DeviceID != attempt.Options().DeviceID {
		t.Errorf("the file is\n%s", w.read())
	}
}
