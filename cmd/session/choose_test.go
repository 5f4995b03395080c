package session_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mxlogin/client/matrixid"
	"mxlogin/client/secret"
	"mxlogin/cmd/session"
	"mxlogin/config"
)

// people is a file with several accounts of the same users.
func people(t *testing.T) *config.File {
	t.Helper()
	file, err := config.Parse([]byte(`version: 1
accounts:
  - {name: work, user_id: "@alice:hs.test", homeserver: https://hs.test, access_token: t1}
  - {user_id: "@bob:hs.test", homeserver: https://hs.test, access_token: t2}
  - {name: bob2, user_id: "@bob:hs.test", homeserver: https://hs.test, access_token: t3}
  - {user_id: "@Carol:hs.test", homeserver: https://moved.test, login_url: https://hs.test, access_token: t4}
  - {name: away, user_id: "@dave:hs.test", homeserver: https://hs.test}
  - {name: started, homeserver: https://hs.test, pending: true}
`))
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func TestForLogin(t *testing.T) {
	base := baseURL(t, "https://hs.test")
	user := func(s string) session.Asked { return session.Asked{User: userID(t, s)} }
	tests := []struct {
		name    string
		account string // --account
		who     session.Asked
		base    matrixid.BaseURL
		want    string // name of the account, "" for none
		choose  bool
	}{
		{name: "user ID", who: user("@alice:hs.test"), want: "work"},
		{name: "user ID, exactly", who: user("@Alice:hs.test")},
		{name: "other server", who: user("@alice:other.test")},
		{name: "several", who: user("@bob:hs.test"), choose: true},
		{name: "one of several", account: "bob2", who: user("@bob:hs.test"), want: "bob2"},
		{name: "another's name", account: "bob2", who: user("@alice:hs.test"), choose: true},
		{name: "a new name", account: "new", who: user("@alice:hs.test")},
		{name: "of whoever it is", account: "work", want: "work"},
		{name: "pending, of nobody yet", account: "started", who: user("@erin:hs.test"), want: "started"},
		{name: "logged out", who: user("@dave:hs.test"), want: "away"},
		{name: "nobody", base: base},
		{name: "localpart", who: session.Asked{Localpart: "ALICE"}, base: base, want: "work"},
		{name: "localpart at the login URL", who: session.Asked{Localpart: "carol"}, base: base, want: "@Carol:hs.test"},
		{name: "localpart elsewhere", who: session.Asked{Localpart: "alice"}, base: baseURL(t, "https://other.test")},
		{name: "localpart nowhere yet", who: session.Asked{Localpart: "alice"}},
		{name: "localpart of several", who: session.Asked{Localpart: "bob"}, base: base, choose: true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := session.ForLogin(people(t), test.account, test.who, test.base)
			var choice *session.ChoiceError
			if errors.As(err, &choice) != test.choose || !test.choose && err != nil {
				t.Fatalf("got %v", err)
			}
			name := ""
			if got != nil {
				name = got.Name
			}
			if name != test.want {
				t.Errorf("got %q, want %q", name, test.want)
			}
		})
	}
}

func TestSelect(t *testing.T) {
	tests := []struct {
		name     string
		chosen   string
		standard string // default_account
		want     string
		choice   []string
		none     bool
	}{
		{name: "by name", chosen: "bob2", want: "bob2"},
		{name: "by user ID", chosen: "@alice:hs.test", want: "work"},
		{name: "by user ID without the @", chosen: "alice:hs.test", want: "work"},
		{name: "a name goes before a user ID", chosen: "@bob:hs.test", want: "@bob:hs.test"},
		{name: "unknown", chosen: "nobody", none: true},
		{name: "unknown user ID", chosen: "@alice:HS.test", none: true},
		{name: "default", standard: "bob2", want: "bob2"},
		{name: "default that is gone", standard: "gone", choice: []string{"work", "@bob:hs.test", "bob2", "@Carol:hs.test", "away", "started"}},
		{name: "several", choice: []string{"work", "@bob:hs.test", "bob2", "@Carol:hs.test"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			file := people(t)
			file.SetDefaultAccount(test.standard)
			got, err := session.Select(file, test.chosen)
			var choice *session.ChoiceError
			var none *session.NoSessionError
			if got.Name != test.want || errors.As(err, &choice) != (test.choice != nil) || errors.As(err, &none) != test.none {
				t.Fatalf("got %q, %v", got.Name, err)
			}
			if choice != nil {
				if diff := cmp.Diff(test.choice, choice.Names); diff != "" {
					t.Error(diff)
				}
			}
		})
	}
}

func TestSelectOfOneOrNone(t *testing.T) {
	file := people(t)
	for _, name := range []string{"work", "@bob:hs.test", "@Carol:hs.test"} {
		file.Remove(name)
	}
	if got, err := session.Select(file, ""); err != nil || got.Name != "bob2" {
		t.Errorf("the only session: %q, %v", got.Name, err)
	}
	file.Put(config.Account{Name: "second", UserID: "@bob:hs.test", Homeserver: "https://hs.test", AccessToken: secret.New("t")})
	var choice *session.ChoiceError
	if _, err := session.Select(file, "@bob:hs.test"); !errors.As(err, &choice) {
		t.Errorf("a user ID that several share: %v", err)
	}
	file.Remove("bob2")
	file.Remove("second")
	var none *session.NoSessionError
	if _, err := session.Select(file, ""); !errors.As(err, &none) {
		t.Errorf("no session: %v", err)
	}
}
