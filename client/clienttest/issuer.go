package clienttest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// IssuerOptions says how an Issuer behaves. The zero value does what the specification
// says. In a script it is a JSON object with these names.
type IssuerOptions struct {
	User     string `json:"user"`     // who logs in; default @alice:hs.test
	Lifetime int    `json:"lifetime"` // of an access token, in seconds; default 300
	Password bool   `json:"password"` // GET /login lists m.login.password
	Prefers  bool   `json:"prefers"`  // it lists m.login.sso with oauth_aware_preferred as well
	NoDevice bool   `json:"no_device"`
	Unstable bool   `json:"unstable"` // the metadata has its old path only

	// What the person does. Approved is the number of the poll that comes after the
	// approval of a device code; 0 leaves that to [Issuer.Approve]. Denied and Expired
	// are likewise. Denies is an answer no in the browser.
	Approved int  `json:"approved"`
	Denied   int  `json:"denied"`
	Expired  int  `json:"expired"`
	Denies   bool `json:"denies"`

	// The ways of real servers.
	Forbidden     bool   `json:"forbidden"`      // pending, denial and expiry are 403, and no URL has the code in it
	Failing       int    `json:"failing"`        // requests for a token that end in 500 after the approval
	SlowDown      int    `json:"slow_down"`      // polls that are answered so
	KnownDevices  int    `json:"known_devices"`  // grants that are refused after the approval: the device is there already
	RefreshOnce   bool   `json:"refresh_once"`   // a refresh token is good once, also where the answer was lost
	HashedClients bool   `json:"hashed_clients"` // a client ID is a hash of what was registered, in base64
	PlainErrors   bool   `json:"plain_errors"`   // text for a form that lacks something, a panic for another's client ID
	StrictRevoke  bool   `json:"strict_revoke"`  // 400 for a token that is over
	DeafRevoke    bool   `json:"deaf_revoke"`    // 200 for an access token that has ended, and the session lives
	SoftLogout    bool   `json:"soft_logout"`    // of access tokens that are over
	NoCallback    bool   `json:"no_callback"`    // refusals are a page, and nothing comes back
	Iss           bool   `json:"iss"`            // the answer of the browser names the issuer
	CacheControl  string `json:"cache_control"`

	// Every token holds Canary, every code CodeCanary, to be looked for where none may be.
	Canary     string `json:"-"`
	CodeCanary string `json:"-"`

	// What a hostile one says: members laid over the honest answer; null takes one out.
	// {issuer} stands for its URL, {device} for the device ID of the last grant.
	Metadata     map[string]any `json:"metadata"`
	Registration map[string]any `json:"registration"`
	Code         map[string]any `json:"code"`     // of a device
	Tokens       map[string]any `json:"tokens"`   // of every grant
	Callback     map[string]any `json:"callback"` // parameters
	WhoAmI       map[string]any `json:"whoami"`
}

// Issuer is a homeserver with the OAuth 2.0 API, and the authorization server behind it,
// on 127.0.0.1. It is strict: what the specification does not allow it refuses, and what no
// client may ever do it keeps in mind.
type Issuer struct {
	*Fake
	options IssuerOptions

	mu       sync.Mutex
	clients  map[string]registered
	grants   map[string]*issuerGrant // by code, device code and user code
	sessions []*issuerSession
	used     map[string]bool // states, challenges and devices that have been asked for
	down     bool
	lost     map[string]int           // answers that are not to arrive, by path
	held     map[string]chan struct{} // closed when the one that does not arrive is due, by path
	device   string                   // of the last grant
	faults   []string
}

// issuerSession is what a grant has led to.
type issuerSession struct {
	client, device, name string
	access, refresh      string
	old                  string   // the refresh token before, good until a new token is used
	consumed             []string // refresh tokens that are not good any more
	ends                 time.Time
	over                 bool
}

// StartIssuer starts an Issuer that runs until Close or until ctx ends.
func StartIssuer(ctx context.Context, o IssuerOptions) (*Issuer, error) {
	fake, err := StartFake(ctx, FakeOptions{})
	if err != nil {
		return nil, err
	}
	if o.User == "" {
		o.User = "@alice:hs.test"
	}
	if o.Lifetime == 0 {
		o.Lifetime = 300
	}
	i := &Issuer{
		Fake: fake, options: o, clients: map[string]registered{}, grants: map[string]*issuerGrant{},
		used: map[string]bool{}, lost: map[string]int{}, held: map[string]chan struct{}{},
	}
	i.route()
	return i, nil
}

// NewIssuer is StartIssuer for a test, which fails where a client did what none may do.
func NewIssuer(t testing.TB, o IssuerOptions) *Issuer {
	t.Helper()
	i, err := StartIssuer(context.WithoutCancel(t.Context()), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		i.Close()
		for _, fault := range i.Faults() {
			t.Errorf("the issuer was asked wrongly: %s", fault)
		}
	})
	return i
}

// ParseIssuerOptions reads the options of a script.
func ParseIssuerOptions(script []byte) (o IssuerOptions, err error) {
	decoder := json.NewDecoder(bytes.NewReader(script))
	decoder.DisallowUnknownFields()
	if err = decoder.Decode(&o); err != nil {
		err = fmt.Errorf("read the issuer's options: %w", err)
	}
	return o, err
}

// Issuer is the name of the authorization server.
func (i *Issuer) Issuer() string { return i.URL() + "/" }

// Faults are what clients have done that no client may do.
func (i *Issuer) Faults() []string {
	i.mu.Lock()
	defer i.mu.Unlock()
	return append([]string(nil), i.faults...)
}

// Living are the devices of the sessions that are not over.
func (i *Issuer) Living() (devices []string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	for _, s := range i.sessions {
		if !s.over {
			devices = append(devices, s.device)
		}
	}
	return devices
}

// Name is what the device of the last session is called.
func (i *Issuer) Name() string {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.sessions[len(i.sessions)-1].name
}

// Approve is a person who enters a code and agrees.
func (i *Issuer) Approve(userCode string) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	grant, ok := i.grants[userCode]
	if !ok {
		return fmt.Errorf("approve %s: no such code", userCode)
	}
	grant.approved = true
	return nil
}

// EndSessions ends all sessions, as an administrator does.
func (i *Issuer) EndSessions() {
	i.mu.Lock()
	defer i.mu.Unlock()
	for _, s := range i.sessions {
		s.over = true
	}
}

// ExpireTokens has all access tokens ended.
func (i *Issuer) ExpireTokens() {
	i.mu.Lock()
	defer i.mu.Unlock()
	for _, s := range i.sessions {
		s.ends = time.Now()
	}
}

// SetDown has the authorization server, but not the homeserver, answer 503.
func (i *Issuer) SetDown(down bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.down = down
}

// LoseAnswers has the next n requests for a path done, and their connections cut.
func (i *Issuer) LoseAnswers(path string, n int) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.lost[path] = n
}

// HoldAnswer has the next request for a path done, and its answer never sent. The channel
// is closed when the answer is due.
func (i *Issuer) HoldAnswer(path string) (due <-chan struct{}) {
	i.mu.Lock()
	defer i.mu.Unlock()
	held := make(chan struct{})
	i.held[path] = held
	return held
}

// fault keeps in mind what no client may do. The caller holds the lock.
func (i *Issuer) fault(format string, args ...any) {
	i.faults = append(i.faults, fmt.Sprintf(format, args...))
}

// answer is a status and what is said with it: an object, or text.
type answer struct {
	status int
	body   map[string]any
	text   string
	header map[string]string
}

// refuse is an error of OAuth.
func refuse(status int, code string) answer {
	return answer{status: status, body: map[string]any{"error": code, "error_description": "the fake says " + code}}
}

// matrixError is one of the client-server API.
func matrixError(status int, code string) answer {
	return answer{status: status, body: map[string]any{"errcode": code, "error": "the fake says " + code}}
}

// overlaid is a good answer with members laid over it. The caller holds the lock.
func (i *Issuer) overlaid(status int, honest, over map[string]any) answer {
	said := maps.Clone(honest)
	for name, value := range over {
		if said[name] = i.filledIn(value); value == nil {
			delete(said, name)
		}
	}
	return answer{status: status, body: said}
}

func (i *Issuer) filledIn(value any) any {
	if text, ok := value.(string); ok {
		return strings.NewReplacer("{issuer}", i.Issuer(), "{device}", i.device).Replace(text)
	}
	return value
}

// on answers a request under the lock.
func (i *Issuer) on(request string, h func(r *http.Request) answer) {
	i.Handle(request, func(w http.ResponseWriter, r *http.Request) {
		a, lose, held := i.locked(r, h)
		if held != nil {
			close(held)
			<-r.Context().Done()
		}
		if lose || held != nil {
			panic(http.ErrAbortHandler)
		}
		a.write(w)
	})
}

func (i *Issuer) locked(r *http.Request, h func(r *http.Request) answer) (a answer, lose bool, held chan struct{}) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.down && strings.HasPrefix(r.URL.Path, "/oauth2/") {
		return answer{status: 503, text: "<html>down</html>"}, false, nil
	}
	a = h(r)
	if lose = i.lost[r.URL.Path] > 0; lose {
		i.lost[r.URL.Path]--
	}
	held = i.held[r.URL.Path]
	delete(i.held, r.URL.Path)
	return a, lose, held
}

func (a answer) write(w http.ResponseWriter) {
	for name, value := range a.header {
		w.Header().Set(name, value)
	}
	body := []byte(a.text)
	if a.body != nil {
		w.Header().Set("Content-Type", "application/json")
		body, _ = json.Marshal(a.body)
	} else if w.Header().Get("Content-Type") == "" {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	}
	w.WriteHeader(a.status)
	_, _ = w.Write(body)
}
