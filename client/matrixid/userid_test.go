package matrixid_test

import (
	"errors"
	"strings"
	"testing"

	"mxlogin/client/matrixid"
)

func TestI3_UpperCaseIsNoticed(t *testing.T) {
	for input, want := range map[string]bool{"@Alice:h": true, "@A:h": true, "@Z:h": true, "@alice:H": false, "@[`{:h": false, "@ä:h": false} {
		user, err := matrixid.ParseServedUserID(input)
		if err != nil || user.HasUpperCase() != want {
			t.Errorf("%s: %t, %v", input, user.HasUpperCase(), err)
		}
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
	for _, v := range vectors[userIDVector](f, "user_ids.json") {
		f.Add(v.Input)
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

func TestZeroValuesNameNothing(t *testing.T) {
	user, err := matrixid.ParseUserID("@a:h")
	if err != nil || user.IsZero() || !(matrixid.UserID{}).IsZero() {
		t.Errorf("%v, %v", user, err)
	}
	base, err := matrixid.ParseBaseURL("https://h/matrix")
	if err != nil || base.IsZero() || !(matrixid.BaseURL{}).IsZero() || base.Join("/x") != "https://h/matrix/x" {
		t.Errorf("%v, %v", base, err)
	}
}
