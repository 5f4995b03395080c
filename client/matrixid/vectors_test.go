package matrixid_test

import (
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"

	"mxlogin/client/matrixid"
)

// The vectors are data of their own, in a form that other clients can use. Each has the id
// of the case that it is of: W8 is a host that is missing, W15 a control character, I2 a
// user ID that is none.

// baseURLVector is a base URL and what becomes of it.
type baseURLVector struct {
	ID, Input, Canonical, Origin, Reason string
	Loopback                             bool
}

// userIDVector is a user ID and who may use it.
type userIDVector struct {
	ID, Input                     string
	Typed, Served                 bool
	Localpart, Server, Host, Port string
	Reason                        string
}

func vectors[T any](t testing.TB, name string) []T {
	t.Helper()
	text, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Vectors []T }
	if err := json.Unmarshal(text, &file); err != nil || len(file.Vectors) == 0 {
		t.Fatalf("%s: %v, %d vectors", name, err, len(file.Vectors))
	}
	return file.Vectors
}

func TestBaseURL_W1_W2_W3_W4_W7_W8_W9_W10_W12_W13_W15(t *testing.T) {
	for _, v := range vectors[baseURLVector](t, "base_urls.json") {
		t.Run(v.ID+" "+v.Input, func(t *testing.T) {
			base, err := matrixid.ParseBaseURL(v.Input)
			if v.Canonical == "" {
				checkRefused(t, err, v.Reason)
				return
			}
			if err != nil || base.String() != v.Canonical {
				t.Fatalf("got %q, %v; want %q", base, err, v.Canonical)
			}
			if origin := base.Origin(); origin.String() != v.Origin || origin.IsLoopback() != v.Loopback {
				t.Errorf("origin %s, loopback %t", origin, origin.IsLoopback())
			}
		})
	}
}

// TestBaseURL_TheTypedFormIsTheSame but for a query and a fragment, which people copy
// along.
func TestBaseURL_TheTypedFormIsTheSame_W10(t *testing.T) {
	for _, v := range vectors[baseURLVector](t, "base_urls.json") {
		base, stripped, err := matrixid.ParseTypedBaseURL(v.Input)
		switch {
		case v.ID == "W10":
			if err != nil || !stripped || strings.ContainsAny(base.String(), "?#") {
				t.Errorf("%q gave %q, %t, %v", v.Input, base, stripped, err)
			}
		case v.Canonical == "":
			checkRefused(t, err, v.Reason)
		case err != nil || base.String() != v.Canonical || stripped:
			t.Errorf("%q gave %q, %t, %v", v.Input, base, stripped, err)
		}
	}
}

func checkRefused(t *testing.T, err error, reason string) {
	t.Helper()
	var syntax *matrixid.SyntaxError
	if !errors.As(err, &syntax) {
		t.Errorf("got %v; want a SyntaxError that says %q", err, reason)
		return
	}
	if !strings.Contains(syntax.Reason, reason) {
		t.Errorf("reason %q does not say %q", syntax.Reason, reason)
	}
	if strings.Contains(err.Error(), "hunter2") {
		t.Errorf("the error repeats the password: %v", err)
	}
}

// TestEqualOriginsAreEqualKeys: two base URLs have one origin if and only if scheme, host
// and port are the same, and one canonical form if and only if they are one value.
func TestEqualOriginsAreEqualKeys_W12(t *testing.T) {
	var parsed []matrixid.BaseURL
	for _, v := range vectors[baseURLVector](t, "base_urls.json") {
		if base, err := matrixid.ParseBaseURL(v.Input); err == nil {
			parsed = append(parsed, base)
		}
	}
	for _, a := range parsed {
		for _, b := range parsed {
			checkKeys(t, a, b)
		}
	}
}

// checkKeys is what holds for any two base URLs.
func checkKeys(t *testing.T, a, b matrixid.BaseURL) {
	t.Helper()
	o, p := a.Origin(), b.Origin()
	parts := o.Scheme() == p.Scheme() && o.Host() == p.Host() && o.Port() == p.Port()
	if (o == p) != parts || (o.String() == p.String()) != parts {
		t.Errorf("%s and %s: equal %t, equal text %t, equal parts %t", o, p, o == p, o.String() == p.String(), parts)
	}
	if (a == b) != (a.String() == b.String()) {
		t.Errorf("%s and %s: equal %t", a, b, a == b)
	}
}

func TestUserID_I1_I2_I3_I4_I5_I6_I7(t *testing.T) {
	for _, v := range vectors[userIDVector](t, "user_ids.json") {
		t.Run(v.ID+" "+v.Input, func(t *testing.T) {
			typed, err := matrixid.ParseUserID(v.Input)
			if v.Typed {
				checkParts(t, typed, err, v)
			} else {
				checkRefused(t, err, v.Reason)
			}
			served, err := matrixid.ParseServedUserID(v.Input)
			switch {
			case v.Served:
				checkParts(t, served, err, v)
			case err == nil:
				t.Error("it is accepted from a server")
			}
		})
	}
}

func checkParts(t *testing.T, id matrixid.UserID, err error, v userIDVector) {
	t.Helper()
	if err != nil {
		t.Error(err)
		return
	}
	server := id.Server()
	if id.Localpart() != v.Localpart || server.String() != v.Server || server.Host() != v.Host || server.Port() != v.Port || id.String() != v.Input {
		t.Errorf("localpart %q, server %q, host %q, port %q", id.Localpart(), server, server.Host(), server.Port())
	}
}
