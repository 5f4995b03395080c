package login_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"mxlogin/client/matrixid"
	"mxlogin/client/oauth"
	"mxlogin/client/secret"
	"mxlogin/cmd/choose"
	"mxlogin/cmd/login"
	"mxlogin/cmd/session"
	"mxlogin/cmd/terminal"
	"mxlogin/config"
)

// world writes down what a login does, in order: the requests, what the person is
// asked for, and when the file is there.
type world struct {
	t      *testing.T
	store  *config.Store
	events []string
	flows  string // the answer to GET /login; "" is a 404
	device string // that the last grant was for
}

// metadata is what the homeserver says of its authorization server.
const metadata = `{"issuer":"https://auth.hs.test/","authorization_endpoint":"https://auth.hs.test/authorize",
	"token_endpoint":"https://auth.hs.test/token","registration_endpoint":"https://auth.hs.test/registration",
	"revocation_endpoint":"https://auth.hs.test/revoke","device_authorization_endpoint":"https://auth.hs.test/device",
	"response_types_supported":["code"],"response_modes_supported":["query","fragment"],"code_challenge_methods_supported":["S256"],
	"grant_types_supported":["authorization_code","refresh_token","urn:ietf:params:oauth:grant-type:device_code"]}`

func (w *world) RoundTrip(r *http.Request) (*http.Response, error) {
	request := r.Method + " " + strings.TrimPrefix(r.URL.Path, "/_matrix/client")
	event := request
	if w.device != "" {
		event = strings.TrimSuffix(request, w.device) // which is random
	}
	w.events = append(w.events, event)
	status, body := 200, `{}`
	switch request {
	case "GET /v3/login":
		body = w.flows
	case "POST /v3/login":
		w.noteFile()
		body = `{"user_id":"@alice:hs.test","access_token":"tok-of-the-test","device_id":"A"}`
	case "GET /v3/account/whoami":
		body = fmt.Sprintf(`{"user_id":"@alice:hs.test","device_id":%q}`, cmp.Or(w.device, "A"))
	case "GET /v1/auth_metadata":
		if body = metadata; w.flows != "" {
			body = ""
		}
	case "POST /registration":
		body = `{"client_id":"client+/="}`
	case "POST /device":
		w.noteFile()
		w.noteDevice(r.FormValue("scope"))
		body = `{"device_code":"device-code","user_code":"ABCD","verification_uri":"https://auth.hs.test/link","expires_in":60,"interval":1}`
	case "POST /token":
		body = `{"access_token":"tok-of-the-test","token_type":"bearer","refresh_token":"refresh","expires_in":300}`
	case "PUT /v3/devices/" + w.device:
	default:
		status = 404
	}
	if body == "" {
		status = 404
	}
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), ContentLength: -1}, nil
}

// noteDevice reads the device ID out of a scope.
func (w *world) noteDevice(scope string) {
	_, w.device, _ = strings.Cut(scope, "urn:matrix:client:device:")
}

func (w *world) noteFile() {
	file, err := w.store.Load()
	if err != nil {
		w.t.Fatal(err)
	}
	if slices.ContainsFunc(file.Accounts(), func(a config.Account) bool { return a.Pending }) {
		w.events = append(w.events, "pending is saved")
	}
}

func (w *world) Secret(_ context.Context, from terminal.Source, _ string) (secret.Value, error) {
	w.events = append(w.events, "asked for "+from.Name)
	return secret.New("pw-of-the-test"), nil
}

func (w *world) Line(context.Context, terminal.InteractionError, string) (string, error) {
	w.events = append(w.events, "asked for a line")
	return "alice", nil
}

func (w *world) Choose(context.Context, terminal.InteractionError, string, []string) (int, error) {
	w.events = append(w.events, "asked to choose")
	return 1, nil
}

// Within is a person who has all the time in the world.
func (w *world) Within(ctx context.Context, _ terminal.TimeoutError, do func(context.Context) error) error {
	return do(ctx)
}

// Approve is a person who approves a code at once.
func (w *world) Approve(ctx context.Context, code terminal.Code, done func(context.Context) error) error {
	w.events = append(w.events, "shown "+code.Text)
	return done(ctx)
}

// Visit is a person who logs in and pastes what the browser ends at.
func (w *world) Visit(_ context.Context, v terminal.Visit) error {
	if page, err := url.Parse(v.URL); err == nil && page.Path == "/authorize" {
		w.noteFile()
		w.noteDevice(page.Query().Get("scope"))
		w.events = append(w.events, "sent to the browser")
		return v.Entered(page.Query().Get("redirect_uri") + "?code=the-code&state=" + page.Query().Get("state"))
	}
	_, provider, _ := strings.Cut(v.URL, "/sso/redirect")
	provider, _, _ = strings.Cut(provider, "?")
	w.events = append(w.events, "sent to the browser"+provider)
	return v.Entered("login-token-of-the-test")
}

func (w *world) Warning(string, string) {}

func (w *world) Notice(string, string, map[string]any) {}

func (w *world) request() login.Request {
	w.t.Helper()
	file, err := w.store.Load()
	if err != nil {
		w.t.Fatal(err)
	}
	settings, err := config.Resolve(nil, func(string) (string, bool) { return "", false }, file)
	if err != nil {
		w.t.Fatal(err)
	}
	base, err := matrixid.ParseBaseURL("https://hs.test")
	if err != nil {
		w.t.Fatal(err)
	}
	return login.Request{
		Target:   choose.Target{Base: base},
		Login:    session.Login{DeviceName: "bot"},
		By:       login.Password{Source: terminal.Source{Name: "password"}},
		Settings: settings, File: file, Person: w, Keep: func(string) {},
		Keeper: &session.Keeper{
			Store: w.store, Reporter: w, Hide: func(secret.Value) {}, Now: time.Now,
			Network: session.Network{
				RoundTripper: w,
				Clock:        oauth.Clock{Sleep: func(context.Context, time.Duration) error { return nil }},
			},
		},
	}
}

// TestTheOrderOfALogin: nobody is asked for a secret before the flow is known to be
// offered, and nothing is sent before the file was written.
func TestTheOrderOfALogin(t *testing.T) {
	const offersPasswords = `{"flows":[{"type":"m.login.password"}]}`
	alice := choose.Who{Localpart: "alice"}
	tests := []struct {
		name   string
		flows  string
		saved  bool
		change func(*login.Request)
		want   []string
		fails  bool
	}{
		{
			name: "a password", flows: offersPasswords,
			change: func(r *login.Request) { r.Who = alice },
			want:   []string{"GET /v3/login", "asked for password", "POST /v3/login", "pending is saved"},
		},
		{
			name: "nobody was named", flows: offersPasswords,
			want: []string{"GET /v3/login", "asked for a line", "asked for password", "POST /v3/login", "pending is saved"},
		},
		{
			name: "--skip-flows", flows: offersPasswords,
			change: func(r *login.Request) { r.Who, r.SkipFlows = alice, true },
			want:   []string{"asked for password", "POST /v3/login", "pending is saved"},
		},
		{
			name: "not offered", flows: `{"flows":[]}`, fails: true,
			change: func(r *login.Request) { r.Who = alice },
			want:   []string{"GET /v3/login", "GET /v1/auth_metadata", "GET /unstable/org.matrix.msc2965/auth_metadata"},
		},
		{
			name: "a saved account", saved: true,
			change: func(r *login.Request) { r.Who = alice },
			want:   []string{"asked for password", "POST /v3/login"},
		},
		{
			name: "--if-needed", saved: true,
			change: func(r *login.Request) { r.Who, r.IfNeeded = alice, true },
			want:   []string{"GET /v3/account/whoami"},
		},
		{
			name: "single sign-on", flows: `{"flows":[{"type":"m.login.sso","identity_providers":[{"id":"one","name":"One"}]}]}`,
			change: func(r *login.Request) { r.By = login.SSO{} },
			want:   []string{"GET /v3/login", "sent to the browser", "POST /v3/login", "pending is saved"},
		},
		{
			name: "one of two identity providers", flows: `{"flows":[{"type":"m.login.sso","identity_providers":[{"id":"one","name":"One"},{"id":"a/b","name":"Two"}]}]}`,
			change: func(r *login.Request) { r.By = login.SSO{} },
			want:   []string{"GET /v3/login", "asked to choose", "sent to the browser/a%2Fb", "POST /v3/login", "pending is saved"},
		},
		{
			name: "an identity provider that is named", flows: `{"flows":[{"type":"m.login.sso","identity_providers":[{"id":"one","name":"One"},{"id":"a/b","name":"Two"}]}]}`,
			change: func(r *login.Request) { r.By = login.SSO{Provider: "one"} },
			want:   []string{"GET /v3/login", "sent to the browser/one", "POST /v3/login", "pending is saved"},
		},
		{
			name:   "OAuth in the browser",
			change: func(r *login.Request) { r.By = login.OAuth{Browser: true} },
			want: []string{
				"GET /v1/auth_metadata", "GET /v1/auth_metadata", "POST /registration", "pending is saved",
				"sent to the browser", "POST /token", "GET /v3/account/whoami", "PUT /v3/devices/",
			},
		},
		{
			name:   "OAuth by a device code",
			change: func(r *login.Request) { r.By = login.OAuth{} },
			want: []string{
				"GET /v1/auth_metadata", "GET /v1/auth_metadata", "POST /registration", "POST /device", "pending is saved",
				"shown ABCD", "POST /token", "GET /v3/account/whoami", "PUT /v3/devices/",
			},
		},
		{
			name: "OAuth that the server does not have", flows: offersPasswords, fails: true,
			change: func(r *login.Request) { r.By = login.OAuth{} },
			want:   []string{"GET /v1/auth_metadata", "GET /unstable/org.matrix.msc2965/auth_metadata", "GET /v3/login"},
		},
		{
			name: "an import", flows: offersPasswords,
			change: func(r *login.Request) { r.By = login.Import{Source: terminal.Source{Name: "access-token"}} },
			want:   []string{"GET /v3/login", "asked for access-token", "GET /v3/account/whoami"},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := &world{t: t, flows: test.flows}
			w.store = config.NewStore(filepath.Join(t.TempDir(), "config.yaml"), true, func(config.Notice) {})
			if test.saved {
				w.save(config.Account{
					UserID: "@alice:hs.test", Homeserver: "https://hs.test", DeviceID: "A",
					AccessToken: secret.New("old-token"), Flow: "m.login.password", API: config.APILegacy,
				})
			}
			request := w.request()
			if test.change != nil {
				test.change(&request)
			}
			_, err := login.Login(t.Context(), request)
			var notOffered *login.NotOfferedError
			if errors.As(err, &notOffered) != test.fails || !test.fails && err != nil {
				t.Errorf("got %v", err)
			}
			if diff := gocmp.Diff(test.want, w.events); diff != "" {
				t.Errorf("(-want +done)\n%s", diff)
			}
		})
	}
}

func (w *world) save(account config.Account) {
	w.t.Helper()
	err := w.store.Update(w.t.Context(), func(file *config.File) error {
		file.Put(account)
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
}
