package output_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mxlogin/client/secret"
	"mxlogin/cmd/output"
)

const (
	accessCanary  = "tok-CANARY-access"
	refreshCanary = "tok-CANARY-refresh"
)

func exampleSession() output.Session {
	return output.Session{
		UserID: "@alice:example.org", DeviceID: "ABCDEFGHIJ", Homeserver: "https://matrix.example.org",
		Flow: "m.login.password", API: "legacy", Account: "work", Config: "/home/a/config.yaml",
		ExpiresAt:   time.Date(2026, 11, 23, 13, 0, 0, 0, time.FixedZone("", 3600)),
		AccessToken: secret.New(accessCanary), RefreshToken: secret.New(refreshCanary),
	}
}

// plainPrinter is a printer of a run without secrets.
func plainPrinter(w io.Writer, f output.Format) output.Printer {
	return output.Printer{W: w, Format: f, Scrub: strings.Clone}
}

func printed(t *testing.T, f output.Format, s output.Session, showToken bool) string {
	t.Helper()
	var b bytes.Buffer
	if err := plainPrinter(&b, f).Session(s, showToken); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestSession(t *testing.T) {
	reused := exampleSession()
	reused.Reused = true
	bare := output.Session{UserID: "@a:b", AccessToken: secret.New("t")}
	tests := map[string]struct {
		format    output.Format
		session   output.Session
		showToken bool
		want      string
	}{
		"text": {output.Text, exampleSession(), false, `Logged in as @alice:example.org
  Homeserver:  https://matrix.example.org
  Device ID:   ABCDEFGHIJ
  Flow:        m.login.password
  Account:     work
  Config:      /home/a/config.yaml
  Expires:     2026-11-23T12:00:00Z
`},
		"text with tokens": {output.Text, reused, true, `Already logged in as @alice:example.org
  Homeserver:     https://matrix.example.org
  Device ID:      ABCDEFGHIJ
  Flow:           m.login.password
  Account:        work
  Config:         /home/a/config.yaml
  Expires:        2026-11-23T12:00:00Z
  Access token:   tok-CANARY-access
  Refresh token:  tok-CANARY-refresh
`},
		"text of little": {output.Text, bare, false, "Logged in as @a:b\n"},
		"json": {
			output.JSON, exampleSession(), false,
			`{"user_id":"@alice:example.org","device_id":"ABCDEFGHIJ","homeserver":"https://matrix.example.org",` +
				`"flow":"m.login.password","api":"legacy","account":"work","config":"/home/a/config.yaml",` +
				`"reused":false,"expires_at":"2026-11-23T12:00:00Z"}` + "\n",
		},
		"json with tokens": {
			output.JSON, reused, true,
			`{"user_id":"@alice:example.org","device_id":"ABCDEFGHIJ","homeserver":"https://matrix.example.org",` +
				`"flow":"m.login.password","api":"legacy","account":"work","config":"/home/a/config.yaml",` +
				`"reused":true,"expires_at":"2026-11-23T12:00:00Z",` +
				`"access_token":"tok-CANARY-access","refresh_token":"tok-CANARY-refresh"}` + "\n",
		},
		"json of little": {
			output.JSON, bare, true,
			`{"user_id":"@a:b","device_id":"","homeserver":"","flow":"","api":"","account":"","config":"","reused":false,"access_token":"t"}` + "\n",
		},
		"token": {output.Token, exampleSession(), false, "tok-CANARY-access\n"},
		"env": {output.Env, exampleSession(), false, `MATRIX_HOMESERVER=https://matrix.example.org
MATRIX_USER_ID=@alice:example.org
MATRIX_DEVICE_ID=ABCDEFGHIJ
MATRIX_ACCESS_TOKEN=tok-CANARY-access
`},
		"header": {output.Header, exampleSession(), false, "Authorization: Bearer tok-CANARY-access\n"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, printed(t, test.format, test.session, test.showToken)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestK9_TokensAreShownOnRequestOnly(t *testing.T) {
	tests := []struct {
		format          output.Format
		showToken       bool
		access, refresh bool
	}{
		{output.Text, false, false, false},
		{output.JSON, false, false, false},
		{output.Text, true, true, true},
		{output.JSON, true, true, true},
		{output.Token, false, true, false},
		{output.Env, false, true, false},
		{output.Header, false, true, false},
		{output.Token, true, true, false},
	}
	for _, test := range tests {
		got := printed(t, test.format, exampleSession(), test.showToken)
		if strings.Contains(got, accessCanary) != test.access || strings.Contains(got, refreshCanary) != test.refresh {
			t.Errorf("%s, showToken %t: %s", test.format, test.showToken, got)
		}
		if test.format.ShowsToken() != (test.access && !test.showToken || test.format == output.Token) {
			t.Errorf("%s.ShowsToken() is %t", test.format, test.format.ShowsToken())
		}
	}
}

func TestSessionWithoutToken(t *testing.T) {
	for _, f := range []output.Format{output.Token, output.Env, output.Header} {
		var b bytes.Buffer
		err := plainPrinter(&b, f).Session(output.Session{UserID: "@a:b"}, false)
		if err == nil || b.Len() > 0 {
			t.Errorf("%s: %v, %q", f, err, b.String())
		}
	}
}

func TestK10_OneLineFormatsRefuseWhatBreaksALine(t *testing.T) {
	for _, bad := range []string{"a\nb", "a\rb", "a\x00b", "a\x1b[2Jb", "a\u009bb", "a\u202eb", "a\xffb"} {
		token := exampleSession()
		token.AccessToken = secret.New(bad)
		for _, f := range []output.Format{output.Token, output.Env, output.Header, output.Text} {
			refusePrint(t, f, token)
		}
		user, device, server := exampleSession(), exampleSession(), exampleSession()
		user.UserID, device.DeviceID, server.Homeserver = bad, bad, bad
		for _, s := range []output.Session{user, device, server} {
			refusePrint(t, output.Env, s)
		}
	}
}

func TestQ6_OneLineFormatsRefuseWhatARunnerObeys(t *testing.T) {
	for _, bad := range []string{"##vso[task.setvariable]x", "a##b", "##", "a ##[group]", "::add-mask::x", "::", "  ::debug::x"} {
		token := exampleSession()
		token.AccessToken = secret.New(bad)
		for _, f := range []output.Format{output.Token, output.Env, output.Header, output.Text} {
			refusePrint(t, f, token)
		}
		refresh := exampleSession()
		refresh.RefreshToken = secret.New(bad)
		refusePrint(t, output.Text, refresh)
		user, device, server := exampleSession(), exampleSession(), exampleSession()
		user.UserID, device.DeviceID, server.Homeserver = bad, bad, bad
		for _, s := range []output.Session{user, device, server} {
			refusePrint(t, output.Env, s)
		}
		if got := printed(t, output.JSON, token, true); jsonToken(t, got) != bad {
			t.Errorf("the json format does not hold %q: %s", bad, got)
		}
	}
	harmless := exampleSession()
	harmless.AccessToken, harmless.DeviceID = secret.New("#a:b::c#"), "a::b"
	for _, f := range []output.Format{output.Token, output.Env, output.Header, output.Text} {
		printed(t, f, harmless, true)
	}
}

func TestQ6_TheErrorNamesTheField(t *testing.T) {
	for name, s := range map[string]output.Session{
		"the access token":  {AccessToken: secret.New("##x")},
		"the refresh token": {AccessToken: secret.New("x"), RefreshToken: secret.New("::x")},
		"MATRIX_DEVICE_ID":  {AccessToken: secret.New("x"), DeviceID: "::x"},
	} {
		f := output.Text
		if strings.HasPrefix(name, "MATRIX") {
			f = output.Env
		}
		err := plainPrinter(&bytes.Buffer{}, f).Session(s, true)
		if err == nil || !strings.HasPrefix(err.Error(), name+" ") || !strings.Contains(err.Error(), "json") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestQ6_JSONHoldsNoTwoHashes(t *testing.T) {
	const hostile = "##vso[task.setvariable variable=x]y ###teamcity[ # #"
	s := exampleSession()
	s.DeviceID, s.AccessToken = hostile, secret.New(hostile)
	lines := []string{printed(t, output.JSON, s, true)}

	var raw bytes.Buffer
	served := map[string]any{hostile: json.RawMessage(`{"##": ["##[error]", "\u0023#"]}`)}
	if err := plainPrinter(&raw, output.JSON).JSON(served); err != nil {
		t.Fatal(err)
	}
	lines = append(lines, raw.String())

	var records bytes.Buffer
	reportEverything(output.NewReporter(&records, true, false, strings.Clone), hostile)
	lines = append(lines, records.String())
	for _, line := range lines {
		if strings.Contains(line, "##") {
			t.Errorf("a runner obeys %s", line)
		}
	}

	if got := jsonToken(t, lines[0]); got != hostile {
		t.Errorf("the line reads as %q", got)
	}
	var got map[string]map[string][]string
	if err := json.Unmarshal(raw.Bytes(), &got); err != nil || !cmp.Equal(got[hostile]["##"], []string{"##[error]", "##"}) {
		t.Errorf("the line reads as %q, %v", got, err)
	}
}

// jsonToken is the access token in a line of JSON.
func jsonToken(t *testing.T, line string) string {
	t.Helper()
	var decoded struct {
		AccessToken string `json:"access_token"`
	}
	if err := json.Unmarshal([]byte(line), &decoded); err != nil {
		t.Fatal(err)
	}
	return decoded.AccessToken
}

// refusePrint fails the test if s is printed, in whole or in part.
func refusePrint(t *testing.T, f output.Format, s output.Session) {
	t.Helper()
	var b bytes.Buffer
	err := plainPrinter(&b, f).Session(s, true)
	if err == nil || b.Len() > 0 {
		t.Errorf("%s: %v, %q", f, err, b.String())
	}
	if err != nil && strings.Contains(err.Error(), s.AccessToken.Reveal()) {
		t.Errorf("the error repeats the token: %q", err)
	}
}

func TestTextDoesNotCutALongToken(t *testing.T) {
	s := exampleSession()
	long := strings.Repeat("x", 4000)
	s.AccessToken = secret.New(long)
	if !strings.Contains(printed(t, output.Text, s, true), long+"\n") {
		t.Error("the token is cut")
	}
}

func TestH44_ResultsShowServerTextEscaped(t *testing.T) {
	const hostile = "::add-mask::x\x1b[2J\u202e\u009b\x7f\r\n::set-output::##vso[x]"
	s := output.Session{
		UserID: hostile, DeviceID: hostile, Homeserver: hostile, Flow: hostile, Account: hostile, Config: hostile,
	}
	refuseHostile(t, printed(t, output.Text, s, false))

	line := printed(t, output.JSON, s, false)
	refuseHostile(t, line)
	var decoded struct {
		UserID string `json:"user_id"`
	}
	if err := json.Unmarshal([]byte(line), &decoded); err != nil || decoded.UserID != hostile {
		t.Errorf("the JSON reads as %q, %v", decoded.UserID, err)
	}

	var b bytes.Buffer
	if err := plainPrinter(&b, output.Text).Table([]string{"DEVICE", "NAME"}, [][]string{{hostile, hostile}, {"", hostile}, {"A", "b"}}); err != nil {
		t.Fatal(err)
	}
	refuseHostile(t, b.String())
}

// refuseHostile fails the test if text has what a terminal or a CI runner obeys.
func refuseHostile(t *testing.T, text string) {
	t.Helper()
	if strings.ContainsAny(text, "\x1b\r\x7f\u009b\u202e\x00") {
		t.Errorf("a terminal obeys %q", text)
	}
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); strings.HasPrefix(line, "::") || strings.Contains(line, "##") {
			t.Errorf("a CI runner obeys %q", line)
		}
	}
}

func TestI28_WriteErrorsAreReturned(t *testing.T) {
	closed, err := os.Create(filepath.Join(t.TempDir(), "closed"))
	if err != nil {
		t.Fatal(err)
	}
	_ = closed.Close()
	for _, f := range []output.Format{output.Text, output.JSON, output.Token, output.Env, output.Header} {
		if err := plainPrinter(closed, f).Session(exampleSession(), true); !errors.Is(err, os.ErrClosed) {
			t.Errorf("%s: %v", f, err)
		}
	}
	if err := plainPrinter(closed, output.JSON).JSON(1); !errors.Is(err, os.ErrClosed) {
		t.Errorf("JSON: %v", err)
	}
	if err := plainPrinter(closed, output.Text).Table([]string{"A"}, nil); !errors.Is(err, os.ErrClosed) {
		t.Errorf("Table: %v", err)
	}
}

func TestParseFormat(t *testing.T) {
	for _, name := range []string{"text", "json", "token", "env", "export", "powershell", "fish", "header"} {
		if f, err := output.ParseFormat(name); err != nil || string(f) != name {
			t.Errorf("%q: %q, %v", name, f, err)
		}
	}
	for _, name := range []string{"", "JSON", "yaml", "text "} {
		if f, err := output.ParseFormat(name); err == nil || f != "" {
			t.Errorf("%q: %q, %v", name, f, err)
		}
	}
	if err := plainPrinter(&bytes.Buffer{}, "yaml").Session(exampleSession(), false); err == nil {
		t.Error("a session is printed in a format that there is not")
	}
}

func TestJSON(t *testing.T) {
	var b bytes.Buffer
	value := map[string]string{"k": "<a&b>\x7f\u0085\u202e\U000e0041ü😀\xff"}
	if err := plainPrinter(&b, output.JSON).JSON(value); err != nil {
		t.Fatal(err)
	}
	want := `{"k":"<a&b>\u007f\u0085\u202e\udb40\udc41ü😀\ufffd"}` + "\n"
	if b.String() != want {
		t.Errorf("got %q, want %q", b.String(), want)
	}
	if err := plainPrinter(&b, output.JSON).JSON(func() {}); err == nil {
		t.Error("a function is encoded")
	}
}

func TestTable(t *testing.T) {
	var b bytes.Buffer
	err := plainPrinter(&b, output.Text).Table([]string{"NAME", "USER ID", "N"}, [][]string{
		{"work", "@alice:example.org", "1"},
		{"@bö:example.org", "", "22"},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := `NAME             USER ID             N
work             @alice:example.org  1
@bö:example.org                      22
`
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
