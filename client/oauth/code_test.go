package oauth_test

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"mxlogin/client/clienttest"
	"mxlogin/client/oauth"
	"mxlogin/client/secret"
)

const (
	tokenRequest = "POST /oauth2/token"
	goodTokens   = `{"access_token":"access-1","token_type":"bearer","expires_in":300,"refresh_token":"refresh-1","scope":"urn:matrix:client:device:ABCDEFGHIJ urn:matrix:client:api:*"}`
)

func grantOf(c *oauth.Client) (oauth.CodeGrant, url.Values) {
	g := oauth.NewCodeGrant(oauth.CodeGrant{ClientID: "a+b/c=", RedirectURI: "http://127.0.0.1:1234/x", DeviceID: "ABCDEFGHIJ", State: oauth.NewState()})
	return g, url.Values{"code": {"the-code"}, "state": {g.State}, "iss": {c.Metadata().Issuer}}
}

func TestExchangeCode(t *testing.T) {
	w := newWorld(t)
	c := w.mustClient(nil)
	w.fake.On(tokenRequest, clienttest.Reply{Body: goodTokens})
	grant, answer := grantOf(c)
	tokens, err := c.ExchangeCode(t.Context(), grant, answer)
	if err != nil || !holds(tokens.AccessToken, "access-1") || !holds(tokens.RefreshToken, "refresh-1") || tokens.Lifetime != 5*time.Minute || !tokens.Expires {
		t.Errorf("%+v, %v", tokens, err)
	}
	form := w.form()
	verifier := form.Get("code_verifier")
	form.Del("code_verifier")
	want := "client_id=a%2Bb%2Fc%3D&code=the-code&grant_type=authorization_code&redirect_uri=http%3A%2F%2F127.0.0.1%3A1234%2Fx"
	if got := form.Encode(); got != want {
		t.Errorf("got %s", got)
	}
	page, err := url.Parse(c.AuthorizationURL(grant))
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte(verifier))
	if page.Query().Get("code_challenge") != base64.RawURLEncoding.EncodeToString(sum[:]) {
		t.Error("the challenge is not that of the verifier")
	}
}

// TestL29_Verifiers: of the right form, each new, and a secret to whoever prints.
func TestL29_Verifiers(t *testing.T) {
	w := newWorld(t)
	c := w.mustClient(nil)
	form := regexp.MustCompile(`^[A-Za-z0-9._~-]{43,128}$`)
	seen := map[string]bool{}
	const grants = 200
	w.fake.OnEvery(tokenRequest, clienttest.Reply{Body: goodTokens})
	for range grants {
		grant, answer := grantOf(c)
		if _, err := c.ExchangeCode(t.Context(), grant, answer); err != nil {
			t.Fatal(err)
		}
		sent := w.form()
		verifier := sent.Get("code_verifier")
		if !form.MatchString(verifier) || seen[verifier] || strings.Contains(c.AuthorizationURL(grant), verifier) {
			t.Fatalf("a verifier is not right, or not new, or shown: %q", verifier)
		}
		seen[verifier] = true
		hidden := false
		for _, value := range w.sent {
			hidden = hidden || holds(value, verifier)
		}
		if !hidden {
			t.Fatal("the verifier is not kept out of output")
		}
	}
}

// TestT15_AnswersOfAnotherLogin: mix-up, injection and replay. The code is sent nowhere.
func TestT15_AnswersOfAnotherLogin(t *testing.T) {
	promises := map[string]any{"authorization_response_iss_parameter_supported": true}
	for name, test := range map[string]struct {
		over   map[string]any
		change func(url.Values)
	}{
		"another state":                     {nil, func(v url.Values) { v.Set("state", "other") }},
		"no state":                          {nil, func(v url.Values) { v.Del("state") }},
		"another issuer":                    {nil, func(v url.Values) { v.Set("iss", "https://evil.test/") }},
		"an issuer that is almost the same": {nil, func(v url.Values) { v.Set("iss", strings.TrimSuffix(v.Get("iss"), "/")) }},
		"an empty issuer":                   {nil, func(v url.Values) { v.Set("iss", "") }},
		"a promised issuer is missing":      {promises, func(v url.Values) { v.Del("iss") }},
		"no code":                           {nil, func(v url.Values) { v.Del("code") }},
		"an error that is none":             {nil, func(v url.Values) { v.Del("code"); v.Set("error", "\x1b]0;x") }},
	} {
		w := newWorld(t)
		c := w.mustClient(test.over)
		grant, answer := grantOf(c)
		test.change(answer)
		var wrong *oauth.AnswerError
		if _, err := c.ExchangeCode(t.Context(), grant, answer); !errors.As(err, &wrong) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestL8_TheErrorOfAnAuthorization(t *testing.T) {
	c := newWorld(t).mustClient(nil)
	grant, answer := grantOf(c)
	answer.Del("code")
	answer.Set("error", "access_denied")
	answer.Set("error_description", "no")
	_, err := c.ExchangeCode(t.Context(), grant, answer)
	if codeOf(err) != oauth.AccessDenied || !strings.Contains(err.Error(), "no") {
		t.Errorf("got %v", err)
	}
}

// TestL26_TokensThatWereNotAskedFor come back with the error, to be revoked.
func TestL26_TokensThatWereNotAskedFor(t *testing.T) {
	const rest = `"access_token":"access-1","refresh_token":"refresh-1"`
	for name, test := range map[string]struct {
		body   string
		tokens bool // there are some to be revoked
	}{
		"another type":           {`{` + rest + `,"token_type":"mac"}`, true},
		"no type":                {`{` + rest + `}`, true},
		"no device":              {`{` + rest + `,"token_type":"Bearer","scope":"urn:matrix:client:api:*"}`, true},
		"another device":         {`{` + rest + `,"token_type":"Bearer","scope":"urn:matrix:client:api:* urn:matrix:client:device:ABCDEFGHI"}`, true},
		"a second device":        {`{` + rest + `,"token_type":"Bearer","scope":"urn:matrix:client:api:* urn:matrix:client:device:ABCDEFGHIJ urn:matrix:client:device:KLMNOPQRST"}`, true},
		"no client-server API":   {`{` + rest + `,"token_type":"Bearer","scope":"openid urn:matrix:client:device:ABCDEFGHIJ"}`, true},
		"an empty scope":         {`{` + rest + `,"token_type":"Bearer","scope":""}`, true},
		"a scope that is a list": {`{` + rest + `,"token_type":"Bearer","scope":[]}`, true},
		"no access token":        {`{"refresh_token":"refresh-1","token_type":"Bearer"}`, false},
		"a token for no header":  {`{"access_token":"a\nb","token_type":"Bearer"}`, false},
		"the code":               {`{"access_token":"the-code","token_type":"Bearer"}`, false},
		"a lifetime in words":    {`{` + rest + `,"token_type":"Bearer","expires_in":"300"}`, true},
		"no JSON":                {`access_token=x`, false},
		"duplicate member":       {`{` + rest + `,"access_token":"access-2","token_type":"Bearer"}`, false},
	} {
		w := newWorld(t)
		c := w.mustClient(nil)
		w.fake.On(tokenRequest, clienttest.Reply{Body: test.body})
		grant, answer := grantOf(c)
		tokens, err := c.ExchangeCode(t.Context(), grant, answer)
		if !isProtocolError(err) || tokens.AccessToken.IsZero() == test.tokens {
			t.Errorf("%s: %+v, %v", name, tokens, err)
		}
	}
}

// TestL26_WhatMayBeMissing: a session without renewal, one without an end, no scope.
func TestL26_WhatMayBeMissing(t *testing.T) {
	for _, body := range []string{
		`{"access_token":"access-1","token_type":"BEARER"}`,
		`{"access_token":"access-1","token_type":"Bearer","scope":"urn:matrix:org.matrix.msc2967.client:api:* urn:matrix:org.matrix.msc2967.client:device:ABCDEFGHIJ"}`,
		`{"access_token":"access-1","token_type":"Bearer","refresh_token":null,"expires_in":null,"scope":null}`,
	} {
		w := newWorld(t)
		c := w.mustClient(nil)
		w.fake.On(tokenRequest, clienttest.Reply{Body: body})
		grant, answer := grantOf(c)
		tokens, err := c.ExchangeCode(t.Context(), grant, answer)
		if err != nil || !tokens.RefreshToken.IsZero() || tokens.Expires {
			t.Errorf("%s: %+v, %v", body, tokens, err)
		}
	}
}

// TestACodeIsSentOnce: one that comes twice ends the session that it has made.
func TestACodeIsSentOnce(t *testing.T) {
	for name, reply := range map[string]clienttest.Reply{
		"dropped":    {Drop: true},
		"cut":        {Body: goodTokens, CutAfter: 10},
		"a gateway":  {Status: 502, Body: "<html>"},
		"redirected": {Status: 307, Header: map[string]string{"Location": "https://evil.test/"}},
	} {
		w := newWorld(t)
		c := w.mustClient(nil)
		w.fake.On(tokenRequest, reply) // a second request would be unexpected
		grant, answer := grantOf(c)
		if _, err := c.ExchangeCode(t.Context(), grant, answer); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestRefresh(t *testing.T) {
	w := newWorld(t)
	c := w.mustClient(nil)
	old := secret.New("refresh-0")
	w.fake.On(tokenRequest, clienttest.Reply{Drop: true}, clienttest.Reply{Body: `{"access_token":"access-1","token_type":"Bearer","expires_in":0}`})
	tokens, err := c.Refresh(t.Context(), "a+b/c=", old)
	if err != nil || !holds(tokens.AccessToken, "access-1") || !tokens.Expires || tokens.Lifetime != 0 {
		t.Errorf("%+v, %v", tokens, err)
	}
	if got, want := w.form().Encode(), "client_id=a%2Bb%2Fc%3D&grant_type=refresh_token&refresh_token=refresh-0"; got != want {
		t.Errorf("got %s", got)
	}
	w.fake.On(tokenRequest, clienttest.Reply{Body: `{"access_token":"refresh-0","token_type":"Bearer"}`})
	if got, err := c.Refresh(t.Context(), "c", old); !isProtocolError(err) || !got.AccessToken.IsZero() {
		t.Errorf("the refresh token as access token: %v", err)
	}
}

func TestRevoke(t *testing.T) {
	w := newWorld(t)
	c := w.mustClient(nil)
	w.fake.On("POST /oauth2/revoke", clienttest.Reply{}, clienttest.Reply{Status: 400, Body: `{"error":"invalid_grant"}`})
	if err := c.Revoke(t.Context(), "c+1", oauth.RefreshToken, secret.New("refresh-0")); err != nil {
		t.Error(err)
	}
	if got, want := w.form().Encode(), "client_id=c%2B1&token=refresh-0&token_type_hint=refresh_token"; got != want {
		t.Errorf("got %s", got)
	}
	if err := c.Revoke(t.Context(), "c", oauth.AccessToken, secret.New("access-0")); codeOf(err) != oauth.InvalidGrant {
		t.Errorf("got %v", err)
	}
}
