package client_test

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mxlogin/client"
	"mxlogin/client/clienttest"
	"mxlogin/client/matrixid"
	"mxlogin/client/secret"
	"mxlogin/client/transport"
)

func TestDevices(t *testing.T) {
	const list = "GET /_matrix/client/v3/devices"
	fake := clienttest.NewFake(t, clienttest.FakeOptions{})
	fake.On(list,
		clienttest.Reply{Body: `{"devices":[{"device_id":"A","display_name":"one","last_seen_ts":1500,"last_seen_ip":"192.0.2.1","user_id":"@a:b"},{"device_id":"B","display_name":null,"last_seen_ts":null}]}`},
		clienttest.Reply{Body: `{"devices":[{"display_name":"no ID"}]}`}, clienttest.Reply{Body: `{}`})
	c := newClient(t, fake.URL())
	token := c.Bind(secret.New("access"))
	got, err := c.Devices(t.Context(), token)
	want := []client.Device{{ID: "A", Name: "one", LastSeen: time.UnixMilli(1500).UTC(), LastSeenIP: "192.0.2.1"}, {ID: "B"}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v %s", err, diff)
	}
	for range 2 {
		var protocol *transport.ProtocolError
		if _, err := c.Devices(t.Context(), token); !errors.As(err, &protocol) {
			t.Errorf("got %v", err)
		}
	}
}

// TestADeviceIDIsOneSegmentOfAPath, whatever another client has chosen.
func TestADeviceIDIsOneSegmentOfAPath(t *testing.T) {
	for id, segment := range map[string]string{"ABC": "ABC", "a/b": "a%2Fb", "..": "%2E%2E", ".": "%2E", "a?b#c": "a%3Fb%23c", "ü": "%C3%BC"} {
		fake := clienttest.NewFake(t, clienttest.FakeOptions{})
		fake.On("PUT /_matrix/client/v3/devices/"+segment, clienttest.Reply{Body: "{}"})
		c := newClient(t, fake.URL())
		if err := c.RenameDevice(t.Context(), c.Bind(secret.New("access")), id, "name"); err != nil {
			t.Errorf("%s: %v", id, err)
		}
		if sent := fake.Requests()[0]; sent.Body != `{"display_name":"name"}` || sent.Header.Get("Authorization") != "Bearer access" {
			t.Errorf("%s: sent %+v", id, sent)
		}
	}
}

func TestMintLoginToken(t *testing.T) {
	const mint = "POST /_matrix/client/v1/login/get_token"
	tests := []struct {
		name  string
		reply clienttest.Reply
		token string
		err   func(error) bool
	}{
		{"minted", clienttest.Reply{Body: `{"login_token":"syl_1","expires_in_ms":30000}`}, "syl_1", func(err error) bool { return err == nil }},
		{"no such endpoint", clienttest.Reply{Status: 404, Body: `{"errcode":"M_UNRECOGNIZED"}`}, "", isNoLoginTokens},
		{"a page says so", clienttest.Reply{Status: 404, Body: "<html>"}, "", isNoLoginTokens},
		{"no token", clienttest.Reply{Body: `{}`}, "", isProtocol},
		{"a token with a line end", clienttest.Reply{Body: `{"login_token":"a\nb"}`}, "", isProtocol},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			fake := clienttest.NewFake(t, clienttest.FakeOptions{})
			fake.On(mint, test.reply)
			c := newClient(t, fake.URL())
			minted, err := c.MintLoginToken(t.Context(), c.Bind(secret.New("access")), nobody)
			if !test.err(err) || test.token != "" && (!minted.Token.Equal(secret.New(test.token)) || minted.Lifetime != 30*time.Second) {
				t.Errorf("%+v, %v", minted, err)
			}
		})
	}
}

func isNoLoginTokens(err error) bool { return errors.Is(err, client.ErrNoLoginTokens) }

func nobody(context.Context, client.Challenge) (client.Proof, error) {
	return client.Proof{}, errors.New("nobody is asked")
}

func TestMayMintLoginToken(t *testing.T) {
	for body, want := range map[string]bool{
		`{"capabilities":{"m.get_login_token":{"enabled":true}}}`:  true,
		`{"capabilities":{"m.get_login_token":{"enabled":false}}}`: false,
		`{"capabilities":{}}`: false, `{}`: false,
	} {
		fake := clienttest.NewFake(t, clienttest.FakeOptions{})
		fake.On("GET /_matrix/client/v3/capabilities", clienttest.Reply{Body: body})
		c := newClient(t, fake.URL())
		if got, err := c.MayMintLoginToken(t.Context(), c.Bind(secret.New("access"))); err != nil || got != want {
			t.Errorf("%s: %t, %v", body, got, err)
		}
	}
}

func TestRefresh(t *testing.T) {
	const refresh = "POST /_matrix/client/v3/refresh"
	tests := []struct {
		name    string
		replies []clienttest.Reply
		access  string // "" is an error
	}{
		{"both tokens", []clienttest.Reply{{Body: `{"access_token":"a1","refresh_token":"r1","expires_in_ms":1000}`}}, "a1"},
		{"one", []clienttest.Reply{{Body: `{"access_token":"a1"}`}}, "a1"},
		{"a cut answer", []clienttest.Reply{{Body: `{"access_token":"a1"}`, CutAfter: 3}, {Body: `{"access_token":"a2"}`}}, "a2"},
		{"a gateway", []clienttest.Reply{{Status: 503}, {Body: `{"access_token":"a2"}`}}, "a2"},
		{"refused", []clienttest.Reply{{Status: 401, Body: `{"errcode":"M_UNKNOWN_TOKEN"}`}}, ""},
		{"none", []clienttest.Reply{{Body: `{"refresh_token":"r1"}`}}, ""},
		{"what was sent", []clienttest.Reply{{Body: `{"access_token":"refresh-of-the-test"}`}}, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			fake := clienttest.NewFake(t, clienttest.FakeOptions{})
			fake.On(refresh, test.replies...)
			c := newClient(t, fake.URL())
			tokens, err := c.Refresh(t.Context(), c.Bind(secret.New("refresh-of-the-test")))
			if (err == nil) != (test.access != "") || err == nil && !tokens.AccessToken.Equal(secret.New(test.access)) {
				t.Errorf("%+v, %v", tokens, err)
			}
			for _, sent := range fake.Requests() {
				if sent.Body != `{"refresh_token":"refresh-of-the-test"}` || sent.Header.Get("Authorization") != "" {
					t.Errorf("sent %+v", sent)
				}
			}
		})
	}
}

func TestSSORedirectURL(t *testing.T) {
	const callback = "http://127.0.0.1:1/A?b=c&d"
	const query = "?action=login&redirectUrl=http%3A%2F%2F127.0.0.1%3A1%2FA%3Fb%3Dc%26d"
	for _, test := range []struct {
		base, provider string
		prefix         client.Prefix
		want           string
	}{
		{"https://hs.test", "", client.V3, "https://hs.test/_matrix/client/v3/login/sso/redirect" + query},
		{"https://hs.test/below", "oidc-a", client.V3, "https://hs.test/below/_matrix/client/v3/login/sso/redirect/oidc-a" + query},
		{"https://hs.test", "", client.R0, "https://hs.test/_matrix/client/r0/login/sso/redirect" + query},
		{"https://hs.test", "..", client.V3, "https://hs.test/_matrix/client/v3/login/sso/redirect/%2E%2E" + query},
		{"https://hs.test", "a/b?c#d", client.V3, "https://hs.test/_matrix/client/v3/login/sso/redirect/a%2Fb%3Fc%23d" + query},
	} {
		if got := newClient(t, test.base).WithPrefix(test.prefix).SSORedirectURL(test.provider, callback); got != test.want {
			t.Errorf("got %s\nwant %s", got, test.want)
		}
	}
}

// FuzzSSORedirectURL: whatever a server calls its identity providers, the browser begins
// at the homeserver's own endpoint.
func FuzzSSORedirectURL(f *testing.F) {
	base, err := matrixid.ParseBaseURL("https://hs.test/below")
	if err != nil {
		f.Fatal(err)
	}
	c := client.New(transport.New(transport.Options{}), base)
	f.Add("../../..", "http://127.0.0.1:1/A")
	f.Add("//evil.test", "\r\n")
	f.Fuzz(func(t *testing.T, provider, callback string) {
		page, err := url.Parse(c.SSORedirectURL(provider, callback))
		const path = "/below/_matrix/client/v3/login/sso/redirect"
		if err != nil || page.Scheme != "https" || page.Host != "hs.test" || page.Fragment != "" || page.User != nil {
			t.Fatalf("%v: %v", err, page)
		}
		rest := strings.TrimPrefix(page.EscapedPath(), path)
		if !strings.HasPrefix(page.EscapedPath(), path) || strings.Count(rest, "/") > 1 || rest == "/.." || rest == "/." {
			t.Errorf("the path is %s", page.EscapedPath())
		}
		if got := page.Query()["redirectUrl"]; len(got) != 1 || got[0] != callback {
			t.Errorf("it leads back to %q", got)
		}
	})
}

func TestLoginsOfOperators(t *testing.T) {
	const answer = `{"user_id":"@bridge_1:hs.test","access_token":"tok","device_id":"D"}`
	fake := clienttest.NewFake(t, clienttest.FakeOptions{})
	fake.On("POST /_matrix/client/v3/login", clienttest.Reply{Body: answer}, clienttest.Reply{Body: answer})
	c := newClient(t, fake.URL())
	options := client.LoginOptions{DeviceID: "D", Renewable: true}
	if _, err := c.LoginJWT(t.Context(), c.Bind(secret.New("jwt-of-the-test")), options); err != nil {
		t.Error(err)
	}
	if _, err := c.LoginApplicationService(t.Context(), client.User("bridge_1"), c.Bind(secret.New("as-of-the-test")), options); err != nil {
		t.Error(err)
	}
	jwt, service := fake.Requests()[0], fake.Requests()[1]
	if jwt.Body != `{"device_id":"D","refresh_token":true,"token":"jwt-of-the-test","type":"org.matrix.login.jwt"}` || jwt.Header.Get("Authorization") != "" {
		t.Errorf("sent %+v", jwt)
	}
	if strings.Contains(service.Body, "as-of-the-test") || !strings.Contains(service.Body, `"identifier":{"type":"m.id.user","user":"bridge_1"}`) ||
		service.Header.Get("Authorization") != "Bearer as-of-the-test" {
		t.Errorf("sent %+v", service)
	}
}
