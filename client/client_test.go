package client_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"mxlogin/client"
	"mxlogin/client/clienttest"
	"mxlogin/client/matrixid"
	"mxlogin/client/secret"
	"mxlogin/client/transport"
)

// newClient makes a client for a fake homeserver that waits for nothing.
func newClient(t *testing.T, url string) *client.Client {
	t.Helper()
	base, err := matrixid.ParseBaseURL(url)
	if err != nil {
		t.Fatal(err)
	}
	return client.New(transport.New(transport.Options{
		Timeout: 20 * time.Second,
		Sleep:   func(ctx context.Context, _ time.Duration) error { return context.Cause(ctx) },
	}), base)
}

func bind(c *client.Client, value string) transport.Credential {
	return c.Bind(secret.New(value))
}

func loginPassword(t *testing.T, c *client.Client) (client.Session, error) {
	t.Helper()
	return c.LoginPassword(t.Context(), client.User("@alice:hs.test"), bind(c, "pw"), client.LoginOptions{DeviceID: "DEV", DeviceName: "name"})
}

func TestLoginPasswordSendsWhatTheSpecificationSays(t *testing.T) {
	fake := clienttest.NewFake(t, clienttest.FakeOptions{})
	fake.On("POST /_matrix/client/v3/login", clienttest.Reply{Body: `{"user_id":"@alice:hs.test","access_token":"tok","device_id":"DEV","home_server":"ignored","unknown":{}}`})
	fake.On("POST /_matrix/client/r0/login", clienttest.Reply{Body: `{"user_id":"@alice:hs.test","access_token":"tok2"}`})
	c := newClient(t, fake.URL())
	got, err := loginPassword(t, c)
	if err != nil {
		t.Fatal(err)
	}
	if got.UserID.String() != "@alice:hs.test" || got.AccessToken.Reveal() != "tok" || got.DeviceID != "DEV" || got.Expires || !got.RefreshToken.IsZero() || got.WellKnown.Present {
		t.Errorf("%+v", got)
	}
	const want = `{"device_id":"DEV","identifier":{"type":"m.id.user","user":"@alice:hs.test"},"initial_device_display_name":"name","password":"pw","type":"m.login.password"}`
	request := fake.Requests()[0]
	if request.Body != want {
		t.Errorf("sent %s", request.Body)
	}
	if request.Header.Get("Authorization") != "" {
		t.Error("a login must not carry a bearer token")
	}
	old := c.WithPrefix(client.R0)
	got, err = old.LoginPassword(t.Context(), client.User("alice"), bind(c, "pw"), client.LoginOptions{Renewable: true})
	if err != nil || got.DeviceID != "" {
		t.Errorf("%+v, %v", got, err)
	}
	if body := fake.Requests()[1].Body; body != `{"identifier":{"type":"m.id.user","user":"alice"},"password":"pw","refresh_token":true,"type":"m.login.password"}` {
		t.Errorf("sent %s", body)
	}
}

func TestIdentifiers(t *testing.T) {
	deprecated := func(id client.Identifier) client.Identifier {
		id, ok := id.Deprecated()
		if !ok {
			t.Error("there is a deprecated form")
		}
		return id
	}
	cases := []struct {
		id   client.Identifier
		want string
	}{
		{client.User("@a:h"), `"identifier":{"type":"m.id.user","user":"@a:h"}`},
		{client.Email("Alice@Example.ORG"), `"identifier":{"address":"alice@example.org","medium":"email","type":"m.id.thirdparty"}`},
		{client.Phone("gb", "07700 900123"), `"identifier":{"country":"GB","number":"07700 900123","phone":"07700 900123","type":"m.id.phone"}`},
		{client.MSISDN("+44 (7700) 900-123"), `"identifier":{"address":"447700900123","medium":"msisdn","type":"m.id.thirdparty"}`},
		{deprecated(client.User("a")), `"type":"m.login.password","user":"a"`},
		{deprecated(client.Email("a@h")), `"address":"a@h","medium":"email","password"`},
	}
	for _, c := range cases {
		fake := clienttest.NewFake(t, clienttest.FakeOptions{})
		fake.On("POST /_matrix/client/v3/login", clienttest.Reply{Body: answer("", "")})
		hs := newClient(t, fake.URL())
		if _, err := hs.LoginPassword(t.Context(), c.id, bind(hs, "pw"), client.LoginOptions{}); err != nil {
			t.Error(err)
		}
		if body := fake.Requests()[0].Body; !strings.Contains(body, c.want) {
			t.Errorf("sent %s, want %s", body, c.want)
		}
	}
	if a, b := client.MSISDN("+44 7700-900123"), client.MSISDN("+447700900123"); a.String() != b.String() || a.String() != "+447700900123" {
		t.Errorf("one number has two names: %s, %s", a, b)
	}
	for _, phone := range []client.Identifier{client.Phone("GB", "1"), client.MSISDN("1")} {
		if _, ok := phone.Deprecated(); ok {
			t.Error("a phone number has no deprecated form")
		}
	}
}

func TestLoginToken(t *testing.T) {
	fake := clienttest.NewFake(t, clienttest.FakeOptions{})
	fake.On("POST /_matrix/client/v3/login", clienttest.Reply{Body: answer("", "")})
	c := newClient(t, fake.URL())
	if _, err := c.LoginToken(t.Context(), bind(c, "lt"), client.LoginOptions{DeviceID: "DEV"}); err != nil {
		t.Error(err)
	}
	if body := fake.Requests()[0].Body; body != `{"device_id":"DEV","token":"lt","type":"m.login.token"}` {
		t.Errorf("sent %s", body)
	}
}

// answer is a login's answer with one member changed; "" leaves it out.
func answer(member, value string) string {
	members := map[string]string{"user_id": `"@alice:hs.test"`, "access_token": `"tok"`, "device_id": `"DEV"`}
	members[member] = value
	var parts []string
	for name, raw := range members {
		if raw != "" {
			parts = append(parts, fmt.Sprintf("%q:%s", name, raw))
		}
	}
	return "{" + strings.Join(parts, ",") + "}"
}

func TestLoginAnswersAreReadStrictly_H11_H13_H14_H15_H16_H18_H19_H20_H21_H27(t *testing.T) {
	cases := []struct{ name, body, want string }{
		{"H15 null", `null`, "not a JSON object"},
		{"H15 list", `[]`, "not a JSON object"},
		{"H15 H27 empty", ``, "empty"},
		{"H16 two", answer("", "") + `{}`, "not JSON"},
		{"H11 UTF-8", answer("access_token", "\"a\xff\""), "UTF-8"},
		{"H13 twice", `{"access_token":"a","access_token":"b","user_id":"@alice:hs.test"}`, "duplicate member"},
		{"H14 case", `{"ACCESS_TOKEN":"a","user_id":"@alice:hs.test"}`, "access_token is missing"},
		{"H18 missing", answer("access_token", ""), "access_token is missing"},
		{"H18 null", answer("access_token", "null"), "access_token is missing"},
		{"H18 empty", answer("access_token", `""`), "access_token is empty"},
		{"H18 number", answer("access_token", "1"), "access_token is not a string"},
		{"H18 array", answer("access_token", `["a"]`), "access_token is not a string"},
		{"H19 space", answer("access_token", `"a b"`), "cannot go into a header"},
		{"H19 CR", answer("access_token", `"a\r"`), "cannot go into a header"},
		{"H19 LF", answer("access_token", `"a\n"`), "cannot go into a header"},
		{"H19 NUL", answer("access_token", `"a\u0000"`), "cannot go into a header"},
		{"H19 ESC", answer("access_token", `"a\u001b"`), "cannot go into a header"},
		{"H19 non-ASCII", answer("access_token", `"é"`), "cannot go into a header"},
		{"H19 too long", answer("access_token", `"`+strings.Repeat("a", 16<<10+1)+`"`), "longer than 16 KiB"},
		{"H19 refresh token", answer("refresh_token", `"a b"`), "refresh_token has a character"},
		{"H20 wrong type", answer("device_id", "1"), "device_id is not a string"},
		{"H20 empty", answer("device_id", `""`), "device_id is empty"},
		{"H20 control", answer("device_id", `"a\u0007"`), "device_id has a control character"},
		{"H20 10 KiB", answer("device_id", `"`+strings.Repeat("a", 10<<10)+`"`), "device_id is longer"},
		{"H21 missing", answer("user_id", ""), "user_id is missing"},
		{"H21 malformed", answer("user_id", `"alice"`), "user_id is not a valid user ID"},
		{"H21 long", answer("user_id", `"@`+strings.Repeat("a", 300)+`:h"`), "user_id is not a valid user ID"},
		{"expiry as text", answer("expires_in_ms", `"60"`), "expires_in_ms is not a whole number"},
		{"expiry as fraction", answer("expires_in_ms", `1.5`), "expires_in_ms is not a whole number"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			fake := clienttest.NewFake(t, clienttest.FakeOptions{})
			fake.On("POST /_matrix/client/v3/login", clienttest.Reply{Body: c.body})
			_, err := loginPassword(t, newClient(t, fake.URL()))
			var protocol *transport.ProtocolError
			if !errors.As(err, &protocol) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q", err, c.want)
			}
			if !transport.MayHaveActed(err) {
				t.Error("the server has made a session, and the error denies it")
			}
		})
	}
}

func TestLoginAnswersThatPass(t *testing.T) {
	cases := []struct {
		name, body string
		check      func(client.Session) bool
	}{
		{"H20 no device", answer("device_id", ""), func(s client.Session) bool { return s.DeviceID == "" }},
		{"H20 null device", answer("device_id", "null"), func(s client.Session) bool { return s.DeviceID == "" }},
		{"H21 upper case", answer("user_id", `"@Alice:hs.test"`), func(s client.Session) bool { return s.UserID.Localpart() == "Alice" }},
		{"H23 negative lifetime", answer("expires_in_ms", "-5"), func(s client.Session) bool { return s.Expires && s.Lifetime == 0 }},
		{"H23 no lifetime left", answer("expires_in_ms", "0"), func(s client.Session) bool { return s.Expires && s.Lifetime == 0 }},
		{"H23 huge lifetime", answer("expires_in_ms", "9223372036854775808"), func(s client.Session) bool {
			return s.Expires && s.Lifetime == 10*365*24*time.Hour
		}},
		{"H24 refresh token unasked", answer("refresh_token", `"r"`), func(s client.Session) bool { return s.RefreshToken.Reveal() == "r" }},
		{"well_known", answer("well_known", `{"m.homeserver":{"base_url":"https://x/"}}`), func(s client.Session) bool {
			return s.WellKnown == client.WellKnown{Present: true, BaseURL: "https://x/"}
		}},
		{"broken well_known", answer("well_known", `[1]`), func(s client.Session) bool {
			return s.WellKnown == client.WellKnown{Present: true}
		}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			fake := clienttest.NewFake(t, clienttest.FakeOptions{})
			fake.On("POST /_matrix/client/v3/login", clienttest.Reply{Body: c.body})
			session, err := loginPassword(t, newClient(t, fake.URL()))
			if err != nil || !c.check(session) {
				t.Errorf("%+v, %v", session, err)
			}
		})
	}
}

func TestRefusals_H34_H35_H45(t *testing.T) {
	cases := []struct {
		name   string
		status int
		body   string
		check  func(error) bool
	}{
		{"H34", 403, `{"errcode":"M_FORBIDDEN"}`, isMatrix("M_FORBIDDEN", false)},
		{"H35 deactivated", 403, `{"errcode":"M_USER_DEACTIVATED","error":"x"}`, isMatrix("M_USER_DEACTIVATED", false)},
		{"H35 locked", 401, `{"errcode":"M_USER_LOCKED","error":"x","soft_logout":true}`, isMatrix("M_USER_LOCKED", true)},
		{"H35 unknown", 400, `{"errcode":"M_UNKNOWN","error":"Bad login type."}`, isMatrix("M_UNKNOWN", false)},
		{"H45 not a string", 400, `{"errcode":7}`, isProtocol},
		{"H45 10 KiB", 400, `{"errcode":"` + strings.Repeat("M", 10<<10) + `"}`, isProtocol},
		{"no JSON", 403, `<html>blocked</html>`, isProtocol},
		{"H41", 502, `<html>`, isServer},
		{"500 of a homeserver", 500, `{"errcode":"M_UNKNOWN","error":"Internal server error"}`, isServer},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			fake := clienttest.NewFake(t, clienttest.FakeOptions{})
			fake.On("POST /_matrix/client/v3/login", clienttest.Reply{Status: c.status, Body: c.body})
			_, err := loginPassword(t, newClient(t, fake.URL()))
			if !c.check(err) {
				t.Errorf("%#v", err)
			}
			if len(fake.Requests()) != 1 {
				t.Errorf("%d requests", len(fake.Requests()))
			}
			if want := c.status >= 500; transport.MayHaveActed(err) != want {
				t.Errorf("MayHaveActed is not %t", want)
			}
		})
	}
}

func isMatrix(code string, soft bool) func(error) bool {
	return func(err error) bool {
		var refusal *transport.MatrixError
		return errors.As(err, &refusal) && refusal.Code == code && refusal.SoftLogout == soft
	}
}

func isProtocol(err error) bool {
	var protocol *transport.ProtocolError
	return errors.As(err, &protocol)
}

func isServer(err error) bool {
	var server *transport.ServerError
	return errors.As(err, &server)
}

func TestLoginFlows_H56(t *testing.T) {
	fake := clienttest.NewFake(t, clienttest.FakeOptions{})
	const flows = `[{"type":"m.login.sso","identity_providers":[{"id":"a","name":"A"},{"name":"no id"},7],"oauth_aware_preferred":true},` +
		`{"type":"m.login.token","get_login_token":true},{"type":"org.example.new","x":{"y":1}},{"type":"m.login.password","get_login_token":"yes"}]`
	fake.On("GET /_matrix/client/v3/login",
		clienttest.Reply{Body: `{"flows":` + flows + `}`},
		clienttest.Reply{Body: `{"flows":[]}`},
		clienttest.Reply{Body: `{}`},
		clienttest.Reply{Body: `{"flows":[{"type":1}]}`},
		clienttest.Reply{Body: `{"flows":["m.login.password"]}`},
	)
	c := newClient(t, fake.URL())
	got, err := c.LoginFlows(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if string(got.Raw) != flows || got.Prefix != client.V3 || len(got.List) != 4 || !got.PrefersOAuth() {
		t.Errorf("%+v", got)
	}
	if sso, _ := got.Find(client.FlowSSO); len(sso.IdentityProviders) != 1 || sso.IdentityProviders[0].Name != "A" {
		t.Errorf("%+v", sso)
	}
	if token, _ := got.Find(client.FlowToken); !token.GetLoginToken {
		t.Errorf("%+v", token)
	}
	if got, err := c.LoginFlows(t.Context()); err != nil || len(got.List) != 0 {
		t.Errorf("an empty list: %+v, %v", got, err)
	}
	for range 3 {
		if _, err := c.LoginFlows(t.Context()); !isProtocol(err) {
			t.Errorf("%v", err)
		}
	}
}

func TestLoginFlowsFallsBackToR0(t *testing.T) {
	for _, status := range []int{404, 405} {
		fake := clienttest.NewFake(t, clienttest.FakeOptions{})
		fake.On("GET /_matrix/client/v3/login", clienttest.Reply{Status: status, Body: `{"errcode":"M_UNRECOGNIZED"}`})
		fake.On("GET /_matrix/client/r0/login", clienttest.Reply{Body: `{"flows":[{"type":"m.login.password"}]}`})
		got, err := newClient(t, fake.URL()).LoginFlows(t.Context())
		if err != nil || got.Prefix != client.R0 {
			t.Errorf("%+v, %v", got, err)
		}
	}
	fake := clienttest.NewFake(t, clienttest.FakeOptions{})
	fake.On("GET /_matrix/client/v3/login", clienttest.Reply{Status: 404, Body: "not here"})
	fake.On("GET /_matrix/client/r0/login", clienttest.Reply{Status: 404, Body: "not here"})
	if _, err := newClient(t, fake.URL()).LoginFlows(t.Context()); !errors.Is(err, client.ErrNoLoginAPI) {
		t.Errorf("%v", err)
	}
}

func TestWhoAmIAndLogout(t *testing.T) {
	fake := clienttest.NewFake(t, clienttest.FakeOptions{})
	fake.On("GET /_matrix/client/v3/account/whoami",
		clienttest.Reply{Body: `{"user_id":"@alice:hs.test","device_id":"DEV","is_guest":false}`},
		clienttest.Reply{Body: `{"user_id":"@alice:hs.test"}`},
		clienttest.Reply{Status: 401, Body: `{"errcode":"M_UNKNOWN_TOKEN","error":"x","soft_logout":true}`},
	)
	fake.On("POST /_matrix/client/v3/logout", clienttest.Reply{Body: `{}`})
	fake.On("POST /_matrix/client/v3/logout/all", clienttest.Reply{})
	c := newClient(t, fake.URL())
	token := bind(c, "tok")
	who, err := c.WhoAmI(t.Context(), token)
	if err != nil || who.DeviceID != "DEV" || who.IsGuest == nil || *who.IsGuest {
		t.Errorf("%+v, %v", who, err)
	}
	if who, err = c.WhoAmI(t.Context(), token); err != nil || who.DeviceID != "" || who.IsGuest != nil {
		t.Errorf("%+v, %v", who, err)
	}
	if _, err = c.WhoAmI(t.Context(), token); !isMatrix("M_UNKNOWN_TOKEN", true)(err) {
		t.Errorf("%v", err)
	}
	if err := errors.Join(c.Logout(t.Context(), token), c.LogoutAll(t.Context(), token)); err != nil {
		t.Error(err)
	}
	for _, request := range fake.Requests() {
		if request.Header.Get("Authorization") != "Bearer tok" || request.RawQuery != "" || request.Body != "" {
			t.Errorf("%+v", request)
		}
	}
}
