package discovery_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"mxlogin/client/clienttest"
	"mxlogin/client/discovery"
	"mxlogin/client/matrixid"
	"mxlogin/client/transport"
)

const (
	wellKnown = "GET /.well-known/matrix/client"
	versions  = "GET /_matrix/client/versions"
	goodList  = `{"versions":["r0.6.1","v1.1","x.y"],"unstable_features":{"a":true}}`
)

// world is a network of its own: names that lead to fakes by a proxy, over TLS.
type world struct {
	ca     *clienttest.CA
	routes map[string]string
	t      *testing.T

	maxWait time.Duration
	waits   int // for rate limits
}

func newWorld(t *testing.T) *world {
	t.Helper()
	ca, err := clienttest.NewCA()
	if err != nil {
		t.Fatal(err)
	}
	return &world{t: t, ca: ca, routes: map[string]string{}}
}

// server is a fake that is reached as host, "hs.test:443".
func (w *world) server(host string) *clienttest.Fake {
	w.t.Helper()
	name, _, _ := strings.Cut(host, ":")
	fake := clienttest.NewFake(w.t, clienttest.FakeOptions{TLS: true, CA: w.ca, Hosts: []string{name}})
	w.routes[host] = strings.TrimPrefix(fake.URL(), "https://")
	return fake
}

func (w *world) resolve(name string) (discovery.Result, error) {
	w.t.Helper()
	server, err := matrixid.ParseServerName(name)
	if err != nil {
		w.t.Fatal(err)
	}
	return discovery.Resolve(w.t.Context(), w.transport(), server)
}

// examine is resolve that looks at the identity server as well.
func (w *world) examine(name string) (discovery.Result, error) {
	w.t.Helper()
	server, err := matrixid.ParseServerName(name)
	if err != nil {
		w.t.Fatal(err)
	}
	return discovery.Examine(w.t.Context(), w.transport(), server)
}

func (w *world) transport() *transport.Client {
	w.t.Helper()
	proxy, err := url.Parse(clienttest.NewConnectProxy(w.t, w.routes).URL())
	if err != nil {
		w.t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(w.ca.PEM())
	return transport.New(transport.Options{
		Timeout:      20 * time.Second,
		RoundTripper: &http.Transport{Proxy: http.ProxyURL(proxy), TLSClientConfig: &tls.Config{RootCAs: pool}},
		MaxWait:      w.maxWait,
		WaitOut:      func(context.Context, transport.Wait) error { w.waits++; return nil },
		Sleep:        func(ctx context.Context, _ time.Duration) error { return context.Cause(ctx) },
	})
}

func outcomes(r discovery.Result) string {
	var words []string
	for _, step := range r.Steps {
		words = append(words, string(step.Outcome))
	}
	return strings.Join(words, " ") + " = " + string(r.Outcome)
}

func TestTheWellKnownFileNamesTheHomeserver(t *testing.T) {
	w := newWorld(t)
	w.server("hs.test:443").On(wellKnown, clienttest.Reply{Body: `{"m.homeserver":{"base_url":"https://matrix.hs.test:8448/m/"},"org.example":1}`})
	w.server("matrix.hs.test:8448").On("GET /m/_matrix/client/versions", clienttest.Reply{Body: goodList})
	got, err := w.resolve("hs.test:1234") // the port plays no part in the file's place
	if err != nil || got.Base.String() != "https://matrix.hs.test:8448/m" || outcomes(got) != "SUCCESS SUCCESS = SUCCESS" {
		t.Errorf("%+v, %v", got, err)
	}
	if fmt.Sprint(got.Versions) != "[r0.6.1 v1.1 x.y]" {
		t.Errorf("versions %v", got.Versions)
	}
	if got.Steps[0].Request != "GET https://hs.test/.well-known/matrix/client" || got.Steps[0].Status != 200 {
		t.Errorf("%+v", got.Steps[0])
	}
}

func TestW18_WithoutAFileTheNameItselfIsUsed(t *testing.T) {
	w := newWorld(t)
	w.server("hs.test:443").On(wellKnown, clienttest.Reply{Status: 404})
	w.server("hs.test:8448").On(versions, clienttest.Reply{Body: goodList})
	got, err := w.resolve("hs.test:8448")
	if err != nil || got.Base.String() != "https://hs.test:8448" || outcomes(got) != "IGNORE SUCCESS = SUCCESS" {
		t.Errorf("%s, %v", outcomes(got), err)
	}

	w = newWorld(t)
	w.server("hs.test:443").On(wellKnown, clienttest.Reply{Status: 404})
	got, err = w.resolve("hs.test:8448")
	checkFailure(t, got, err, "IGNORE FAIL_PROMPT = FAIL_PROMPT", discovery.FailPrompt)
}

func TestBadFiles_W5_W17_W19_W20(t *testing.T) {
	cases := []struct {
		name  string
		reply clienttest.Reply
		want  discovery.Outcome
	}{
		{"W19 500", clienttest.Reply{Status: 500, Body: "x"}, discovery.FailPrompt},
		{"W19 403", clienttest.Reply{Status: 403, Body: "{}"}, discovery.FailPrompt},
		{"W19 empty", clienttest.Reply{}, discovery.FailPrompt},
		{"W19 not JSON", clienttest.Reply{Body: "<html>"}, discovery.FailPrompt},
		{"W19 a list", clienttest.Reply{Body: "[]"}, discovery.FailPrompt},
		{"W17 nothing in it", clienttest.Reply{Body: `{}`}, discovery.FailPrompt},
		{"W17 not an object", clienttest.Reply{Body: `{"m.homeserver":"https://hs.test"}`}, discovery.FailPrompt},
		{"W17 missing", clienttest.Reply{Body: `{"m.homeserver":{}}`}, discovery.FailPrompt},
		{"W17 number", clienttest.Reply{Body: `{"m.homeserver":{"base_url":1}}`}, discovery.FailPrompt},
		{"W17 null", clienttest.Reply{Body: `{"m.homeserver":{"base_url":null}}`}, discovery.FailPrompt},
		{"W17 array", clienttest.Reply{Body: `{"m.homeserver":{"base_url":["https://hs.test"]}}`}, discovery.FailPrompt},
		{"W17 empty", clienttest.Reply{Body: `{"m.homeserver":{"base_url":""}}`}, discovery.FailPrompt},
		{"no URL", clienttest.Reply{Body: `{"m.homeserver":{"base_url":"hs.test"}}`}, discovery.FailError},
		{"W2 http", clienttest.Reply{Body: `{"m.homeserver":{"base_url":"http://hs.test"}}`}, discovery.FailError},
		{"W3 this machine", clienttest.Reply{Body: `{"m.homeserver":{"base_url":"http://127.0.0.1:8008"}}`}, discovery.FailError},
		{"W3 localhost by https", clienttest.Reply{Body: `{"m.homeserver":{"base_url":"https://localhost"}}`}, discovery.FailError},
		{"W5 an address", clienttest.Reply{Body: `{"m.homeserver":{"base_url":"https://192.0.2.1"}}`}, discovery.FailError},
		{"W5 link-local", clienttest.Reply{Body: `{"m.homeserver":{"base_url":"https://169.254.169.254"}}`}, discovery.FailError},
		{"W10 query", clienttest.Reply{Body: `{"m.homeserver":{"base_url":"https://hs.test/?x=1"}}`}, discovery.FailError},
		{"W4 userinfo", clienttest.Reply{Body: `{"m.homeserver":{"base_url":"https://u:p@hs.test"}}`}, discovery.FailError},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			w.server("hs.test:443").On(wellKnown, c.reply)
			got, err := w.resolve("hs.test")
			checkFailure(t, got, err, fmt.Sprintf("%s = %s", c.want, c.want), c.want)
		})
	}
}

func TestW5_AnAddressMayNameItself(t *testing.T) {
	server, err := matrixid.ParseServerName("192.0.2.1:8448")
	if err != nil {
		t.Fatal(err)
	}
	for text, fine := range map[string]bool{"https://192.0.2.1": true, "https://192.0.2.1:8448": true, "https://192.0.2.2": false} {
		base, err := matrixid.ParseBaseURL(text)
		if err != nil {
			t.Fatal(err)
		}
		source, _ := matrixid.ParseBaseURL("https://192.0.2.1")
		if reason := discovery.Distrust(base, source.Origin(), server); (reason == "") != fine {
			t.Errorf("%s: %q", text, reason)
		}
	}
}

func TestW3_TheLoopbackMayNameTheLoopback(t *testing.T) {
	server, _ := matrixid.ParseServerName("localhost")
	source, _ := matrixid.ParseBaseURL("https://localhost")
	for _, text := range []string{"http://127.0.0.1:8008", "http://[::1]:8008", "http://localhost:8008"} {
		base, err := matrixid.ParseBaseURL(text)
		if err != nil {
			t.Fatal(err)
		}
		if reason := discovery.Distrust(base, source.Origin(), server); reason != "" {
			t.Errorf("%s: %s", text, reason)
		}
	}
	public, _ := matrixid.ParseBaseURL("http://hs.test")
	if discovery.Distrust(public, source.Origin(), server) == "" {
		t.Error("the loopback may send its users to plain http elsewhere")
	}
}

func TestW20_H55_ANamedServerMustAnswer(t *testing.T) {
	cases := map[string]clienttest.Reply{
		"W20 404":          {Status: 404, Body: `{"errcode":"M_UNRECOGNIZED"}`},
		"W20 500":          {Status: 500},
		"H55 HTML":         {Body: "<html>"},
		"H55 empty list":   {Body: `{"versions":[]}`},
		"H55 a string":     {Body: `{"versions":"v1.1"}`},
		"H55 missing":      {Body: `{}`},
		"H55 not a string": {Body: `{"versions":["v1.1",1]}`},
	}
	for name, reply := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			fake := w.server("hs.test:443")
			fake.On(wellKnown, clienttest.Reply{Body: `{"m.homeserver":{"base_url":"https://hs.test"}}`})
			fake.On(versions, reply)
			got, err := w.resolve("hs.test")
			checkFailure(t, got, err, "SUCCESS FAIL_ERROR = FAIL_ERROR", discovery.FailError)
		})
	}
}

func TestH55_ManyVersionsAreFine(t *testing.T) {
	w := newWorld(t)
	fake := w.server("hs.test:443")
	fake.On(wellKnown, clienttest.Reply{Status: 404})
	fake.On(versions, clienttest.Reply{Body: `{"versions":["v1.1"` + strings.Repeat(`,"v1.1"`, 10_000) + `]}`})
	if got, err := w.resolve("hs.test"); err != nil || len(got.Versions) != 10_001 {
		t.Errorf("%d versions, %v", len(got.Versions), err)
	}
}

func TestNoAnswerAtAllIsFailPrompt(t *testing.T) {
	got, err := newWorld(t).resolve("hs.test")
	checkFailure(t, got, err, "FAIL_PROMPT = FAIL_PROMPT", discovery.FailPrompt)
	var network *transport.NetworkError
	if !errors.As(err, &network) {
		t.Errorf("%v", err)
	}
}

func TestH32_RedirectsOfTheFileAreFollowed(t *testing.T) {
	w := newWorld(t)
	first, second := w.server("hs.test:443"), w.server("other.test:443")
	first.On(wellKnown, clienttest.Reply{Status: 302, Header: map[string]string{"Location": "https://other.test/file?x=1"}})
	second.On("GET /file", clienttest.Reply{Body: `{"m.homeserver":{"base_url":"https://hs.test"}}`})
	first.On(versions, clienttest.Reply{Body: goodList})
	if got, err := w.resolve("hs.test"); err != nil || got.Base.String() != "https://hs.test" {
		t.Errorf("%+v, %v", got, err)
	}

	w = newWorld(t)
	loop := w.server("hs.test:443")
	loop.OnEvery(wellKnown, clienttest.Reply{Status: 301, Header: map[string]string{"Location": "/.well-known/matrix/client"}})
	got, err := w.resolve("hs.test")
	checkFailure(t, got, err, strings.Repeat("SUCCESS ", 5)+"FAIL_PROMPT = FAIL_PROMPT", discovery.FailPrompt)
	if n := len(loop.Requests()); n != 6 {
		t.Errorf("%d requests, want 6: the first and five redirects", n)
	}

	w = newWorld(t)
	w.server("hs.test:443").On(wellKnown, clienttest.Reply{Status: 302, Header: map[string]string{"Location": "http://hs.test/x"}})
	got, err = w.resolve("hs.test")
	checkFailure(t, got, err, "FAIL_PROMPT = FAIL_PROMPT", discovery.FailPrompt)
}

func TestW22_ABrokenIdentityServerStopsNoLogin(t *testing.T) {
	cases := map[string]string{
		"no base_url":  `{}`,
		"not a string": `{"base_url":1}`,
		"no URL":       `{"base_url":"x"}`,
		"http":         `{"base_url":"http://id.test"}`,
		"no answer":    `{"base_url":"https://id.test"}`,
		"not a object": `"https://id.test"`,
	}
	for name, identity := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			fake := w.server("hs.test:443")
			fake.On(wellKnown, clienttest.Reply{Body: `{"m.homeserver":{"base_url":"https://hs.test"},"m.identity_server":` + identity + `}`})
			fake.On(versions, clienttest.Reply{Body: goodList})
			got, err := w.examine("hs.test")
			if err != nil || got.Outcome != discovery.Success || got.Warning == "" || !got.IdentityServer.IsZero() {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
	w := newWorld(t)
	fake := w.server("hs.test:443")
	fake.On(wellKnown, clienttest.Reply{Body: `{"m.homeserver":{"base_url":"https://hs.test"},"m.identity_server":{"base_url":"https://id.test"}}`})
	fake.On(versions, clienttest.Reply{Body: goodList})
	w.server("id.test:443").On("GET /_matrix/identity/v2", clienttest.Reply{Body: `{}`})
	got, err := w.examine("hs.test")
	if err != nil || got.Warning != "" || got.IdentityServer.String() != "https://id.test" {
		t.Errorf("%+v, %v", got, err)
	}
}

// TestQ31_NobodyWaitsForAnIdentityServer: nothing depends on it.
func TestQ31_NobodyWaitsForAnIdentityServer(t *testing.T) {
	w := newWorld(t)
	w.maxWait = time.Hour
	fake := w.server("hs.test:443")
	fake.On(wellKnown, clienttest.Reply{Body: `{"m.homeserver":{"base_url":"https://hs.test"},"m.identity_server":{"base_url":"https://id.test"}}`})
	fake.On(versions, clienttest.Reply{Body: goodList})
	w.server("id.test:443").On("GET /_matrix/identity/v2", clienttest.Reply{Status: 429, Header: map[string]string{"Retry-After": "30"}})
	if got, err := w.examine("hs.test"); err != nil || got.Warning == "" || w.waits > 0 {
		t.Errorf("%+v, %v; %d waits", got, err, w.waits)
	}
}

func TestQ35_ALoginAsksNoIdentityServer(t *testing.T) {
	w := newWorld(t)
	fake, identity := w.server("hs.test:443"), w.server("id.test:443")
	fake.On(wellKnown, clienttest.Reply{Body: `{"m.homeserver":{"base_url":"https://hs.test"},"m.identity_server":{"base_url":"https://id.test"}}`})
	fake.On(versions, clienttest.Reply{Body: goodList})
	if _, err := w.resolve("hs.test"); err != nil || len(identity.Requests()) > 0 {
		t.Errorf("asked %v, %v", identity.Requests(), err)
	}
}

// TestQ13_ARedirectLeadsNowhereInside: path and query of a redirect are the
// server's choice, so this machine and its neighbours must not see them.
func TestQ13_ARedirectLeadsNowhereInside(t *testing.T) {
	for _, host := range []string{"127.0.0.1", "localhost", "[::1]", "192.0.2.7"} {
		t.Run(host, func(t *testing.T) {
			w := newWorld(t)
			inside := w.server(host + ":443")
			w.server("hs.test:443").On(wellKnown, clienttest.Reply{Status: 302, Header: map[string]string{"Location": "https://" + host + "/admin?do=it"}})
			got, err := w.resolve("hs.test")
			checkFailure(t, got, err, "FAIL_PROMPT = FAIL_PROMPT", discovery.FailPrompt)
			if requests := inside.Requests(); len(requests) > 0 {
				t.Errorf("asked %v", requests)
			}
			if reason := got.Steps[len(got.Steps)-1].Reason; !strings.Contains(reason, "redirects to https://"+host) {
				t.Errorf("the last step says %q", reason)
			}
		})
	}
}

// TestQ13_RedirectsAreSteps: discover shows each.
func TestQ13_RedirectsAreSteps(t *testing.T) {
	w := newWorld(t)
	w.server("hs.test:443").On(wellKnown, clienttest.Reply{Status: 302, Header: map[string]string{"Location": "https://other.test/file?x=1"}})
	other := w.server("other.test:443")
	other.On("GET /file", clienttest.Reply{Body: `{"m.homeserver":{"base_url":"https://other.test"}}`})
	other.On(versions, clienttest.Reply{Body: goodList})
	got, err := w.resolve("hs.test")
	if err != nil || outcomes(got) != "SUCCESS SUCCESS SUCCESS = SUCCESS" {
		t.Fatalf("%+v, %v", got, err)
	}
	if first, second := got.Steps[0], got.Steps[1]; first.Status != 302 || first.Reason != "redirected to https://other.test/file" || second.Request != "GET https://other.test/file" {
		t.Errorf("%+v, %+v", first, second)
	}
}

func TestProbeOfATypedURL(t *testing.T) {
	w := newWorld(t)
	w.server("hs.test:443").On(versions, clienttest.Reply{Body: goodList}, clienttest.Reply{Status: 404})
	base, _ := matrixid.ParseBaseURL("https://hs.test")
	client := w.transport()
	if got, err := discovery.Probe(t.Context(), client, base); err != nil || got.Base != base || outcomes(got) != "SUCCESS = SUCCESS" {
		t.Errorf("%+v, %v", got, err)
	}
	got, err := discovery.Probe(t.Context(), client, base)
	checkFailure(t, got, err, "FAIL_ERROR = FAIL_ERROR", discovery.FailError)
}

func TestAnInterruptionIsNoOutcome(t *testing.T) {
	w := newWorld(t)
	server, _ := matrixid.ParseServerName("hs.test")
	cause := errors.New("told to stop")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(cause)
	got, err := discovery.Resolve(ctx, w.transport(), server)
	if !errors.Is(err, cause) || got.Outcome != "" {
		t.Errorf("%+v, %v", got, err)
	}
}

func checkFailure(t *testing.T, got discovery.Result, err error, want string, outcome discovery.Outcome) {
	t.Helper()
	var failed *discovery.Error
	if !errors.As(err, &failed) || failed.Outcome != outcome {
		t.Errorf("%v, want an Error with %s", err, outcome)
	}
	if outcomes(got) != want {
		t.Errorf("outcomes %s, want %s", outcomes(got), want)
	}
	if len(got.Steps) > 0 && got.Steps[len(got.Steps)-1].Reason == "" {
		t.Error("the failing step gives no reason")
	}
}
