package transport_test

import (
	"testing"

	"mxlogin/client/secret"
	"mxlogin/client/transport"
)

// TestQ9_WhatIsBoundIsHidden: no secret can be sent that the output does not know.
func TestQ9_WhatIsBoundIsHidden(t *testing.T) {
	var hidden []secret.Value
	client := transport.New(transport.Options{OnBind: func(v secret.Value) { hidden = append(hidden, v) }})
	client.Bind(secret.New("tok"), baseOf(t, "https://hs.test").Origin())
	if len(hidden) != 1 || !hidden[0].Equal(secret.New("tok")) {
		t.Errorf("hidden: %d values", len(hidden))
	}
}

func TestQ10_ACredentialKnowsItsEcho(t *testing.T) {
	long, short := bind("a-long-password", baseOf(t, "https://hs.test").Origin()), bind("short", baseOf(t, "https://hs.test").Origin())
	for _, c := range []struct {
		credential transport.Credential
		text       string
		want       bool
	}{
		{long, "a-long-password", true},
		{long, "@a-long-password:hs.test", true},
		{long, "a-long-passwor", false},
		{short, "short", true},
		{short, "@shorty:hs.test", false},
		{transport.Credential{}, "", false},
	} {
		if got := c.credential.IsRepeatedBy(c.text); got != c.want {
			t.Errorf("%q: %t", c.text, got)
		}
	}
}

// TestQ10_ARepeatedSecretIsKnown: as the whole text whatever its length, as a part of one
// where that is no chance.
func TestQ10_ARepeatedSecretIsKnown(t *testing.T) {
	base := baseOf(t, "https://hs.test")
	for _, c := range []struct {
		secret, text string
		want         bool
	}{
		{"a", "a", true}, {"a", "aa", false}, {"1234567", "x1234567", false}, {"12345678", "x12345678y", true}, {"12345678", "1234567", false}, {"", "", false},
	} {
		bound := transport.New(transport.Options{}).Bind(secret.New(c.secret), base.Origin())
		if got := bound.IsRepeatedBy(c.text); got != c.want {
			t.Errorf("%q in %q: %t", c.secret, c.text, got)
		}
	}
	if (transport.Credential{}).IsRepeatedBy("") {
		t.Error("no credential is repeated by nothing")
	}
}
