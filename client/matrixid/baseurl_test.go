package matrixid_test

import (
	"errors"
	"strings"
	"testing"

	"mxlogin/client/matrixid"
)

// The ids are those of the list of base URL cases (W…): what is refused, what is
// accepted and what is equal, for a URL that a machine wrote and one that a
// person typed.
var baseURLCases = []struct {
	id, input string
	want      string // canonical form; "" means refused
	reason    string // part of the refusal
}{
	{"W1", "javascript:alert(1)", "", "https://"},
	{"W1", "data:text/html,x", "", "https://"},
	{"W1", "file:///etc/passwd", "", "https://"},
	{"W1", "unix:/run/x", "", "https://"},
	{"W1", "ftp://h", "", "https://"},
	{"W2", "http://public.host", "http://public.host", ""}, // the transport refuses to go there
	{"W3", "http://127.0.0.1:8008", "http://127.0.0.1:8008", ""},
	{"W3", "http://[::1]:8008", "http://[::1]:8008", ""},
	{"W4", "https://user:hunter2@h/", "", "user name or a password"},
	{"W4", "https://user@h", "", "user name or a password"},
	{"W4", "https://@h", "", "user name or a password"},
	{"W4", "https://h@evil.example:443/", "", "user name or a password"},
	{"W7", "https://h:0", "", "port"},
	{"W7", "https://h:99999", "", "port"},
	{"W7", "https://h:-1", "", "URL"},
	{"W7", "https://h:", "https://h", ""},
	{"W7", "https://h:08448", "https://h:8448", ""},
	{"W8", "https:///h", "", "no host"},
	{"W8", "https:h", "", "https://"},
	{"W8", "https://", "", "no host"},
	{"W8", "https://?x", "", "no host"},
	{"W8", "https://:443", "", "host is empty"},
	{"W8", "//h", "", "https://"},
	{"W8", "h", "", "https://"},
	{"W8", "", "", "empty"},
	{"W9", "https://h/", "https://h", ""},
	{"W9", "https://h//", "https://h", ""},
	{"W9", "https://h/matrix/", "https://h/matrix", ""},
	{"W9", "https://h/_matrix/client", "", "/_matrix"},
	{"W9", "https://h/%5Fmatrix", "", "/_matrix"},
	{"W9", "https://h/a/../b", "", "plain"},
	{"W9", "https://h/a/%2e%2e/b", "", "plain"},
	{"W9", "https://h//a", "", "empty segment"},
	{"W12", "HTTPS://H.Example", "https://h.example", ""},
	{"W12", "https://h.example:443", "https://h.example", ""},
	{"W12", "https://h.example.", "https://h.example", ""},
	{"W12", "http://h.example:80", "http://h.example", ""},
	{"W12", "https://[0:0::1]:443", "https://[::1]", ""},
	{"W12", "https://[::ffff:127.0.0.1]", "https://127.0.0.1", ""},
	{"W13", "https://éxample.com", "", "outside ASCII"},
	{"W13", "https://h\u3002com", "", "outside ASCII"},
	{"W13", "https://\u212Aeys.example", "", "outside ASCII"},
	{"W13", "https://a\u200db.example", "", "outside ASCII"},
	{"W13", "https://a\u00adb.example", "", "outside ASCII"},
	{"W13", "https://xn--xample-9ua.com", "https://xn--xample-9ua.com", ""},
	{"W15", "https://h\x00", "", "control"},
	{"W15", "https://h\r\n", "", "control"},
	{"W15", "https://h\t", "", "control"},
	{"W15", "https:// h", "", "space"},
	{"W15", `https://h\@evil`, "", "backslash"},
	{"W15", "https://h/a%5Cb", "", "plain"},
	{"neighbour", "https://127.1", "", "looks like an IPv4"},
	{"neighbour", "https://0x7f.0.0.1", "", "looks like an IPv4"},
	{"neighbour", "https://2130706433", "", "looks like an IPv4"},
	{"neighbour", "https://0x7f000001", "", "looks like an IPv4"},
	{"neighbour", "https://[fe80::1%25eth0]", "", "IPv6"},
	{"neighbour", "https://a_b.example", "", "letters"},
	{"neighbour", "https://a..example", "", "empty label"},
}

func TestBaseURL_W1_W2_W3_W4_W7_W8_W9_W12_W13_W15(t *testing.T) {
	for _, c := range baseURLCases {
		t.Run(c.id+" "+c.input, func(t *testing.T) {
			got, err := matrixid.ParseBaseURL(c.input)
			checkBaseURL(t, got, err, c.want, c.reason)
			typed, stripped, err := matrixid.ParseTypedBaseURL(c.input)
			checkBaseURL(t, typed, err, c.want, c.reason)
			if stripped && c.want != "" {
				t.Error("nothing should have been dropped")
			}
			if err != nil && strings.Contains(err.Error(), "hunter2") {
				t.Errorf("the error repeats the password: %v", err)
			}
		})
	}
}

func checkBaseURL(t *testing.T, got matrixid.BaseURL, err error, want, reason string) {
	t.Helper()
	if want == "" {
		var syntax *matrixid.SyntaxError
		if !errors.As(err, &syntax) {
			t.Fatalf("got %q, %v; want a SyntaxError", got, err)
		}
		if !strings.Contains(syntax.Reason, reason) {
			t.Errorf("reason %q does not say %q", syntax.Reason, reason)
		}
		return
	}
	if err != nil || got.String() != want {
		t.Errorf("got %q, %v; want %q", got, err, want)
	}
}

func TestW10_QueryAndFragment(t *testing.T) {
	for _, input := range []string{"https://h/?x=1", "https://h#f", "https://h/p?", "https://h#"} {
		if got, err := matrixid.ParseBaseURL(input); err == nil {
			t.Errorf("%s: strict parsing gave %q", input, got)
		}
		got, stripped, err := matrixid.ParseTypedBaseURL(input)
		if err != nil || !stripped || strings.ContainsAny(got.String(), "?#") {
			t.Errorf("%s: typed parsing gave %q, %t, %v", input, got, stripped, err)
		}
	}
}

func TestW13_HintNamesTheASCIIForm(t *testing.T) {
	_, err := matrixid.ParseBaseURL("https://münchen.example")
	var syntax *matrixid.SyntaxError
	if !errors.As(err, &syntax) || !strings.Contains(syntax.Hint, "xn--") {
		t.Errorf("no hint at the xn-- form: %#v", err)
	}
}

func TestOrigin(t *testing.T) {
	cases := []struct {
		url      string
		origin   string
		loopback bool
	}{
		{"https://h.example/matrix", "https://h.example", false},
		{"https://h.example:8448", "https://h.example:8448", false},
		{"http://127.9.9.9:1", "http://127.9.9.9:1", true},
		{"http://[::1]", "http://[::1]", true},
		{"http://LOCALHOST", "http://localhost", true},
		{"http://localhost.evil.example", "http://localhost.evil.example", false},
		{"http://128.0.0.1", "http://128.0.0.1", false},
		{"http://127.0.0.1.evil.example", "http://127.0.0.1.evil.example", false},
	}
	for _, c := range cases {
		base, err := matrixid.ParseBaseURL(c.url)
		if err != nil {
			t.Fatal(err)
		}
		if got := base.Origin(); got.String() != c.origin || got.IsLoopback() != c.loopback {
			t.Errorf("%s: origin %s, loopback %t", c.url, got, got.IsLoopback())
		}
	}
}

func TestOriginsDifferByPartsNotByText(t *testing.T) {
	parse := func(s string) matrixid.Origin {
		t.Helper()
		base, err := matrixid.ParseBaseURL(s)
		if err != nil {
			t.Fatal(err)
		}
		return base.Origin()
	}
	same := [][2]string{{"https://h", "https://H.:443/x"}, {"http://h:80", "http://h"}}
	for _, pair := range same {
		if parse(pair[0]) != parse(pair[1]) {
			t.Errorf("%s and %s should be one origin", pair[0], pair[1])
		}
	}
	different := [][2]string{{"https://h", "http://h"}, {"https://h", "https://h:8448"}, {"https://h", "https://h.example"}, {"https://a.h", "https://h"}}
	for _, pair := range different {
		if parse(pair[0]) == parse(pair[1]) {
			t.Errorf("%s and %s should be two origins", pair[0], pair[1])
		}
	}
}

func FuzzParseBaseURL(f *testing.F) {
	for _, c := range baseURLCases {
		f.Add(c.input)
	}
	f.Fuzz(func(t *testing.T, input string) {
		base, err := matrixid.ParseBaseURL(input)
		if err != nil {
			return
		}
		again, err := matrixid.ParseBaseURL(base.String())
		if err != nil || again != base {
			t.Errorf("%q is not canonical: %q, then %q, %v", input, base, again, err)
		}
		if strings.ContainsAny(base.String(), "?#\\ ") || strings.HasSuffix(base.String(), "/") || strings.Contains(base.Origin().String(), "@") {
			t.Errorf("%q gave %q", input, base)
		}
	})
}
