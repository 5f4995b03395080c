package config

import (
	"bytes"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"mxlogin/client/secret"
)

// FuzzParse holds that no input panics, and that what Parse takes can be edited,
// written and read again with the same accounts.
func FuzzParse(f *testing.F) {
	f.Add([]byte(handWritten))
	f.Add([]byte(annotated))
	f.Add([]byte("{version: 1, accounts: []}"))
	f.Add([]byte("%YAML 1.1\n---\nversion: 1\n...\n"))
	f.Add([]byte("version: 1\nx: &a {<<: {b: c}}\n"))
	for _, data := range noConfigFiles() {
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := Parse(data)
		if err != nil {
			return
		}
		want := file.Accounts()
		if again, err := file.Bytes(); err != nil || !bytes.Equal(again, data) {
			t.Fatalf("unedited, but other bytes: %v", err)
		}
		added := Account{Name: "added by the test", UserID: "@added:h", Homeserver: "https://h", API: APILegacy}
		if _, taken := file.Account(added.Name); taken {
			return
		}
		file.Put(added)
		written, err := file.Bytes()
		if err != nil {
			return // refused before anything is written
		}
		file, err = Parse(written)
		if err != nil {
			return // Update holds what it writes to Parse
		}
		if diff := cmp.Diff(append(want, added), file.Accounts(), compareSecrets, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s\n%s", diff, written)
		}
	})
}

// FuzzAccount holds that every account of valid strings comes back as it was.
func FuzzAccount(f *testing.F) {
	f.Add("work", "@alice:example.org", "https://h", "DEV", "syt_a", "", "https://h", int64(0), false)
	f.Add("a: b # c", "'\"@#:", "- x", "true", "12", "~", "&a *b !c", int64(1<<40), true)
	f.Add(" lead", "trail \n", "two\nlines", "\ttab", "\u0085\u2028\ufeff", "\r\n", "\x00\x1b", int64(-1), true)
	f.Add(lastLine, firstLine, "h\n"+lastLine+"\n", "null", "1e3", "2026-01-01", "0b1", int64(7), false)
	f.Fuzz(func(t *testing.T, name, user, homeserver, device, access, refresh, host string, expires int64, pending bool) {
		if user == "" || homeserver == "" {
			return
		}
		for _, text := range []string{name, user, homeserver, device, access, refresh, host} {
			if !utf8.ValidString(text) {
				return
			}
		}
		want := Account{
			Name: name, UserID: user, Homeserver: homeserver, LoginURL: host, DeviceID: device,
			AccessToken: secret.New(access), RefreshToken: secret.New(refresh), ExpiresAt: time.Unix(expires, 0).UTC(),
			Flow: device, LoginAs: name, API: APIOAuth, OAuth: OAuthClient{Issuer: host, ClientID: user}, CAFile: name,
			AllowHTTP: []string{host, "b"}, Pending: pending, Unverified: !pending,
		}
		if y := want.ExpiresAt.Year(); y < 0 || y > 9999 {
			want.ExpiresAt = time.Time{}
		}
		if name == "" {
			want.Name = user
		}
		file := newFile()
		file.Put(want)
		file = mustParse(t, string(mustBytes(t, file)))
		got, ok := file.Account(want.Name)
		if !ok {
			t.Fatalf("%q is not there", want.Name)
		}
		if diff := cmp.Diff(want, got, compareSecrets); diff != "" {
			t.Error(diff)
		}
	})
}
