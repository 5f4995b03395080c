package session_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mxlogin/client/clienttest"
	"mxlogin/client/oauth"
	"mxlogin/client/secret"
	"mxlogin/client/transport"
	"mxlogin/cmd/choose"
	"mxlogin/cmd/session"
	"mxlogin/config"
)

const (
	authMetadata = "GET /_matrix/client/v1/auth_metadata"
	oauthToken   = "POST /oauth2/token"
	oauthRevoke  = "POST /oauth2/revoke"
	goodTokens   = `{"access_token":"access-1","token_type":"Bearer","expires_in":300,"refresh_token":"refresh-1"}`
	unknownToken = `{"errcode":"M_UNKNOWN_TOKEN","error":"Token is not active","soft_logout":false}`
)

// describe has the homeserver describe its authorization server.
func (w *world) describe(issuer string) {
	at := w.fake.URL()
	w.fake.OnEvery(authMetadata, clienttest.Reply{Body: fmt.Sprintf(`{"issuer":%q,
		"authorization_endpoint":"%[2]s/oauth2/authorize","token_endpoint":"%[2]s/oauth2/token",
		"registration_endpoint":"%[2]s/oauth2/registration","revocation_endpoint":"%[2]s/oauth2/revoke",
		"account_management_uri":"%[2]s/account","account_management_actions_supported":["org.matrix.devices_list"],
		"response_types_supported":["code"],"response_modes_supported":["query"],
		"grant_types_supported":["authorization_code","refresh_token"],"code_challenge_methods_supported":["S256"]}`, issuer, at)})
}

// byOAuth saves an OAuth session of alice that ends in left, of five minutes.
func (w *world) byOAuth(left time.Duration) config.Account {
	w.t.Helper()
	w.describe(w.fake.URL() + "/")
	return w.savedByOAuth(left)
}

func (w *world) savedByOAuth(left time.Duration) config.Account {
	w.t.Helper()
	account := w.ending(left)
	account.API, account.Flow = config.APIOAuth, "oauth"
	account.OAuth = config.OAuthClient{Issuer: w.fake.URL() + "/", ClientID: "a+b/c="}
	w.put(account)
	return account
}

// forms are the forms that were sent to a path, in order.
func (w *world) forms(path string) (forms []string) {
	for _, request := range w.fake.Requests() {
		if request.Path == path {
			forms = append(forms, request.Body)
		}
	}
	return forms
}

// TestOAuthIsRenewedByTheClientThatItWasGrantedTo.
func TestOAuthIsRenewedByTheClientThatItWasGrantedTo(t *testing.T) {
	w := newWorld(t)
	account := w.byOAuth(0)
	w.fake.On(oauthToken, clienttest.Reply{Body: goodTokens})
	opened, err := w.keeper.Open(t.Context(), account)
	if err != nil || !holds(opened.Account.AccessToken, "access-1") {
		t.Fatal(err)
	}
	saved := w.account(account.Name)
	if !holds(saved.RefreshToken, "refresh-1") || saved.OAuth != account.OAuth || saved.DeviceID != "DEVICE" {
		t.Errorf("the file is\n%s", w.read())
	}
	want := []string{"client_id=a%2Bb%2Fc%3D&grant_type=refresh_token&refresh_token=refresh-0"}
	if diff := cmp.Diff(want, w.forms("/oauth2/token")); diff != "" {
		t.Error(diff)
	}
}

// TestR1_ManyAtOnceRenewOnceByOAuth.
func TestR1_ManyAtOnceRenewOnceByOAuth(t *testing.T) {
	w := newWorld(t)
	account := w.byOAuth(0)
	w.fake.On(oauthToken, clienttest.Reply{Body: goodTokens}) // a second request would be unexpected
	w.openAtOnce(account)
}

// TestR4_TheSavedTokensAreUsedNextByOAuth.
func TestR4_TheSavedTokensAreUsedNextByOAuth(t *testing.T) {
	w := newWorld(t)
	stale := w.byOAuth(0)
	w.fake.On(oauthToken, clienttest.Reply{Body: goodTokens}, clienttest.Reply{Body: strings.ReplaceAll(goodTokens, "-1", "-2")})
	if _, err := w.keeper.Renew(t.Context(), stale); err != nil {
		t.Fatal(err)
	}
	if renewed, err := w.keeper.Renew(t.Context(), stale); err != nil || !holds(renewed.AccessToken, "access-1") {
		t.Errorf("who had read the old tokens: %v", err)
	}
	if _, err := w.keeper.Renew(t.Context(), w.account(stale.Name)); err != nil {
		t.Fatal(err)
	}
	if forms := w.forms("/oauth2/token"); len(forms) != 2 || !strings.Contains(forms[1], "refresh_token=refresh-1") {
		t.Errorf("sent %v", forms)
	}
}

// TestR5_ARenewalByOAuthThatCannotBeSaved is not tried, or its tokens are not used.
func TestR5_ARenewalByOAuthThatCannotBeSaved(t *testing.T) {
	var failed *config.FileError
	w := newWorld(t)
	account := w.byOAuth(0)
	if err := os.Chmod(w.path, 0o400); err != nil {
		t.Fatal(err)
	}
	if _, err := w.keeper.Open(t.Context(), account); !errors.As(err, &failed) || len(w.sent()) != 0 {
		t.Errorf("%v, sent %v", err, w.sent())
	}

	w = newWorld(t)
	account = w.byOAuth(0)
	before := w.read()
	directory := filepath.Dir(w.path)
	w.fake.Handle(oauthToken, func(rw http.ResponseWriter, _ *http.Request) {
		if err := os.Rename(directory, directory+"-aside"); err != nil { // as a full disk would have it
			t.Error(err)
		}
		_, _ = fmt.Fprint(rw, goodTokens)
	})
	if _, err := w.keeper.Open(t.Context(), account); !errors.As(err, &failed) {
		t.Errorf("got %v", err)
	}
	if err := os.Rename(directory+"-aside", directory); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, w.read()); diff != "" {
		t.Error(diff)
	}
}

// TestR6_R7_WhatKeepsTheTokensOfOAuth. R8: what is no verdict of an authorization server.
func TestR6_R7_WhatKeepsTheTokensOfOAuth(t *testing.T) {
	plain := map[string]string{"Content-Type": "text/plain"}
	tests := map[string][]clienttest.Reply{
		"R6 cut answers":        {{Body: goodTokens, CutAfter: 5}, {Drop: true}},
		"R7 a 500 for ever":     {{Status: 500, Body: `{"details":"panic","errcode":"M_UNKNOWN","error":"M_UNKNOWN: Internal server error occurred"}`}},
		"R7 a refusal in a 500": {{Status: 500, Body: `{"error":"invalid_grant"}`}},
		"R7 gateways":           {{Status: 502, Body: "<html>"}, {Status: 503}},
		"R8 a proxy's 403":      {{Status: 403, Body: "<html>"}},
		"R8 switched off":       {{Status: 404, Header: plain, Body: "OAuth is unavailable on this server"}},
		"R8 a Matrix error":     {{Status: 400, Body: `{"errcode":"M_UNKNOWN","error":"no"}`}},
		"R8 text":               {{Status: 422, Header: plain, Body: "missing field"}},
		"a rate limit":          {{Status: 429, Body: `{"error":"slow_down"}`}},
		"a server that is busy": {{Status: 400, Body: `{"error":"temporarily_unavailable"}`}},
		"no access token":       {{Body: `{"refresh_token":"refresh-1","token_type":"Bearer"}`}},
		"another type":          {{Body: `{"access_token":"access-1","token_type":"mac"}`}},
		"a redirect":            {{Status: 307, Header: map[string]string{"Location": "https://evil.test/"}}},
	}
	for name, replies := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			account := w.byOAuth(0)
			before := w.read()
			w.fake.On(oauthToken, replies...)
			_, err := w.keeper.Open(t.Context(), account)
			var over *session.OverError
			if err == nil || errors.As(err, &over) {
				t.Errorf("got %v", err)
			}
			if diff := cmp.Diff(before, w.read()); diff != "" {
				t.Error(diff)
			}
		})
	}
	t.Run("R7 not reachable", func(t *testing.T) {
		w := newWorld(t)
		account := w.byOAuth(0)
		w.fake.Close()
		var network *transport.NetworkError
		if _, err := w.keeper.Open(t.Context(), account); !errors.As(err, &network) || !w.account(account.Name).HasSession() {
			t.Errorf("got %v", err)
		}
	})
}

// TestR6_ALostAnswerOfOAuthIsAskedForAgain, with the same refresh token.
func TestR6_ALostAnswerOfOAuthIsAskedForAgain(t *testing.T) {
	w := newWorld(t)
	account := w.byOAuth(0)
	w.fake.On(oauthToken, clienttest.Reply{Body: goodTokens, CutAfter: 5}, clienttest.Reply{Body: goodTokens})
	if opened, err := w.keeper.Open(t.Context(), account); err != nil || !holds(opened.Account.RefreshToken, "refresh-1") {
		t.Errorf("got %v", err)
	}
	if forms := w.forms("/oauth2/token"); len(forms) != 2 || forms[0] != forms[1] {
		t.Errorf("sent %v", forms)
	}
}

// TestR8_ARefusedRenewalEndsTheOAuthSession. R9: no device is left to be used again, as a
// grant takes a new one; the entry stays.
func TestR8_R9_ARefusedRenewalEndsTheOAuthSession(t *testing.T) {
	for _, test := range []struct {
		status int
		code   string
	}{{400, oauth.InvalidGrant}, {401, oauth.InvalidClient}, {400, "something_else"}} {
		w := newWorld(t)
		account := w.byOAuth(0)
		w.answers(oauthToken, test.status, fmt.Sprintf(`{"error":%q,"error_description":"no"}`, test.code))
		_, err := w.keeper.Open(t.Context(), account)
		var over *session.OverError
		if !errors.As(err, &over) || over.Flow != "oauth" {
			t.Errorf("%s: %v", test.code, err)
		}
		left := w.account(account.Name)
		if left.HasSession() || !left.RefreshToken.IsZero() || left.DeviceID != "" || left.UserID == "" {
			t.Errorf("the file is\n%s", w.read())
		}
		var none *choose.NoSessionError
		if _, err := w.keeper.Open(t.Context(), left); !errors.As(err, &none) {
			t.Errorf("the next run: %v", err)
		}
	}
}

// TestR8_AServerWithoutRenewalByOAuth: the access token is good until it ends.
func TestR8_AServerWithoutRenewalByOAuth(t *testing.T) {
	for _, code := range []string{oauth.UnauthorizedClient, oauth.UnsupportedGrantType} {
		w := newWorld(t)
		account := w.byOAuth(20 * time.Second)
		w.answers(oauthToken, 400, `{"error":"`+code+`"}`)
		if opened, err := w.keeper.Open(t.Context(), account); err != nil || !holds(opened.Account.AccessToken, "access-0") {
			t.Errorf("%s: %v", code, err)
		}
	}
	w := newWorld(t)
	account := w.savedByOAuth(20 * time.Second)
	w.answers(authMetadata, 404, `{"errcode":"M_UNRECOGNIZED"}`)
	w.answers("GET /_matrix/client/unstable/org.matrix.msc2965/auth_metadata", 404, `{"errcode":"M_UNRECOGNIZED"}`)
	if opened, err := w.keeper.Open(t.Context(), account); err != nil || !holds(opened.Account.AccessToken, "access-0") {
		t.Errorf("switched off: %v", err)
	}
}

// TestR10_TheRefreshTokenOfOAuthStaysWhereItIsNotReplaced.
func TestR10_TheRefreshTokenOfOAuthStaysWhereItIsNotReplaced(t *testing.T) {
	w := newWorld(t)
	account := w.byOAuth(0)
	w.fake.On(oauthToken, clienttest.Reply{Body: `{"access_token":"access-1","token_type":"Bearer","expires_in":300}`})
	if _, err := w.keeper.Renew(t.Context(), account); err != nil {
		t.Fatal(err)
	}
	if saved := w.account(account.Name); !holds(saved.RefreshToken, "refresh-0") || !holds(saved.AccessToken, "access-1") {
		t.Errorf("the file is\n%s", w.read())
	}
}

// TestAClockThatIsWrong: a token that the clock here thinks good and the server does not
// is renewed, and one that the clock thinks over is renewed once.
func TestAClockThatIsWrong(t *testing.T) {
	w := newWorld(t)
	account := w.byOAuth(4 * time.Minute)
	w.fake.On(whoami, clienttest.Reply{Status: 401, Body: unknownToken}, clienttest.Reply{Body: `{"user_id":"@alice:hs.test","device_id":"DEVICE"}`})
	w.fake.On(oauthToken, clienttest.Reply{Body: goodTokens})
	opened, err := w.keeper.Open(t.Context(), account)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := opened.WhoAmI(t.Context()); err != nil || !holds(opened.Account.AccessToken, "access-1") {
		t.Errorf("got %v", err)
	}
	w = newWorld(t)
	account = w.byOAuth(-time.Hour)
	w.fake.On(oauthToken, clienttest.Reply{Body: `{"access_token":"access-1","token_type":"Bearer","expires_in":0,"refresh_token":"refresh-1"}`})
	if _, err := w.keeper.Open(t.Context(), account); err != nil || codes(w.told.warnings) != "short_lived" {
		t.Errorf("%v, warned %v", err, w.told.warnings)
	}
}

// TestT15_AnotherIssuerGetsNoToken: a homeserver that names another authorization server
// than the one that made the session.
func TestT15_AnotherIssuerGetsNoToken(t *testing.T) {
	w := newWorld(t)
	w.describe("https://evil.test/")
	account := w.savedByOAuth(0)
	var other *session.OtherIssuerError
	if _, err := w.keeper.Open(t.Context(), account); !errors.As(err, &other) {
		t.Errorf("got %v", err)
	}
	if _, err := w.keeper.End(t.Context(), w.savedByOAuth(4*time.Minute)); !errors.As(err, &other) {
		t.Errorf("got %v", err)
	}
	if !w.account(account.Name).HasSession() {
		t.Errorf("the file is\n%s", w.read())
	}
}

// TestALogoutRevokes the refresh token in use, and never asks the legacy API.
func TestALogoutRevokes(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*config.Account)
		reply  clienttest.Reply
		whoami clienttest.Reply // where it is asked
		done   session.ServerSide
		sent   string
	}{
		"with a refresh token":    {nil, clienttest.Reply{}, clienttest.Reply{}, session.LoggedOut, "client_id=a%2Bb%2Fc%3D&token=refresh-0&token_type_hint=refresh_token"},
		"without":                 {func(a *config.Account) { a.RefreshToken = secret.Value{} }, clienttest.Reply{}, clienttest.Reply{}, session.LoggedOut, "client_id=a%2Bb%2Fc%3D&token=access-0&token_type_hint=access_token"},
		"over already, and so it": {nil, clienttest.Reply{Status: 400, Body: `{"error":"invalid_grant"}`}, clienttest.Reply{Status: 401, Body: unknownToken}, session.AlreadyGone, "client_id=a%2Bb%2Fc%3D&token=refresh-0&token_type_hint=refresh_token"},
		"over already, it lives":  {nil, clienttest.Reply{Status: 400, Body: `{"error":"invalid_grant"}`}, clienttest.Reply{Body: `{"user_id":"@alice:hs.test"}`}, "", "client_id=a%2Bb%2Fc%3D&token=refresh-0&token_type_hint=refresh_token"},
		"another refusal":         {nil, clienttest.Reply{Status: 401, Body: `{"error":"invalid_client"}`}, clienttest.Reply{}, "", "client_id=a%2Bb%2Fc%3D&token=refresh-0&token_type_hint=refresh_token"},
		"a page":                  {nil, clienttest.Reply{Status: 404, Body: "<html>"}, clienttest.Reply{}, "", "client_id=a%2Bb%2Fc%3D&token=refresh-0&token_type_hint=refresh_token"},
	} {
		w := newWorld(t)
		account := w.byOAuth(4 * time.Minute)
		if test.change != nil {
			test.change(&account)
			w.put(account)
		}
		w.fake.On(oauthRevoke, test.reply)
		if test.whoami.Status != 0 || test.whoami.Body != "" {
			w.fake.On(whoami, test.whoami)
			if test.done != "" {
				// Whether the session is over the renewal has to say as well.
				w.answers(oauthToken, 400, `{"error":"invalid_grant"}`)
			}
		}
		done, err := w.keeper.End(t.Context(), account)
		if done != test.done || (err == nil) != (test.done != "") {
			t.Errorf("%s: %s, %v", name, done, err)
		}
		if diff := cmp.Diff([]string{test.sent}, w.forms("/oauth2/revoke")); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// TestAnExpiredOAuthSessionIsRenewedBeforeItIsEnded: that shows the refresh token to be
// the one in use, where a server says yes to every revocation.
func TestAnExpiredOAuthSessionIsRenewedBeforeItIsEnded(t *testing.T) {
	w := newWorld(t)
	account := w.byOAuth(-time.Minute)
	w.fake.On(oauthToken, clienttest.Reply{Body: goodTokens})
	w.fake.On(oauthRevoke, clienttest.Reply{})
	if done, err := w.keeper.End(t.Context(), account); err != nil || done != session.LoggedOut {
		t.Errorf("%s, %v", done, err)
	}
	form, err := url.ParseQuery(w.forms("/oauth2/revoke")[0])
	if err != nil || form.Get("token") != "refresh-1" {
		t.Errorf("%v, revoked %v", err, form)
	}
}

func TestAnExpiredOAuthSessionWithoutRenewal(t *testing.T) {
	w := newWorld(t)
	account := w.byOAuth(-time.Minute)
	account.RefreshToken = secret.Value{}
	w.put(account)
	w.fake.On(oauthRevoke, clienttest.Reply{})
	if done, err := w.keeper.End(t.Context(), account); err != nil || done != session.Expired {
		t.Errorf("%s, %v", done, err)
	}
}

func TestAllSessionsOfAnOAuthUserAreEndedElsewhere(t *testing.T) {
	w := newWorld(t)
	_, _, err := w.keeper.EndAll(t.Context(), w.byOAuth(4*time.Minute))
	var elsewhere *session.ElsewhereError
	if !errors.As(err, &elsewhere) || elsewhere.URL != w.fake.URL()+"/account?action=org.matrix.devices_list" {
		t.Errorf("got %v", err)
	}
}

// TestReserve: a grant names its device long before the server makes it, and each grant
// has another.
func TestReserve(t *testing.T) {
	w := newWorld(t)
	login := w.asAlice()
	login.API, login.Type = config.APIOAuth, "oauth"
	attempt := w.keeper.NewAttempt(login)
	reserved := func() string {
		t.Helper()
		if err := attempt.Reserve(t.Context()); err != nil {
			t.Fatal(err)
		}
		id := attempt.Options().DeviceID
		if entry := w.account("@alice:hs.test"); !entry.Pending || entry.DeviceID != id || !oauth.IsDeviceID(id) {
			t.Errorf("reserved %q; the file is\n%s", id, w.read())
		}
		return id
	}
	first := reserved()
	if _, err := attempt.Begin(t.Context()); err != nil || attempt.Options().DeviceID != first {
		t.Errorf("%v; begun as %q", err, attempt.Options().DeviceID)
	}
	if reserved() == first {
		t.Error("two grants have the same device")
	}
	// What fails before the next Begin has made no device, and leaves no entry.
	lost := &transport.NetworkError{Sent: true, Reason: "cut"}
	var unfinished *session.UnfinishedError
	if err := attempt.Abandon(t.Context(), session.Answer{}, lost); errors.As(err, &unfinished) || strings.Contains(w.read(), "device_id") {
		t.Errorf("%v; the file is\n%s", err, w.read())
	}

	login.DeviceID = "CHOSEN-BY-ME"
	attempt = w.keeper.NewAttempt(login)
	if a, b := reserved(), reserved(); a != "CHOSEN-BY-ME" || b != a {
		t.Errorf("reserved %q and %q", a, b)
	}
	if _, err := attempt.Begin(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := attempt.Abandon(t.Context(), session.Answer{}, lost); !errors.As(err, &unfinished) || unfinished.TakenOver || unfinished.DeviceID != "CHOSEN-BY-ME" {
		t.Errorf("got %v", err)
	}
}

// TestOneUserByBothAPIs: a login by the one takes neither the device nor the renewal of the
// other, and ends its session where that was made.
func TestOneUserByBothAPIs(t *testing.T) {
	w := newWorld(t)
	w.byOAuth(4 * time.Minute)
	w.fake.On(oauthRevoke, clienttest.Reply{})
	attempt := w.begin(w.renewing(w.asAlice()))
	if id := attempt.Options().DeviceID; id == "DEVICE" {
		t.Errorf("the password login takes the device %s of the OAuth session", id)
	}
	if _, err := attempt.Finish(t.Context(), answerFor(t, "@alice:hs.test", "MADE")); err != nil {
		t.Fatal(err)
	}
	saved := w.account("@alice:hs.test")
	if saved.API != config.APILegacy || saved.DeviceID != "MADE" || saved.IsRenewable() || saved.OAuth != (config.OAuthClient{}) {
		t.Errorf("the file is\n%s", w.read())
	}

	login := w.renewing(w.asAlice())
	login.API, login.Type = config.APIOAuth, "oauth"
	attempt = w.begin(login)
	if id := attempt.Options().DeviceID; id == "MADE" {
		t.Errorf("the OAuth login takes the device %s of the password session", id)
	}
	w.fake.On(logout, clienttest.Reply{Body: `{}`})
	granted := answerFor(t, "@alice:hs.test", attempt.Options().DeviceID)
	granted.AccessToken = secret.New("granted-token")
	if _, err := attempt.Finish(t.Context(), granted); err != nil {
		t.Fatal(err)
	}
}
