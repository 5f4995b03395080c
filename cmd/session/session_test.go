package session_test

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mxlogin/client"
	"mxlogin/client/clienttest"
	"mxlogin/client/matrixid"
	"mxlogin/client/secret"
	"mxlogin/cmd/choose"
	"mxlogin/cmd/session"
	"mxlogin/config"
)

const (
	login  = "POST /_matrix/client/v3/login"
	logout = "POST /_matrix/client/v3/logout"
	whoami = "GET /_matrix/client/v3/account/whoami"

	// saved is a file as mxlogin writes it, to which a person has added.
	// SERVER stands for the homeserver in use.
	saved = `# mxlogin config; complete only with its last line
version: 1
# by hand
settings:
  homeserver: example.org # the usual one
default_account: bot
future: {key: [1, 2]}
accounts:
  # the bot
  - name: bot # short
    user_id: "@bot:other.test"
    homeserver: https://other.test
    device_id: BOTDEVICE
    access_token: bot-token-of-another-account
    flow: m.login.password
    api: legacy
    mood: fine
  - user_id: "@alice:hs.test"
    homeserver: SERVER # where she is
    # her machine
    device_id: OLDDEVICE
    access_token: old-token-of-alice
    flow: m.login.password
    api: legacy
    prefix: r0 # an old server
    colour: red
# end of mxlogin config
`
)

// world is a homeserver, a config file, and the keeper between them.
type world struct {
	t      *testing.T
	fake   *clienttest.Fake
	path   string
	told   *reporter
	keeper *session.Keeper
	base   matrixid.BaseURL
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, fake: clienttest.NewFake(t, clienttest.FakeOptions{}), told: &reporter{}}
	w.path = filepath.Join(t.TempDir(), "config.yaml")
	w.base = baseURL(t, w.fake.URL())
	w.keeper = &session.Keeper{
		Store:    config.NewStore(w.path, true, func(config.Notice) {}),
		Network:  newNetwork(nil),
		Reporter: w.told,
		Hide:     func(secret.Value) {},
		Now:      func() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC) },
	}
	return w
}

// newNetwork waits for nothing: a rate limit is an error at once.
func newNetwork(rt http.RoundTripper, plain ...string) session.Network {
	return session.Network{Timeout: 20 * time.Second, RoundTripper: rt, AllowHTTP: plain}
}

// connect is the connection by a network.
func connect(t *testing.T, n session.Network) session.Connection {
	t.Helper()
	connection, err := n.For(nil)
	if err != nil {
		t.Fatal(err)
	}
	return connection
}

// asAlice is a login of @alice:hs.test by password that nothing is known about.
func (w *world) asAlice() session.Login {
	return session.Login{
		Who: choose.Who{User: userID(w.t, "@alice:hs.test")}, Typed: true,
		Type: client.FlowPassword, API: config.APILegacy, Base: w.base,
		Connection: connect(w.t, w.keeper.Network),
	}
}

// renewing is l with the account that it renews, as the commands find it.
func (w *world) renewing(l session.Login) session.Login {
	w.t.Helper()
	account, err := choose.ForLogin(w.load(), l.Account, l.Who, choose.Place{Base: l.Base})
	if err != nil {
		w.t.Fatal(err)
	}
	l.Saved = account
	return l
}

// begin is Begin of a login that must get that far.
func (w *world) begin(l session.Login) *session.Attempt {
	w.t.Helper()
	attempt := w.keeper.NewAttempt(l)
	if _, err := attempt.Begin(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	return attempt
}

// logIn walks a login as the commands do.
func (w *world) logIn(l session.Login) (session.Result, error) {
	w.t.Helper()
	attempt := w.begin(l)
	answer, err := w.send(attempt)
	if err != nil {
		return session.Result{}, attempt.Abandon(w.t.Context(), answer, err)
	}
	return attempt.Finish(w.t.Context(), answer)
}

func (w *world) send(attempt *session.Attempt) (session.Answer, error) {
	homeserver := attempt.Client()
	password := homeserver.Bind(secret.New("password"))
	answer, err := homeserver.LoginPassword(w.t.Context(), client.User("alice"), password, attempt.Options())
	return session.Answer{Session: answer}, err
}

// write makes the config file, with SERVER as the homeserver in use.
func (w *world) write(text string) string {
	w.t.Helper()
	text = strings.ReplaceAll(text, "SERVER", w.base.String())
	if err := os.WriteFile(w.path, []byte(text), 0o600); err != nil {
		w.t.Fatal(err)
	}
	return text
}

func (w *world) read() string {
	w.t.Helper()
	data, err := os.ReadFile(w.path)
	if err != nil {
		w.t.Fatal(err)
	}
	return string(data)
}

func (w *world) load() *config.File {
	w.t.Helper()
	file, err := w.keeper.Store.Load()
	if err != nil {
		w.t.Fatal(err)
	}
	return file
}

// put saves accounts as they are.
func (w *world) put(accounts ...config.Account) {
	w.t.Helper()
	err := w.keeper.Store.Update(context.Background(), func(file *config.File) error {
		for _, account := range accounts {
			file.Put(account)
		}
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// account is the saved account called name, which must be there.
func (w *world) account(name string) config.Account {
	w.t.Helper()
	account, ok := w.load().Account(name)
	if !ok {
		w.t.Fatalf("account %q is not in the file:\n%s", name, w.read())
	}
	return account
}

// sent is the requests so far, each with a space and its bearer token if it has
// one.
func (w *world) sent() []string {
	var sent []string
	for _, r := range w.fake.Requests() {
		sent = append(sent, strings.TrimSpace(r.Method+" "+r.Path+" "+strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")))
	}
	return sent
}

// answers lets the fake answer a request with status and body, once.
func (w *world) answers(request string, status int, body string) {
	w.fake.On(request, clienttest.Reply{Status: status, Body: body})
}

// aliceWith is a session of @alice:hs.test with this token and device.
func (w *world) aliceWith(token, device string) config.Account {
	return config.Account{
		Name: "@alice:hs.test", UserID: "@alice:hs.test", Homeserver: w.base.String(), DeviceID: device,
		AccessToken: secret.New(token), Flow: client.FlowPassword, API: config.APILegacy,
	}
}

// answerFor is a login's answer, as the client hands it over.
func answerFor(t *testing.T, user, device string) session.Answer {
	t.Helper()
	return session.Answer{Session: client.Session{UserID: userID(t, user), DeviceID: device, Tokens: client.Tokens{AccessToken: secret.New("new-token")}}}
}

func userID(t *testing.T, s string) matrixid.UserID {
	t.Helper()
	id, err := matrixid.ParseUserID(s)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func baseURL(t *testing.T, s string) matrixid.BaseURL {
	t.Helper()
	base, err := matrixid.ParseBaseURL(s)
	if err != nil {
		t.Fatal(err)
	}
	return base
}

func holds(v secret.Value, want string) bool { return v.Equal(secret.New(want)) }

// reporter keeps what a person was told.
type reporter struct {
	warnings []string // "code: message"
	notices  []string // "kind: message"
}

func (r *reporter) Warning(code, message string) {
	r.warnings = append(r.warnings, code+": "+message)
}

func (r *reporter) Notice(kind, message string, _ map[string]any) {
	r.notices = append(r.notices, kind+": "+message)
}

// codes is the codes of what was told.
func codes(told []string) string {
	var list []string
	for _, text := range told {
		code, _, _ := strings.Cut(text, ":")
		list = append(list, code)
	}
	return strings.Join(list, " ")
}
