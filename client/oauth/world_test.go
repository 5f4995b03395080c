package oauth_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"testing"
	"time"

	"mxlogin/client/clienttest"
	"mxlogin/client/matrixid"
	"mxlogin/client/oauth"
	"mxlogin/client/secret"
	"mxlogin/client/transport"
)

// world is an authorization server that answers as told, and a clock that goes only when
// somebody sleeps.
type world struct {
	t      *testing.T
	fake   *clienttest.Fake
	sent   []secret.Value // what was bound, to be sent
	now    time.Time
	slept  []time.Duration
	passes func() // called at the end of each sleep
}

func newWorld(t *testing.T) *world {
	return &world{
		t: t, fake: clienttest.NewFake(t, clienttest.FakeOptions{}),
		now: time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC), passes: func() {},
	}
}

func (w *world) clock() oauth.Clock {
	return oauth.Clock{Now: func() time.Time { return w.now }, Sleep: w.sleep}
}

func (w *world) sleep(ctx context.Context, d time.Duration) error {
	w.slept, w.now = append(w.slept, d), w.now.Add(d)
	w.passes()
	return context.Cause(ctx)
}

func (w *world) transport() *transport.Client {
	return transport.New(transport.Options{
		Sleep:  func(ctx context.Context, _ time.Duration) error { return context.Cause(ctx) },
		OnBind: func(v secret.Value) { w.sent = append(w.sent, v) },
	})
}

func (w *world) base() matrixid.BaseURL {
	w.t.Helper()
	base, err := matrixid.ParseBaseURL(w.fake.URL())
	if err != nil {
		w.t.Fatal(err)
	}
	return base
}

// metadata is a good description, with members laid over it; nil takes one out.
func (w *world) metadata(over map[string]any) string {
	w.t.Helper()
	at := w.fake.URL()
	members := map[string]any{
		"issuer":                           at + "/",
		"authorization_endpoint":           at + "/authorize?tenant=a%20b",
		"token_endpoint":                   at + "/oauth2/token",
		"registration_endpoint":            at + "/oauth2/registration",
		"revocation_endpoint":              at + "/oauth2/revoke",
		"device_authorization_endpoint":    at + "/oauth2/device",
		"account_management_uri":           at + "/account?lang=en",
		"response_types_supported":         []string{"code"},
		"response_modes_supported":         []string{"query", "fragment"},
		"grant_types_supported":            []string{"authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:device_code"},
		"code_challenge_methods_supported": []string{"S256", "plain"},

		"account_management_actions_supported": []string{"org.matrix.device_delete"},
	}
	for name, value := range over {
		if members[name] = value; value == nil {
			delete(members, name)
		}
	}
	body, err := json.Marshal(members)
	if err != nil {
		w.t.Fatal(err)
	}
	return string(body)
}

// client reads a description and makes a client of it.
func (w *world) client(over map[string]any) (*oauth.Client, error) {
	w.t.Helper()
	w.fake.On(stable, clienttest.Reply{Body: w.metadata(over)})
	metadata, _, err := oauth.FetchMetadata(w.t.Context(), w.transport(), w.base())
	if err != nil {
		return nil, err
	}
	return oauth.New(w.transport(), w.base(), metadata, w.clock())
}

func (w *world) mustClient(over map[string]any) *oauth.Client {
	w.t.Helper()
	c, err := w.client(over)
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

// form is the form of the last request.
func (w *world) form() url.Values {
	w.t.Helper()
	requests := w.fake.Requests()
	form, err := url.ParseQuery(requests[len(requests)-1].Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return form
}

func isProtocolError(err error) bool {
	var protocol *transport.ProtocolError
	return errors.As(err, &protocol)
}

func codeOf(err error) string {
	var refused *oauth.Error
	if errors.As(err, &refused) {
		return refused.Code
	}
	return ""
}

func holds(v secret.Value, text string) bool { return v.Equal(secret.New(text)) }
