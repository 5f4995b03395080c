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
