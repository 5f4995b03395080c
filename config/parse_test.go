package config

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mxlogin/client/secret"
)

// compareSecrets lets cmp look into secret values.
var compareSecrets = cmp.Comparer(secret.Value.Equal)

const handWritten = `version: 1
settings:
  homeserver: example.org
default_account: work
accounts:
  - name: work
    user_id: "@alice:example.org"
    homeserver: https://matrix.example.org
    device_id: ABCDEFGHIJ
    access_token: syt_secret
    flow: m.login.password
    login_as: alice.smith
    unverified: true
  - user_id: "@Bob:example.org"
    homeserver: https://matrix.example.org
    login_url: https://login.example.org
    access_token: at
    refresh_token: rt
    expires_at: 2026-11-23T12:00:00Z
    flow: oauth
    api: oauth
    oauth: {issuer: "https://auth.example.org/", client_id: c1}
    prefix: r0
    ca_file: /etc/ca.pem
    allow_http: [localhost, "[::1]:8008"]
    pending: true
`

func TestParseReadsWhatPeopleWrite(t *testing.T) {
	file := mustParse(t, handWritten)
	want := []Account{
		{
			Name: "work", UserID: "@alice:example.org", Homeserver: "https://matrix.example.org", DeviceID: "ABCDEFGHIJ",
			AccessToken: secret.New("syt_secret"), Flow: "m.login.password", LoginAs: "alice.smith", API: APILegacy, Unverified: true,
		},
		{
			Name: "@Bob:example.org", UserID: "@Bob:example.org", Homeserver: "https://matrix.example.org", LoginURL: "https://login.example.org",
			AccessToken: secret.New("at"), RefreshToken: secret.New("rt"), ExpiresAt: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC),
			Flow: "oauth", API: APIOAuth, OAuth: OAuthClient{Issuer: "https://auth.example.org/", ClientID: "c1"},
			Prefix: "r0", CAFile: "/etc/ca.pem", AllowHTTP: []string{"localhost", "[::1]:8008"}, Pending: true,
		},
	}
	if diff := cmp.Diff(want, file.Accounts(), compareSecrets); diff != "" {
		t.Error(diff)
	}
	if got := file.DefaultAccount(); got != "work" {
		t.Errorf("default account %q", got)
	}
	if !want[0].HasSession() || file.Accounts()[1].HasSession() {
		t.Error("HasSession: a pending account has none; the other has one, though it is unverified")
	}
}

// TestParseRefuses holds that an error names line and key and never a value.
func TestParseRefuses(t *testing.T) {
	const canary = "CANARY-5f1c"
	account := "version: 1\naccounts:\n  - user_id: '@a:h'\n    homeserver: https://h\n    "
	tests := map[string]struct{ in, want string }{
		"no version":             {"accounts: []\n", "version: missing"},
		"version as string":      {"version: '1'\n", "line 1: version: must be 1"},
		"version 0":              {"version: 0\n", "line 1: version: must be 1"},
		"version not a number":   {"version: " + canary + "\n", "line 1: version: must be 1"},
		"a list":                 {"- version: 1\n", "line 1: must be a mapping"},
		"a scalar":               {canary, "line 1: must be a mapping"},
		"two documents":          {"version: 1\n---\nversion: 1\n", "more than one YAML document"},
		"broken YAML":            {"version: 1\naccess_token: \"" + canary + "\n", "not valid YAML"},
		"unknown anchor":         {account + "access_token: *" + canary, "not valid YAML"},
		"alias":                  {"version: 1\na: &x " + canary + "\nb: *x\n", "line 3: YAML aliases"},
		"duplicate key":          {account + "access_token: " + canary + "\n    access_token: b\n", "line 6: duplicate key"},
		"duplicate unknown key":  {"version: 1\nx: {" + canary + ": 1, " + canary + ": 2}\n", "line 2: duplicate key"},
		"duplicate top key":      {"version: 1\nversion: 1\n", "line 2: duplicate key"},
		"a list as key":          {"version: 1\n? [a]\n: b\n", "a key must be a plain string"},
		"accounts as mapping":    {"version: 1\naccounts: {a: b}\n", "line 2: accounts: must be a list"},
		"account as scalar":      {"version: 1\naccounts: [" + canary + "]\n", "accounts[0]: must be a mapping"},
		"account without server": {"version: 1\naccounts:\n  - user_id: '@a:h'\n", "line 3: accounts[0]: has no homeserver"},
		"account without user":   {"version: 1\naccounts:\n  - name: a\n    homeserver: https://h\n", "accounts[0]: has no user_id"},
		"account without name":   {"version: 1\naccounts:\n  - homeserver: https://h\n    pending: true\n", "neither user_id nor name"},
		"token as number":        {account + "access_token: 12345678\n", "line 5: accounts[0].access_token: must be a string"},
		"token as list":          {account + "access_token: [" + canary + "]\n", "line 5: accounts[0].access_token: must be a string"},
		"token null":             {account + "access_token:\n", "line 5: accounts[0].access_token: must be a string"},
		"time":                   {account + "expires_at: " + canary + "\n", "line 5: accounts[0].expires_at: must be an RFC 3339 time"},
		"api":                    {account + "api: " + canary + "\n", "accounts[0].api: must be legacy or oauth"},
		"prefix":                 {account + "prefix: " + canary + "\n", "accounts[0].prefix: must be r0"},
		"pending":                {account + "pending: " + canary + "\n", "accounts[0].pending: must be true or false"},
		"unverified":             {account + "unverified: '" + canary + "'\n", "accounts[0].unverified: must be true or false"},
		"login_as":               {account + "login_as: [" + canary + "]\n", "accounts[0].login_as: must be a string"},
		"login_as as number":     {account + "login_as: 12345678\n", "accounts[0].login_as: must be a string; put it in quotes"},
		"allow_http":             {account + "allow_http: " + canary + "\n", "accounts[0].allow_http: must be a list"},
		"oauth":                  {account + "oauth: " + canary + "\n", "accounts[0].oauth: must be a mapping"},
		"oauth issuer":           {account + "oauth: {issuer: [" + canary + "]}\n", "accounts[0].oauth.issuer: must be a string"},
		"default_account":        {"version: 1\ndefault_account: [a]\n", "default_account: must be a string"},
		"settings as list":       {"version: 1\nsettings: [a]\n", "settings: must be a mapping"},
		"setting as mapping":     {"version: 1\nsettings: {timeout: {a: b}}\n", "settings.timeout: must be a single value"},
		"setting not a list":     {"version: 1\nsettings: {allow_http: a}\n", "settings.allow_http: must be a list"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := Parse([]byte(test.in))
			if !errors.Is(err, ErrInvalid) {
				t.Fatalf("got %v", err)
			}
			if !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %q, want %q in it", err, test.want)
			}
			if strings.Contains(err.Error(), canary) || strings.Contains(err.Error(), "12345678") {
				t.Errorf("the error shows a value: %v", err)
			}
		})
	}
}

func TestS8_WhatIsNoConfigFileIsRefused(t *testing.T) {
	reasons := map[string]string{
		"empty": "empty", "comment": "no content", "object": "version: missing", "NULs": "NUL", "NUL at end": "NUL",
		"UTF-16 LE": "UTF-16", "UTF-16 BE": "UTF-16", "BOM": "byte order mark", "Latin-1": "not in UTF-8",
	}
	for name, data := range noConfigFiles() {
		if _, err := Parse(data); !errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), reasons[name]) {
			t.Errorf("%s: got %v, want %q in it", name, err, reasons[name])
		}
	}
}

func noConfigFiles() map[string][]byte {
	return map[string][]byte{
		"empty":        {},
		"newline":      []byte("\n"),
		"comment":      []byte("# nothing\n"),
		"object":       []byte("{}"),
		"null":         []byte("null\n"),
		"NULs":         make([]byte, 512),
		"NUL at end":   []byte(handWritten + "\x00"),
		"binary":       {0x7f, 'E', 'L', 'F', 2, 1, 1, 0xff, 0xfe},
		"UTF-16 LE":    []byte("\xff\xfev\x00e\x00r\x00"),
		"UTF-16 BE":    []byte("\xfe\xff\x00v\x00e"),
		"BOM":          []byte("\xef\xbb\xbf" + handWritten),
		"Latin-1":      []byte("version: 1\nx: \xe9\n"),
		"control sign": []byte("version: 1\nx: \x01\n"),
	}
}

// TestS8_EveryTruncationIsSeen cuts a file that mxlogin wrote at every byte. Only
// the loss of the very last newline passes: it loses nothing.
func TestS8_EveryTruncationIsSeen(t *testing.T) {
	file := mustParse(t, handWritten)
	file.SetDefaultAccount("@Bob:example.org")
	whole := mustBytes(t, file)
	for n := range whole {
		cut, err := Parse(whole[:n])
		switch {
		case n == len(whole)-1:
			if err != nil || len(cut.Accounts()) != 2 {
				t.Errorf("without its last newline: %v", err)
			}
		case !errors.Is(err, ErrInvalid):
			t.Errorf("cut at %d of %d: got %v\n%s", n, len(whole), err, whole[:n])
		}
	}
}

func TestS8_WhatIsAddedBehindTheLastLineIsKept(t *testing.T) {
	file := newFile()
	file.Put(Account{UserID: "@a:h", Homeserver: "https://h"})
	whole := mustBytes(t, file)
	whole = append(whole, "  - user_id: '@b:h'\n    homeserver: https://h\n"...)
	file, err := Parse(bytes.ReplaceAll(whole, []byte("\n"), []byte("\r\n")))
	if err != nil {
		t.Fatal(err)
	}
	file.SetDefaultAccount("@b:h")
	whole = mustBytes(t, file)
	if got := len(mustParse(t, string(whole)).Accounts()); got != 2 {
		t.Errorf("%d accounts", got)
	}
	if !bytes.HasSuffix(whole, []byte("\n"+lastLine+"\n")) || bytes.Count(whole, []byte(lastLine)) != 1 {
		t.Errorf("the last line is not last:\n%s", whole)
	}
}

func TestS9_DuplicateAccountsAreRefused(t *testing.T) {
	const entry = "  - user_id: '@a:h'\n    homeserver: https://h\n"
	for name, second := range map[string]string{
		"same user ID":              entry,
		"named like the user ID":    "  - name: '@a:h'\n    user_id: '@b:h'\n    homeserver: https://h\n",
		"same user ID, named alike": "  - name: '@a:h'\n    user_id: '@a:h'\n    homeserver: https://h\n",
	} {
		_, err := Parse([]byte("version: 1\naccounts:\n" + entry + second))
		if !errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), "line 5: accounts[1]") {
			t.Errorf("%s: got %v", name, err)
		}
	}
	other := "  - user_id: '@A:h'\n    homeserver: https://h\n  - {name: two, user_id: '@a:h', homeserver: https://h}\n"
	file := mustParse(t, "version: 1\naccounts:\n"+entry+other)
	if got := len(file.AccountsOf("@a:h")); got != 2 {
		t.Errorf("%d accounts of @a:h: case must count and names must tell apart", got)
	}
}

func TestS10_NewerVersionIsRefusedByNumber(t *testing.T) {
	_, err := Parse([]byte("version: 2\naccounts: {of: another shape}\n"))
	if !errors.Is(err, ErrNewer) || errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), "version 2") {
		t.Errorf("got %v", err)
	}
}

func mustParse(t testing.TB, text string) *File {
	t.Helper()
	file, err := Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func mustBytes(t testing.TB, file *File) []byte {
	t.Helper()
	data, err := file.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return data
}
