package oauth_test

import (
	"errors"
	"strings"
	"testing"

	"mxlogin/client/clienttest"
	"mxlogin/client/oauth"
	"mxlogin/client/secret"
	"mxlogin/client/transport"
)

// TestWhatIsAVerdict: a 4xx with a code of OAuth, and nothing else that servers answer at
// these endpoints.
func TestWhatIsAVerdict(t *testing.T) {
	text := map[string]string{"Content-Type": "text/plain; charset=utf-8"}
	for _, test := range []struct {
		reply clienttest.Reply
		code  string // "" is no verdict
		says  string
	}{
		{clienttest.Reply{Status: 400, Body: `{"error":"invalid_grant","error_description":"spent"}`}, "invalid_grant", "spent"},
		{clienttest.Reply{Status: 401, Body: `{"error":"invalid_client"}`}, "invalid_client", "401"},
		{clienttest.Reply{Status: 422, Header: text, Body: "Failed to deserialize form body: missing field `client_id`\nmore"}, "", "missing field `client_id`"},
		{clienttest.Reply{Status: 404, Header: text, Body: "OAuth is unavailable on this server"}, "", "unavailable on this server"},
		{clienttest.Reply{Status: 400, Body: `{"errcode":"M_UNKNOWN","error":"unknown_thing"}`}, "", "unknown_thing"},
		{clienttest.Reply{Status: 400, Body: `{"error":"An error with spaces"}`}, "", "An error with spaces"},
		{clienttest.Reply{Status: 403, Body: "<html>Forbidden</html>"}, "", "403"},
		{clienttest.Reply{Status: 400, Body: `{"error":["invalid_grant"]}`}, "", "400"},
		{clienttest.Reply{Status: 400, Body: `{"error":"invalid_grant","error":"x"}`}, "", "400"},
		{clienttest.Reply{Status: 400, Header: text, Body: strings.Repeat("x", 5000)}, "", "xxx"},
	} {
		w := newWorld(t)
		c := w.mustClient(nil)
		w.fake.On(tokenRequest, test.reply)
		_, err := c.Refresh(t.Context(), "c", secret.New("refresh-0"))
		if codeOf(err) != test.code || test.code == "" && !isProtocolError(err) || !strings.Contains(err.Error(), test.says) || len(err.Error()) > 500 {
			t.Errorf("%+v: %v", test.reply, err)
		}
	}
}

// TestA5xxIsNoVerdict, whatever it holds; what it says reaches the person.
func TestA5xxIsNoVerdict(t *testing.T) {
	for _, body := range []string{
		`{"error":"invalid_grant","error_description":"the words"}`,
		`{"details":"panic","errcode":"M_UNKNOWN","error":"the words"}`,
	} {
		w := newWorld(t)
		c := w.mustClient(nil)
		w.fake.On(tokenRequest, clienttest.Reply{Status: 500, Body: body})
		_, err := c.Refresh(t.Context(), "c", secret.New("refresh-0"))
		var server *transport.ServerError
		var refused *oauth.Error
		if !errors.As(err, &server) || errors.As(err, &refused) || !strings.Contains(err.Error(), "the words") {
			t.Errorf("%s: %v", body, err)
		}
	}
}

// TestAnAuthorizationServerElsewhere that does not answer: who named it is part of the
// error.
func TestAnAuthorizationServerElsewhere(t *testing.T) {
	w := newWorld(t)
	gone := clienttest.NewFake(t, clienttest.FakeOptions{})
	gone.Close()
	c := w.mustClient(map[string]any{"token_endpoint": gone.URL() + "/token"})
	_, err := c.Refresh(t.Context(), "c", secret.New("refresh-0"))
	var unreachable *oauth.UnreachableError
	var network *transport.NetworkError
	if !errors.As(err, &unreachable) || unreachable.Homeserver != w.fake.URL() || !errors.As(err, &network) {
		t.Errorf("got %v", err)
	}
}

func TestIsDeviceID(t *testing.T) {
	for id, want := range map[string]bool{
		"ABCDEFGHIJ": true, "a.b_c~d-9012": true, "ABCDEFGHI": false, "": false,
		"ABCDEF+GHIJ": false, "ABCDEFGHI J": false, "ABCDEFGHIJ\x00": false, "ABCDEFGHIÄ": false,
	} {
		if oauth.IsDeviceID(id) != want {
			t.Errorf("%q is not %t", id, want)
		}
	}
}
