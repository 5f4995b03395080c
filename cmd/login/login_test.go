package login_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mxlogin/client/matrixid"
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
}

func (w *world) RoundTrip(r *http.Request) (*http.Response, error) {
	request := r.Method + " " + strings.TrimPrefix(r.URL.Path, "/_matrix/client")
	w.events = append(w.events, request)
	status, body := 200, `{}`
	switch request {
	case "GET /v3/login":
		body = w.flows
	case "POST /v3/login":
		w.noteFile()
		body = `{"user_id":"@alice:hs.test","access_token":"tok-of-the-test","device_id":"A"}`
	case "GET /v3/account/whoami":
		body = `{"user_id":"@alice:hs.test","device_id":"A"}`
	default:
		status = 404
	}
	if body == "" {
		status = 404
	}
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), ContentLength: -1}, nil
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

// Visit is a person who logs in and pastes the token.
func (w *world) Visit(_ context.Context, v terminal.Visit) error {
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
		By:       login.Password{Source: terminal.Source{Name: "password"}},
		Settings: settings, File: file, Person: w, Keep: func(string) {},
		Keeper: &session.Keeper{
			Store: w.store, Reporter: w, Hide: func(secret.Value) {}, Now: time.Now,
			Network: session.Network{RoundTripper: w},
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
			if diff := cmp.Diff(test.want, w.events); diff != "" {
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
