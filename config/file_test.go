package config

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mxlogin/client/secret"
)

const annotated = `# my accounts
version: 1
future: {deep: [1, two]} # keep
settings:
  # the server at work
  homeserver: example.org
  later_setting: 5
default_account: work # for now
accounts:
  # the one I use
  - name: work # short
    colour: red # mine
    user_id: "@alice:example.org" # me
    homeserver: https://matrix.example.org
    access_token: old # rotates
    refresh_token: gone
    oauth:
      issuer: https://auth.example.org/
      scope: all # unknown
    # tail
  - name: second
    user_id: "@alice:example.org"
    homeserver: https://other.example.org
`

func TestS9_EditsKeepCommentsOrderAndUnknownKeys(t *testing.T) {
	file := mustParse(t, annotated)
	account, _ := file.Account("work")
	account.AccessToken = secret.New("new token")
	account.RefreshToken = secret.Value{}
	account.DeviceID = "DEV"
	account.Pending = true
	account.OAuth.Issuer = ""
	file.Put(account)
	if err := file.SetSetting("timeout", "10s"); err != nil {
		t.Fatal(err)
	}
	if err := file.SetSetting("allow_http", "localhost, [::1]:80"); err != nil {
		t.Fatal(err)
	}
	if err := file.SetSetting("quiet", "1"); err != nil {
		t.Fatal(err)
	}
	want := firstLine + `
# my accounts
version: 1
future: {deep: [1, two]} # keep
settings:
  # the server at work
  homeserver: example.org
  later_setting: 5
  timeout: 10s
  allow_http:
    - localhost
    - "[::1]:80"
  quiet: true
default_account: work # for now
accounts:
  # the one I use
  - name: work # short
    colour: red # mine
    user_id: "@alice:example.org" # me
    homeserver: https://matrix.example.org
    device_id: DEV
    access_token: "new token" # rotates
    api: legacy
    oauth:
      scope: all # unknown
      # tail
    pending: true
  - name: second
    user_id: "@alice:example.org"
    homeserver: https://other.example.org
` + lastLine + "\n"
	if diff := cmp.Diff(want, string(mustBytes(t, file))); diff != "" {
		t.Error(diff)
	}
}

func TestANewFileLooksLikeTheManual(t *testing.T) {
	file := newFile()
	file.Put(Account{
		Name: "work", UserID: "@alice:example.org", Homeserver: "https://matrix.example.org", DeviceID: "ABCDEFGHIJ",
		AccessToken: secret.New("syt_abc"), RefreshToken: secret.New("syr_abc"), ExpiresAt: time.Unix(1, 0),
		Flow: "m.login.password", API: APILegacy,
	})
	file.Put(Account{UserID: "@bob:example.org", Homeserver: "https://h", API: APIOAuth, OAuth: OAuthClient{Issuer: "https://i/", ClientID: "123"}})
	file.SetDefaultAccount("work")
	if err := file.SetSetting("homeserver", "example.org"); err != nil {
		t.Fatal(err)
	}
	want := firstLine + `
version: 1
settings:
  homeserver: example.org
default_account: work
accounts:
  - name: work
    user_id: "@alice:example.org"
    homeserver: https://matrix.example.org
    device_id: ABCDEFGHIJ
    access_token: syt_abc
    refresh_token: syr_abc
    expires_at: "1970-01-01T00:00:01Z"
    flow: m.login.password
    api: legacy
  - user_id: "@bob:example.org"
    homeserver: https://h
    api: oauth
    oauth:
      issuer: "https://i/"
      client_id: "123"
` + lastLine + "\n"
	if diff := cmp.Diff(want, string(mustBytes(t, file))); diff != "" {
		t.Error(diff)
	}
}

// TestWhereTheKeysOfAnAccountStand holds the order of an entry that has them all,
// and that a key whose value is gone goes too.
func TestWhereTheKeysOfAnAccountStand(t *testing.T) {
	full := Account{
		Name: "work", UserID: "@alice:example.org", Homeserver: "https://h", LoginURL: "https://l", DeviceID: "DEV",
		AccessToken: secret.New("at"), RefreshToken: secret.New("rt"), ExpiresAt: time.Unix(1, 0).UTC(),
		Flow: "m.login.password", LoginAs: "+441632960123", API: APIOAuth, OAuth: OAuthClient{Issuer: "i", ClientID: "c"},
		Prefix: "r0", CAFile: "ca", AllowHTTP: []string{"h"}, Pending: true, Unverified: true,
	}
	file := newFile()
	file.Put(full)
	written := string(mustBytes(t, file))
	want := firstLine + `
version: 1
accounts:
  - name: work
    user_id: "@alice:example.org"
    homeserver: https://h
    login_url: https://l
    device_id: DEV
    access_token: at
    refresh_token: rt
    expires_at: "1970-01-01T00:00:01Z"
    flow: m.login.password
    login_as: "+441632960123"
    api: oauth
    oauth:
      issuer: i
      client_id: c
    prefix: r0
    ca_file: ca
    allow_http:
      - h
    pending: true
    unverified: true
` + lastLine + "\n"
	if diff := cmp.Diff(want, written); diff != "" {
		t.Error(diff)
	}
	file = mustParse(t, written)
	if got, _ := file.Account("work"); !cmp.Equal(full, got, compareSecrets) {
		t.Error(cmp.Diff(full, got, compareSecrets))
	}
	file.Put(Account{Name: "work", UserID: "@alice:example.org", Homeserver: "https://h"})
	bare := "accounts:\n  - name: work\n    user_id: \"@alice:example.org\"\n    homeserver: https://h\n" + lastLine + "\n"
	if got := string(mustBytes(t, file)); !strings.HasSuffix(got, bare) {
		t.Errorf("what an account no longer has is left:\n%s", got)
	}
}

// TestTheKeysOfAnAccountAreInTheManual keeps docs/config.md complete.
func TestTheKeysOfAnAccountAreInTheManual(t *testing.T) {
	manual, err := os.ReadFile("../docs/config.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, field := range accountFields(Account{}) {
		if !strings.Contains(string(manual), "\n| `"+field.key+"` |") {
			t.Errorf("docs/config.md says nothing of %s", field.key)
		}
	}
}

func TestAnEditThatChangesNothingKeepsTheBytes(t *testing.T) {
	file := mustParse(t, annotated)
	account, _ := file.Account("second")
	account.API = ""
	file.Put(account)
	file.SetDefaultAccount("work")
	if err := file.SetSetting("homeserver", "example.org"); err != nil {
		t.Fatal(err)
	}
	if err := file.Rename("work", "work"); err != nil {
		t.Fatal(err)
	}
	if file.Remove("nobody") || file.UnsetSetting("timeout") {
		t.Error("removed what is not there")
	}
	if diff := cmp.Diff(annotated, string(mustBytes(t, file))); diff != "" {
		t.Error(diff)
	}
}

func TestRemove(t *testing.T) {
	file := mustParse(t, annotated)
	if !file.Remove("work") || file.Remove("work") {
		t.Error("Remove: want true, then false")
	}
	if got := file.DefaultAccount(); got != "" {
		t.Errorf("the default account is still %q", got)
	}
	if !file.Remove("second") {
		t.Error("the second account is not there")
	}
	file = mustParse(t, string(mustBytes(t, file)))
	if len(file.Accounts()) != 0 {
		t.Error("accounts are left")
	}
	file.Put(Account{UserID: "@c:h", Homeserver: "https://h"})
	if text := string(mustBytes(t, file)); !strings.Contains(text, "accounts:\n  - user_id: \"@c:h\"\n") {
		t.Errorf("added to an empty list:\n%s", text)
	}
}

func TestRename(t *testing.T) {
	file := mustParse(t, annotated)
	if err := file.Rename("nobody", "x"); !errors.Is(err, ErrNoAccount) {
		t.Errorf("unknown account: %v", err)
	}
	if err := file.Rename("work", "second"); !errors.Is(err, ErrAccountExists) {
		t.Errorf("taken name: %v", err)
	}
	if err := file.Rename("work", ""); err == nil {
		t.Error("an empty name is taken")
	}
	if err := file.Rename("work", "@alice:example.org"); err != nil {
		t.Fatal(err)
	}
	file = mustParse(t, string(mustBytes(t, file)))
	if _, ok := file.Account("@alice:example.org"); !ok || file.DefaultAccount() != "@alice:example.org" {
		t.Errorf("got %+v, default %q", file.Accounts(), file.DefaultAccount())
	}
}

func TestI7_UserIDsAreOnlyData(t *testing.T) {
	file := newFile()
	ids := []string{"@../../etc:h", "CON", "@a/b:h", `@a\b:h`, "@true:h", "null", "0x10", "@: '\"#-h", "@\u202e:h", "- a", "12:30:00", "2026-01-01"}
	for _, id := range ids {
		file.Put(Account{UserID: id, Homeserver: "https://h", API: APILegacy})
		file.SetDefaultAccount(id)
		file = mustParse(t, string(mustBytes(t, file)))
		if _, ok := file.Account(id); !ok || file.DefaultAccount() != id {
			t.Errorf("%q does not come back", id)
		}
	}
	if got := len(file.Accounts()); got != len(ids) {
		t.Errorf("%d accounts of %d", got, len(ids))
	}
}

func TestSettingsOfTheFile(t *testing.T) {
	file := mustParse(t, "version: 1\nsettings:\n  # none yet\naccounts:\n")
	if _, ok := file.Setting("timeout"); ok {
		t.Error("an absent setting is there")
	}
	for key, value := range map[string]string{"timeout": "5s", "allow_http": "a,b", "no_input": "true", "homeserver": "h", "max_wait": "0"} {
		if err := file.SetSetting(key, value); err != nil {
			t.Fatal(err)
		}
		file = mustParse(t, string(mustBytes(t, file)))
		if got, ok := file.Setting(key); !ok || got != value {
			t.Errorf("%s: got %q, want %q", key, got, value)
		}
	}
	if err := file.SetSetting("homeserver", ""); err != nil {
		t.Fatal(err)
	}
	if _, ok := file.Setting("homeserver"); ok {
		t.Error("an empty value did not unset the setting")
	}
	if !file.UnsetSetting("timeout") || file.UnsetSetting("timeout") {
		t.Error("UnsetSetting: want true, then false")
	}
	var wrong *SettingError
	if err := file.SetSetting("timeout", "soon"); !errors.As(err, &wrong) || wrong.Key != "timeout" {
		t.Errorf("a wrong value: %v", err)
	}
	if got := mustParse(t, annotated).UnknownKeys(); !cmp.Equal(got, []UnknownKey{{Key: "settings.later_setting", Line: 7}}) {
		t.Errorf("unknown settings %+v", got)
	}
}

func TestAccountsShareNoMemory(t *testing.T) {
	file := mustParse(t, handWritten)
	account, _ := file.Account("@Bob:example.org")
	account.AllowHTTP[0] = "changed"
	if again, _ := file.Account("@Bob:example.org"); again.AllowHTTP[0] != "localhost" {
		t.Error("a caller can change the file's account")
	}
}
