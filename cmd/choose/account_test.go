package choose_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mxlogin/client/matrixid"
	"mxlogin/client/secret"
	"mxlogin/cmd/choose"
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
  - {name: claimed, user_id: "@erin:hs.test", homeserver: https://evil.test, access_token: t5, unverified: true}
  - {name: both, user_id: "@frank:hs.test", homeserver: https://hs.test, access_token: t6}
  - {name: both2, user_id: "@frank:hs.test", homeserver: https://evil.test, access_token: t7, unverified: true}
  - {name: mail, user_id: "@gina:hs.test", homeserver: https://hs.test, access_token: t8, login_as: gina@example.org}
`))
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func TestForLogin(t *testing.T) {
	hs := choose.Place{Base: baseURL(t, "https://hs.test")}
	byName := choose.Place{Server: serverName(t, "hs.test")}
	user := func(s string) choose.Who { return choose.Who{User: userID(t, s)} }
	tests := []struct {
		name    string
		account string // --account
		who     choose.Who
		place   choose.Place
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
		{name: "Q12: a pending one lends no place", account: "started", who: user("@erin:hs.test")},
		{name: "logged out", who: user("@dave:hs.test"), want: "away"},
		{name: "nobody", place: hs},
		{name: "localpart", who: choose.Who{Localpart: "ALICE"}, place: hs, want: "work"},
		{name: "localpart, by the server's name", who: choose.Who{Localpart: "alice"}, place: byName, want: "work"},
		{name: "localpart at the login URL", who: choose.Who{Localpart: "carol"}, place: hs, want: "@Carol:hs.test"},
		{name: "localpart elsewhere", who: choose.Who{Localpart: "alice"}, place: choose.Place{Base: baseURL(t, "https://other.test")}},
		{name: "localpart nowhere yet", who: choose.Who{Localpart: "alice"}},
		{name: "localpart of several", who: choose.Who{Localpart: "bob"}, place: hs, choose: true},
		{name: "Q1: an unverified one is found", who: user("@erin:hs.test"), want: "claimed"},
		{name: "Q1: and counts for less", who: user("@frank:hs.test"), want: "both"},
		{name: "Q1: nor is it at the server of its user ID", who: choose.Who{Localpart: "erin"}, place: byName},
		{name: "Q34: as it was named before", who: choose.Who{Address: "gina@example.org"}, want: "mail"},
		{name: "Q34: elsewhere", who: choose.Who{Address: "gina@example.org"}, place: choose.Place{Base: baseURL(t, "https://other.test")}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := choose.ForLogin(people(t), test.account, test.who, test.place)
			var choice *choose.ChoiceError
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

// TestHomeserver holds the order in which a homeserver is chosen, without any
// request.
func TestHomeserver(t *testing.T) {
	user := choose.Target{User: userID(t, "@alice:hs.test")}
	claimed := choose.Target{User: userID(t, "@erin:hs.test")}
	url := choose.Target{Base: baseURL(t, "https://typed.test")}
	server := choose.Target{Server: serverName(t, "typed.test")}
	tests := []struct {
		name    string
		flag    string
		env     string
		setting string
		target  choose.Target
		want    string
		at      string // the account that the place is of
		fails   string
	}{
		{name: "nothing", fails: "several accounts are saved"},
		{name: "saved account", target: user, want: "https://hs.test", at: "work"},
		{name: "Q1: an unverified one decides nothing", target: claimed, want: "hs.test"},
		{name: "server of the user ID", target: choose.Target{User: userID(t, "@new:hs.test")}, want: "hs.test"},
		{name: "setting, for no target", setting: "set.test", want: "set.test"},
		{name: "setting, not for a user ID", setting: "set.test", target: user, want: "https://hs.test", at: "work"},
		{name: "environment", env: "https://env.test", want: "https://env.test"},
		{name: "environment, for a new user ID", env: "https://env.test", target: choose.Target{User: userID(t, "@new:hs.test")}, want: "https://env.test"},
		{name: "Q14: environment against a saved account", env: "https://env.test", target: user, fails: "account work is saved for https://hs.test, not for https://env.test"},
		{name: "environment that agrees", env: "hs.test", target: user, want: "https://hs.test", at: "work"},
		{name: "target before the environment", env: "https://env.test", target: url, want: "https://typed.test"},
		{name: "server before the environment", env: "https://env.test", target: server, want: "typed.test"},
		{name: "flag", flag: "https://flag.test", env: "https://env.test", target: user, want: "https://flag.test"},
		{name: "flag against a target", flag: "https://flag.test", target: url, fails: "name different homeservers"},
		{name: "flag that is a word", flag: "hunter2", fails: "--homeserver"},
		{name: "flag that is a user ID", flag: "@alice:hs.test", fails: "--homeserver is a user ID"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			file := people(t)
			if test.setting != "" {
				if err := file.SetSetting("homeserver", test.setting); err != nil {
					t.Fatal(err)
				}
			}
			s := settings(t, file, test.flag, test.env)
			saved, err := choose.ForLogin(file, "", choose.Who{User: test.target.User}, choose.Place{})
			if err != nil {
				t.Fatal(err)
			}
			got, err := choose.Homeserver(s, file, test.target, saved, ignore)
			if test.fails != "" {
				if err == nil || !strings.Contains(err.Error(), test.fails) || strings.Contains(err.Error(), "hunter2") {
					t.Errorf("got %v", err)
				}
				return
			}
			if err != nil || got.String() != test.want {
				t.Errorf("got %s, %v", got, err)
			}
			if at := got.Account; (at == nil) != (test.at == "") || at != nil && at.Name != test.at {
				t.Errorf("of account %+v", at)
			}
		})
	}
}

// TestQ3_AHomeserverNarrowsTheAccounts: a token goes out for its own server only.
func TestQ3_AHomeserverNarrowsTheAccounts(t *testing.T) {
	tests := []struct {
		name, homeserver, argument string
		want                       string
		none, elsewhere, choose    bool
	}{
		{name: "the only one there", homeserver: "https://moved.test", want: "@Carol:hs.test"},
		{name: "several there", homeserver: "https://hs.test", choose: true},
		{name: "none there", homeserver: "https://other.test", none: true},
		{name: "a named one there", homeserver: "https://hs.test", argument: "bob2", want: "bob2"},
		{name: "by the server's name", homeserver: "hs.test", argument: "work", want: "work"},
		{name: "a named one elsewhere", homeserver: "https://other.test", argument: "work", elsewhere: true},
		{name: "a claimed one by the name of another server", homeserver: "hs.test", argument: "claimed", elsewhere: true},
		{name: "by user ID, the one there", homeserver: "https://evil.test", argument: "@frank:hs.test", want: "both2"},
	}
	for _, test := range tests {
		for _, byFlag := range []bool{true, false} {
			t.Run(test.name, func(t *testing.T) {
				file := people(t)
				flag, env := test.homeserver, ""
				if !byFlag {
					flag, env = "", test.homeserver
				}
				got, err := choose.Account(settings(t, file, flag, env), file, test.argument, ignore)
				var none *choose.NoSessionError
				var elsewhere *choose.ElsewhereError
				var choice *choose.ChoiceError
				if got.Name != test.want || errors.As(err, &none) != test.none || errors.As(err, &elsewhere) != test.elsewhere || errors.As(err, &choice) != test.choose {
					t.Errorf("got %q, %v", got.Name, err)
				}
			})
		}
	}
}

func ignore(string, string) {}

func settings(t *testing.T, file *config.File, flag, env string) *config.Settings {
	t.Helper()
	flags := map[string]string{}
	if flag != "" {
		flags["homeserver"] = flag
	}
	s, err := config.Resolve(flags, func(name string) (string, bool) {
		if name == "MXLOGIN_HOMESERVER" {
			return env, true
		}
		return "", false
	}, file)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func userID(t *testing.T, s string) matrixid.UserID {
	t.Helper()
	id, err := matrixid.ParseUserID(s)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func serverName(t *testing.T, s string) matrixid.ServerName {
	t.Helper()
	name, err := matrixid.ParseServerName(s)
	if err != nil {
		t.Fatal(err)
	}
	return name
}

func baseURL(t *testing.T, s string) matrixid.BaseURL {
	t.Helper()
	base, err := matrixid.ParseBaseURL(s)
	if err != nil {
		t.Fatal(err)
	}
	return base
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
		{name: "default that is gone", standard: "gone", choice: []string{"work", "@bob:hs.test", "bob2", "@Carol:hs.test", "away", "started", "claimed", "both", "both2", "mail"}},
		{name: "several", choice: []string{"work", "@bob:hs.test", "bob2", "@Carol:hs.test", "claimed", "both", "both2", "mail"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			file := people(t)
			file.SetDefaultAccount(test.standard)
			got, err := choose.Account(settings(t, file, "", ""), file, test.chosen, ignore)
			var choice *choose.ChoiceError
			var none *choose.NoSessionError
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
	for _, name := range []string{"work", "@bob:hs.test", "@Carol:hs.test", "claimed", "both", "both2", "mail"} {
		file.Remove(name)
	}
	if got, err := choose.Account(settings(t, file, "", ""), file, "", ignore); err != nil || got.Name != "bob2" {
		t.Errorf("the only session: %q, %v", got.Name, err)
	}
	file.Put(config.Account{Name: "second", UserID: "@bob:hs.test", Homeserver: "https://hs.test", AccessToken: secret.New("t")})
	var choice *choose.ChoiceError
	if _, err := choose.Account(settings(t, file, "", ""), file, "@bob:hs.test", ignore); !errors.As(err, &choice) {
		t.Errorf("a user ID that several share: %v", err)
	}
	file.Remove("bob2")
	file.Remove("second")
	var none *choose.NoSessionError
	if _, err := choose.Account(settings(t, file, "", ""), file, "", ignore); !errors.As(err, &none) {
		t.Errorf("no session: %v", err)
	}
}
