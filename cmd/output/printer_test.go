package output_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mxlogin/client/secret"
	"mxlogin/cmd/output"
	"mxlogin/cmd/terminal"
)

const passwordCanary = "pw-CANARY-of-this-run"

// knowingPrinter is a printer of a run that knows the password and both tokens.
func knowingPrinter(b *bytes.Buffer, f output.Format) output.Printer {
	var scrubber terminal.Scrubber
	for _, known := range []string{passwordCanary, accessCanary, refreshCanary} {
		scrubber.Add(secret.New(known))
	}
	return output.Printer{W: b, Format: f, Scrub: scrubber.Scrub}
}

func TestQ10_ASessionHoldsNoSecretButItsTokens(t *testing.T) {
	echoing := exampleSession()
	echoing.UserID = "@" + passwordCanary + ":example.org"
	echoing.DeviceID = passwordCanary
	echoing.Homeserver = "https://example.org/" + passwordCanary
	echoing.Account = echoing.UserID
	want := map[output.Format]string{
		output.Text:   "Access token:   " + accessCanary + "\n",
		output.JSON:   `"device_id":"[redacted]"`,
		output.Token:  accessCanary + "\n",
		output.Env:    "MATRIX_DEVICE_ID='[redacted]'\nMATRIX_ACCESS_TOKEN=" + accessCanary + "\n",
		output.Header: "Authorization: Bearer " + accessCanary + "\n",
	}
	for format, part := range want {
		var b bytes.Buffer
		if err := knowingPrinter(&b, format).Session(echoing, true); err != nil {
			t.Fatal(err)
		}
		got := b.String()
		if strings.Contains(got, passwordCanary) || !strings.Contains(got, part) {
			t.Errorf("%s: %s", format, got)
		}
		if format == output.JSON && jsonToken(t, got) != accessCanary {
			t.Errorf("the access token reads as %q", jsonToken(t, got))
		}
	}
}

// TestQ10_WordsOfMxloginAreNoSecrets: "password" is a weak password, and a part of
// the name of the flow.
func TestQ10_WordsOfMxloginAreNoSecrets(t *testing.T) {
	var scrubber terminal.Scrubber
	scrubber.Add(secret.New("password"))
	scrubber.Add(secret.New("home"))
	for _, format := range []output.Format{output.Text, output.JSON} {
		var b bytes.Buffer
		if err := (output.Printer{W: &b, Format: format, Scrub: scrubber.Scrub}).Session(exampleSession(), false); err != nil {
			t.Fatal(err)
		}
		if got := b.String(); !strings.Contains(got, "m.login.password") || !strings.Contains(got, "/home/a/config.yaml") {
			t.Errorf("%s: %s", format, got)
		}
	}
}

func TestQ10_TextHoldsNoSecret(t *testing.T) {
	results := map[string]func(output.Printer) error{
		"lines": func(p output.Printer) error { return p.Lines("device "+passwordCanary, passwordCanary) },
		"exact": func(p output.Printer) error { return p.Exact("the value", passwordCanary) },
		"table": func(p output.Printer) error {
			return p.Table([]string{"DEVICE"}, [][]string{{passwordCanary}, {"a " + accessCanary}})
		},
	}
	for name, print := range results {
		var b bytes.Buffer
		if err := print(knowingPrinter(&b, output.Text)); err != nil {
			t.Fatal(err)
		}
		got := b.String()
		if strings.Contains(got, "CANARY") || !strings.Contains(got, "[redacted]") {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// TestQ10_JSONHoldsNoSecretAtAnyDepth passes on what came from a server, which keeps
// its form: members that nobody knows, their order, how numbers and strings are
// written.
func TestQ10_JSONHoldsNoSecretAtAnyDepth(t *testing.T) {
	escaped := `"\u0070` + passwordCanary[1:] + `"`
	served := json.RawMessage(`{"z":1.50,"a":[1e400,-0,{"deep":"see ` + passwordCanary + `."},` + escaped + `],` +
		`"` + passwordCanary + `":null,"unknown":"\/\u00e9\"\\","a2":true}`)
	var b bytes.Buffer
	err := knowingPrinter(&b, output.JSON).JSON(struct {
		Device string          `json:"device_id"`
		Flows  json.RawMessage `json:"flows"`
		None   json.RawMessage `json:"oauth"`
	}{accessCanary, served, nil})
	if err != nil {
		t.Fatal(err)
	}
	want := `{"device_id":"[redacted]","flows":{"z":1.50,"a":[1e400,-0,{"deep":"see [redacted]."},"[redacted]"],` +
		`"[redacted]":null,"unknown":"\/\u00e9\"\\","a2":true},"oauth":null}` + "\n"
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestQ10_JSONIsNotCut(t *testing.T) {
	long := strings.Repeat("é", 4000)
	var b bytes.Buffer
	if err := knowingPrinter(&b, output.JSON).JSON([]string{long + passwordCanary + long}); err != nil {
		t.Fatal(err)
	}
	var got []string
	if err := json.Unmarshal(b.Bytes(), &got); err != nil || !cmp.Equal(got, []string{long + "[redacted]" + long}) {
		t.Errorf("it has %d bytes, %v", b.Len(), err)
	}
}

func TestH44_JSONOfAServerShowsBytesThatAreNotUTF8Escaped(t *testing.T) {
	var b bytes.Buffer
	if err := plainPrinter(&b, output.JSON).JSON(json.RawMessage("\"a\x9bb\xff\"")); err != nil {
		t.Fatal(err)
	}
	if want := `"a\ufffdb\ufffd"` + "\n"; b.String() != want {
		t.Errorf("got %q, want %q", b.String(), want)
	}
}

func TestLines(t *testing.T) {
	var b bytes.Buffer
	if err := plainPrinter(&b, output.Text).Lines("a\x1b\nb", "", "::add-mask::x", "  ::x", "##vso[x]", "a::b"); err != nil {
		t.Fatal(err)
	}
	want := `a\x1b\x0ab

\x3a:add-mask::x
  \x3a:x
#\x23vso[x]
a::b
`
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestExact(t *testing.T) {
	var b bytes.Buffer
	long := strings.Repeat("/dir", 1000)
	if err := plainPrinter(&b, output.Text).Exact("the path", long); err != nil || b.String() != long+"\n" {
		t.Errorf("%v, %d bytes", err, b.Len())
	}
	for _, bad := range []string{"a\nb", "a\x1b", "a\xff", "::x", "##x"} {
		b.Reset()
		err := plainPrinter(&b, output.Text).Exact("the path", bad)
		if err == nil || b.Len() > 0 || !strings.HasPrefix(err.Error(), "the path has") {
			t.Errorf("%q: %v, %q", bad, err, b.String())
		}
	}
}
