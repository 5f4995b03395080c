package clienttest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

const (
	synapseLogin  = "/_matrix/client/v3/login"
	synapseWhoAmI = "/_matrix/client/v3/account/whoami"
)

// TestSynapse: what the options switch on is there, and users can log in.
func TestSynapse(t *testing.T) {
	t.Parallel()
	s := NewSynapse(t, SynapseOptions{SSO: 2, SSOConfirm: true, GetToken: true, JWT: true, AppService: true, AccessTokenLifetime: 2 * time.Second})
	ctx := t.Context()
	if flows := flowsOf(t, s); !strings.Contains(flows, "oidc-test") || !strings.Contains(flows, "oidc-second") ||
		!strings.Contains(flows, "org.matrix.login.jwt") || !strings.Contains(flows, "m.login.application_service") || !strings.Contains(flows, "get_login_token") {
		t.Errorf("flows: %s", flows)
	}
	if err := s.Register(ctx, "alice", "pw-of-alice"); err != nil {
		t.Fatal(err)
	}
	if err := s.SetThirdParty(ctx, "alice", "alice@example.org", "447700900123"); err != nil {
		t.Fatal(err)
	}
	if err := s.RegisterBridged(ctx, "bridge_1"); err != nil {
		t.Fatal(err)
	}
	byPassword := func(identifier map[string]any) map[string]any {
		return map[string]any{"type": "m.login.password", "identifier": identifier, "password": "pw-of-alice", "refresh_token": true}
	}
	for name, login := range map[string]struct {
		token string
		body  map[string]any
	}{
		"user":   {"", byPassword(map[string]any{"type": "m.id.user", "user": "alice"})},
		"e-mail": {"", byPassword(map[string]any{"type": "m.id.thirdparty", "medium": "email", "address": "alice@example.org"})},
		"JWT":    {"", map[string]any{"type": "org.matrix.login.jwt", "token": s.JWT("newcomer", time.Now().Add(time.Minute))}},
		"bridge": {AppServiceToken, map[string]any{"type": "m.login.application_service", "identifier": map[string]any{"type": "m.id.user", "user": "bridge_1"}}},
	} {
		if err := callJSON(ctx, "POST", s.URL()+synapseLogin, login.token, login.body, nil); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if devices, err := s.Devices(ctx, "alice"); err != nil || len(devices) != 2 {
		t.Errorf("devices %v, %v", devices, err)
	}
	if err := s.Lock(ctx, "alice", true); err != nil {
		t.Fatal(err)
	}
	err := callJSON(ctx, "POST", s.URL()+synapseLogin, "", byPassword(map[string]any{"type": "m.id.user", "user": "alice"}), nil)
	if err == nil || !strings.Contains(err.Error(), "M_USER_LOCKED") {
		t.Errorf("a locked account: %v", err)
	}
	t.Run("single sign-on", func(t *testing.T) { clickThrough(t, s) })
}

// clickThrough logs in by a real browser.
func clickThrough(t *testing.T, s *Synapse) {
	var loginToken string
	callback := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if token := r.URL.Query().Get("loginToken"); token != "" {
			loginToken = token
		}
		_, _ = w.Write([]byte("<title>back</title>That is all."))
	}))
	defer callback.Close()
	page, err := Browse(t.Context(), s.URL()+synapseLogin+"/sso/redirect/oidc-second?redirectUrl="+url.QueryEscape(callback.URL+"/cb"), "bob")
	if errors.Is(err, ErrMissing) {
		Skip(t, "the browser: "+err.Error())
	}
	if err != nil || page.Title != "back" || page.Text != "That is all." || !strings.HasPrefix(page.URL, callback.URL) {
		t.Fatalf("%+v, %v", page, err)
	}
	var session struct {
		UserID string `json:"user_id"`
	}
	body := map[string]any{"type": "m.login.token", "token": loginToken}
	if err := callJSON(t.Context(), "POST", s.URL()+synapseLogin, "", body, &session); err != nil || session.UserID != "@bob:localhost" {
		t.Errorf("%+v, %v", session, err)
	}
}

// TestSynapseRefuses: servers that take no logins of one kind or another.
func TestSynapseRefuses(t *testing.T) {
	t.Parallel()
	limited := NewSynapse(t, SynapseOptions{RateLimit: true, NoPassword: true})
	if flows := flowsOf(t, limited); strings.Contains(flows, "password") {
		t.Errorf("flows: %s", flows)
	}
	var err error
	for range 4 {
		err = callJSON(t.Context(), "POST", limited.URL()+synapseLogin, "", map[string]any{"type": "m.login.token", "token": "x"}, nil)
	}
	if err == nil || !strings.Contains(err.Error(), "429") {
		t.Errorf("four logins: %v", err)
	}
	if err := limited.Stop(); err != nil {
		t.Error(err)
	}
	if err := callJSON(context.Background(), "GET", limited.URL()+synapseWhoAmI, "", nil, nil); err == nil || !strings.Contains(err.Error(), "refused") {
		t.Errorf("after Stop: %v", err)
	}
}

func flowsOf(t *testing.T, s *Synapse) string {
	t.Helper()
	var flows map[string]any
	if err := callJSON(t.Context(), "GET", s.URL()+synapseLogin, "", nil, &flows); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint(flows)
}
