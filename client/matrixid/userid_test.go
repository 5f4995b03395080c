package matrixid_test

import (
	"errors"
	"strings"
	"testing"

	"mxlogin/client/matrixid"
)

func TestI1_UserIDsAreSplitAtTheFirstColon(t *testing.T) {
	cases := []struct{ input, localpart, server, host, port string }{
		{"@a:h", "a", "h", "h", ""},
		{"@a:h:8448", "a", "h:8448", "h", "8448"},
		{"@a:[::1]:8448", "a", "[::1]:8448", "[::1]", "8448"},
		{"@a:[2001:db8::1]", "a", "[2001:db8::1]", "[2001:db8::1]", ""},
		{"@a:1.2.3.4", "a", "1.2.3.4", "1.2.3.4", ""},
		{"@a:Example.org", "a", "Example.org", "Example.org", ""},
	}
	for _, c := range cases {
		id, err := matrixid.ParseUserID(c.input)
		if err != nil {
			t.Errorf("%s: %v", c.input, err)
			continue
		}
		server := id.Server()
		if id.Localpart() != c.localpart || server.String() != c.server || server.Host() != c.host || server.Port() != c.port || id.String() != c.input {
			t.Errorf("%s: localpart %q, server %q, host %q, port %q", c.input, id.Localpart(), server, server.Host(), server.Port())
		}
	}
}

func TestI2_BrokenUserIDsAreRefusedWithTheReason(t *testing.T) {
	cases := map[string]string{
		"@:h":           "the localpart is empty",
		"@a:":           "empty",
		"@a":            "no server",
		"a:h":           "start with '@'",
		"@a:h:":         "port is not a number",
		"@a:h:0x1":      "port is not a number",
		"@a:h:123456":   "five digits",
		"@a:h:0":        "between 1 and 65535",
		"@a:h:65536":    "between 1 and 65535",
		"@a:[::1":       "no closing bracket",
		"@a:[nonsense]": "IPv6",
		"@a:[::1]x":     "port may follow",
		"@a:h_x":        "letters, digits",
		"@a:256.1.1.1":  "IPv4",
		"@a:.h":         "empty label",
		"":              "start with '@'",
	}
	for input, reason := range cases {
		_, err := matrixid.ParseUserID(input)
		var syntax *matrixid.SyntaxError
		if !errors.As(err, &syntax) || !strings.Contains(syntax.Reason, reason) {
			t.Errorf("%q: %v; want %q", input, err, reason)
		}
	}
}

func TestI3_HistoricalUserIDsPass(t *testing.T) {
	for _, input := range []string{"@Alice:h", "@a+b:h", "@a/b:h", "@añb:h", "@a!b:h"} {
		if _, err := matrixid.ParseUserID(input); err != nil {
			t.Errorf("%s: %v", input, err)
		}
	}
	upper, _ := matrixid.ParseUserID("@Alice:h")
	lower, _ := matrixid.ParseUserID("@alice:h")
	if !upper.HasUpperCase() || lower.HasUpperCase() {
		t.Error("HasUpperCase is wrong")
	}
	longest := "@" + strings.Repeat("a", 252) + ":h"
	if _, err := matrixid.ParseUserID(longest); err != nil {
		t.Errorf("255 bytes: %v", err)
	}
	if _, err := matrixid.ParseUserID(longest + "x"); err == nil {
		t.Error("256 bytes pass")
	}
}

func TestI4_NonASCIIServerGetsTheHint(t *testing.T) {
	_, err := matrixid.ParseUserID("@a:münchen.example")
	var syntax *matrixid.SyntaxError
	if !errors.As(err, &syntax) || !strings.Contains(syntax.Hint, "xn--") {
		t.Errorf("%#v", err)
	}
}

func TestI5_I6_UnseenCharactersAreForThePersonToRemove(t *testing.T) {
	for _, input := range []string{"@a\u00a0:h", "@a\u200b:h", "@a b:h", "@a\x1b[2J:h", "@a\n:h", "@a\u202e:h", "@a\x00:h", "@a\xff:h"} {
		if _, err := matrixid.ParseUserID(input); err == nil {
			t.Errorf("%q passes", input)
		}
	}
}

func TestServedUserIDsMayBeOlderThanTheGrammar(t *testing.T) {
	for _, input := range []string{"@:h", "@a\x1b:h", "@a b:h", "@A:h"} {
		if _, err := matrixid.ParseServedUserID(input); err != nil {
			t.Errorf("%q: %v", input, err)
		}
	}
	for _, input := range []string{"a:h", "@a", "@a\x00:h", "@a:h:x", "@a\xff:h", "@" + strings.Repeat("a", 255) + ":h"} {
		if _, err := matrixid.ParseServedUserID(input); err == nil {
			t.Errorf("%q passes", input)
		}
	}
}

func TestNames(t *testing.T) {
	cases := []struct {
		asked, served string
		want          bool
	}{
		{"@alice:h", "@alice:h", true},
		{"@ALICE:h", "@alice:h", true},
		{"@alice:h", "@bob:h", false},
		{"@alice:h", "@alice:other", false},
		{"@alice:h", "@alice:H", false},
		{"@k:h", "@\u212a:h", false}, // the Kelvin sign is no k here
	}
	for _, c := range cases {
		asked, err := matrixid.ParseServedUserID(c.asked)
		if err != nil {
			t.Fatal(err)
		}
		served, err := matrixid.ParseServedUserID(c.served)
		if err != nil {
			t.Fatal(err)
		}
		if got := asked.Names(served); got != c.want {
			t.Errorf("%s answered by %s: %t", c.asked, c.served, got)
		}
	}
}

func FuzzParseUserID(f *testing.F) {
	for _, s := range []string{"@a:h", "@a:h:8448", "@a:[::1]:1", "@:h", "@a:h:"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, input string) {
		id, err := matrixid.ParseUserID(input)
		if err != nil {
			return
		}
		if id.String() != input {
			t.Errorf("%q became %q", input, id)
		}
		if _, err := matrixid.ParseServedUserID(input); err != nil {
			t.Errorf("%q is refused from a server: %v", input, err)
		}
	})
}
