package transport_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"mxlogin/client/clienttest"
	"mxlogin/client/matrixid"
	"mxlogin/client/secret"
	"mxlogin/client/transport"
)

const loginPath = "/_matrix/client/v3/login"

// sleeper notes the waits that a client wants and takes none of the time.
type sleeper struct{ waits []time.Duration }

func (s *sleeper) sleep(ctx context.Context, d time.Duration) error {
	s.waits = append(s.waits, d)
	return context.Cause(ctx)
}

func newClient(o transport.Options) (*transport.Client, *sleeper) {
	clock := &sleeper{}
	if o.Timeout == 0 {
		o.Timeout = 20 * time.Second
	}
	if o.Sleep == nil {
		o.Sleep = clock.sleep
	}
	o.UserAgent = "test"
	return transport.New(o), clock
}

func baseOf(t *testing.T, url string) matrixid.BaseURL {
	t.Helper()
	base, err := matrixid.ParseBaseURL(url)
	if err != nil {
		t.Fatal(err)
	}
	return base
}

func bind(value string, origin matrixid.Origin) transport.Credential {
	return transport.New(transport.Options{}).Bind(secret.New(value), origin)
}

// login is a POST that carries a password bound to base.
func login(base matrixid.BaseURL, password string) transport.Request {
	return transport.Request{
		Method: "POST", Base: base, Path: loginPath,
		JSON: transport.Fields{"type": "m.login.password", "password": bind(password, base.Origin())},
	}
}

func TestSecretsReachTheServerTheyAreBoundTo(t *testing.T) {
	fake := clienttest.NewFake(t, clienttest.FakeOptions{})
	fake.On("POST "+loginPath, clienttest.Reply{Body: `{}`})
	base := baseOf(t, fake.URL())
	client, _ := newClient(transport.Options{})
	r := login(base, `p"w`)
	r.JSON["auth"] = transport.Fields{"password": bind("inner", base.Origin())}
	r.Bearer = bind("tok", base.Origin())
	if _, err := client.Do(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	got := fake.Requests()[0]
	if got.Body != `{"auth":{"password":"inner"},"password":"p\"w","type":"m.login.password"}` {
		t.Errorf("body %s", got.Body)
	}
	if got.Header.Get("Authorization") != "Bearer tok" || got.Header.Get("User-Agent") != "test" {
		t.Errorf("headers %v", got.Header)
	}
}

func TestCredentialsAreRefusedElsewhere(t *testing.T) {
	sink := clienttest.NewSink(t)
	client, _ := newClient(transport.Options{})
	elsewhere := baseOf(t, "https://example.org").Origin()
	base := baseOf(t, sink.URL())
	requests := map[string]transport.Request{
		"body":   {JSON: transport.Fields{"password": bind("x", elsewhere)}},
		"nested": {JSON: transport.Fields{"auth": transport.Fields{"password": bind("x", elsewhere)}}},
		"form":   {Form: transport.Fields{"token": bind("x", elsewhere)}},
		"bearer": {Bearer: bind("x", elsewhere)},
	}
	for name, r := range requests {
		r.Method, r.Base, r.Path = "POST", base, "/x"
		var forbidden *transport.ForbiddenError
		if _, err := client.Do(t.Context(), r); !errors.As(err, &forbidden) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n := sink.Connections(); n != 0 {
		t.Errorf("%d connections were made", n)
	}
}

func TestW2_PlainHTTPGoesNowhereUnasked(t *testing.T) {
	cases := []struct {
		allowed []string
		url     string
		want    bool
	}{
		{nil, "http://public.example", false},
		{nil, "http://192.0.2.1", false},
		{nil, "https://public.example", true},
		{nil, "http://127.0.0.1:1", true},
		{nil, "http://localhost:1", true},
		{[]string{"public.example"}, "http://public.example:8008", true},
		{[]string{"public.example:8008"}, "http://public.example:8008", true},
		{[]string{"public.example:8008"}, "http://public.example", false},
		{[]string{"public.example"}, "http://evil.public.example", false},
		{[]string{"[2001:db8::1]:8008"}, "http://[2001:db8::1]:8008", true},
		{[]string{"[2001:db8::1]"}, "http://[2001:db8::1]:1", true},
	}
	for _, c := range cases {
		var allowed []transport.HTTPHost
		for _, text := range c.allowed {
			host, err := transport.ParseHTTPHost(text)
			if err != nil {
				t.Fatal(err)
			}
			allowed = append(allowed, host)
		}
		if got := transport.MayDial(baseOf(t, c.url).Origin(), allowed); got != c.want {
			t.Errorf("%s with %v: %t", c.url, c.allowed, got)
		}
	}
	client, _ := newClient(transport.Options{})
	var forbidden *transport.ForbiddenError
	if _, err := client.Do(t.Context(), login(baseOf(t, "http://public.example"), "x")); !errors.As(err, &forbidden) {
		t.Errorf("the client would dial: %v", err)
	}
}

func TestParseHTTPHostRefuses(t *testing.T) {
	for _, text := range []string{"", "http://h", "h/", "h:0", "h:x", "u@h", "::1", "h?x", "h x", "é"} {
		if _, err := transport.ParseHTTPHost(text); err == nil {
			t.Errorf("%q passes", text)
		}
	}
}

func TestH30_H31_NoRedirectIsFollowedWithASecret(t *testing.T) {
	for _, status := range []int{301, 302, 303, 307, 308} {
		sink := clienttest.NewSink(t)
		_, sinkPort, _ := strings.Cut(strings.TrimPrefix(sink.URL(), "http://"), ":")
		targets := map[string]string{
			"same origin":  "/elsewhere",
			"other port":   sink.URL() + loginPath,
			"localhost":    "http://localhost:" + sinkPort + loginPath,
			"other origin": "https://evil.example" + loginPath,
			"userinfo":     "http://u:p@127.0.0.1:" + sinkPort + "/",
			"IP":           "http://127.0.0.2:" + sinkPort + "/",
		}
		for name, location := range targets {
			t.Run(fmt.Sprintf("%d %s", status, name), func(t *testing.T) {
				fake := clienttest.NewFake(t, clienttest.FakeOptions{})
				fake.On("POST "+loginPath, clienttest.Reply{Status: status, Header: map[string]string{"Location": location}})
				client, _ := newClient(transport.Options{})
				_, err := client.Do(t.Context(), login(baseOf(t, fake.URL()), "hunter2"))
				var redirect *transport.RedirectError
				var protocol *transport.ProtocolError
				if !errors.As(err, &redirect) && (name != "userinfo" || !errors.As(err, &protocol)) {
					t.Errorf("%v", err)
				}
				if len(fake.Requests()) != 1 {
					t.Errorf("%d requests", len(fake.Requests()))
				}
			})
		}
		if n := sink.Connections(); n != 0 {
			t.Errorf("%d: the sink saw %d connections", status, n)
		}
	}
}

func TestH31_NotEvenWhereRedirectsAreFollowed(t *testing.T) {
	ca, err := clienttest.NewCA()
	if err != nil {
		t.Fatal(err)
	}
	sink := clienttest.NewFake(t, clienttest.FakeOptions{TLS: true, CA: ca})
	fake := clienttest.NewFake(t, clienttest.FakeOptions{TLS: true, CA: ca})
	fake.OnEvery("POST "+loginPath, clienttest.Reply{Status: 307, Header: map[string]string{"Location": sink.URL() + "/x"}})
	client, _ := newClient(transport.Options{RootCAs: poolOf(t, ca)})
	r := login(baseOf(t, fake.URL()), "hunter2")
	r.Redirects = 5
	var redirect *transport.RedirectError
	if _, err := client.Do(t.Context(), r); !errors.As(err, &redirect) {
		t.Errorf("%v", err)
	}
	if n := len(sink.Requests()); n != 0 {
		t.Errorf("the sink saw %d requests", n)
	}
}

func TestH30_AFollowedRedirectStaysOnHTTPS(t *testing.T) {
	ca, err := clienttest.NewCA()
	if err != nil {
		t.Fatal(err)
	}
	plain := clienttest.NewSink(t)
	fake := clienttest.NewFake(t, clienttest.FakeOptions{TLS: true, CA: ca})
	fake.On("GET /good", clienttest.Reply{Status: 302, Header: map[string]string{"Location": "/b?x=1"}})
	fake.On("GET /b", clienttest.Reply{Body: `{"a":1}`})
	fake.On("GET /downgrade", clienttest.Reply{Status: 302, Header: map[string]string{"Location": plain.URL()}})
	fake.OnEvery("GET /loop", clienttest.Reply{Status: 302, Header: map[string]string{"Location": "/loop"}})
	client, _ := newClient(transport.Options{RootCAs: poolOf(t, ca)})
	get := func(path string) (*transport.Response, error) {
		return client.Do(t.Context(), transport.Request{Method: "GET", Base: baseOf(t, fake.URL()), Path: path, Redirects: 5})
	}
	if resp, err := get("/good"); err != nil || string(resp.Body) != `{"a":1}` {
		t.Errorf("%v, %v", resp, err)
	}
	var redirect *transport.RedirectError
	if _, err := get("/downgrade"); !errors.As(err, &redirect) || redirect.TooMany {
		t.Errorf("downgrade: %v", err)
	}
	before := len(fake.Requests())
	if _, err := get("/loop"); !errors.As(err, &redirect) || !redirect.TooMany {
		t.Errorf("loop: %v", err)
	}
	if n := len(fake.Requests()) - before; n != 6 {
		t.Errorf("the loop took %d requests, want 6", n)
	}
	if plain.Connections() != 0 {
		t.Error("plain http was spoken")
	}
}

func TestH1_H5_BodiesAreBounded(t *testing.T) {
	bodies := map[string]http.HandlerFunc{
		"H1 endless":   clienttest.EndlessBody(),
		"H5 gzip bomb": clienttest.GzipBomb(200 << 20),
	}
	for name, body := range bodies {
		t.Run(name, func(t *testing.T) {
			fake := clienttest.NewFake(t, clienttest.FakeOptions{})
			fake.Handle("GET /x", body)
			client, _ := newClient(transport.Options{})
			before := heap()
			_, err := client.Do(t.Context(), transport.Request{Method: "GET", Base: baseOf(t, fake.URL()), Path: "/x"})
			var limit *transport.LimitError
			if !errors.As(err, &limit) || limit.What != "body" {
				t.Errorf("%v", err)
			}
			if grown := int64(heap()) - int64(before); grown > 16<<20 {
				t.Errorf("the heap grew by %d bytes", grown)
			}
		})
	}
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func TestH2_TooLongIsRefusedBeforeItIsRead(t *testing.T) {
	fake := clienttest.NewFake(t, clienttest.FakeOptions{})
	fake.On("GET /x", clienttest.Reply{Raw: "HTTP/1.1 200 OK\r\nContent-Length: 10737418240\r\n\r\n{"})
	client, _ := newClient(transport.Options{})
	_, err := client.Do(t.Context(), transport.Request{Method: "GET", Base: baseOf(t, fake.URL()), Path: "/x"})
	var limit *transport.LimitError
	if !errors.As(err, &limit) {
		t.Errorf("%v", err)
	}
}

func TestH3_ADripEndsAtTheDeadline(t *testing.T) {
	fake := clienttest.NewFake(t, clienttest.FakeOptions{})
	fake.Handle("GET /x", clienttest.DripBody(nil))
	client, _ := newClient(transport.Options{Timeout: 50 * time.Millisecond})
	_, err := client.Do(t.Context(), transport.Request{Method: "GET", Base: baseOf(t, fake.URL()), Path: "/x"})
	var network *transport.NetworkError
	if !errors.As(err, &network) || !network.Timeout || !network.Sent {
		t.Errorf("%#v", err)
	}
}

func TestH4_HeadersAreBounded(t *testing.T) {
	fake := clienttest.NewFake(t, clienttest.FakeOptions{})
	fake.Handle("GET /x", clienttest.HugeHeaders(9<<20))
	client, _ := newClient(transport.Options{})
	_, err := client.Do(t.Context(), transport.Request{Method: "GET", Base: baseOf(t, fake.URL()), Path: "/x"})
	var limit *transport.LimitError
	if !errors.As(err, &limit) || limit.What != "headers" {
		t.Errorf("%v", err)
	}
}

func TestH46_ACutAnswerIsNeverRead(t *testing.T) {
	whole := `{"access_token":"x"}`
	replies := map[string]clienttest.Reply{
		"content length":    {Body: whole + "      ", CutAfter: len(whole)},
		"chunked":           {Raw: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n14\r\n" + whole + "\r\n"},
		"before the answer": {Drop: true},
	}
	for name, reply := range replies {
		t.Run(name, func(t *testing.T) {
			fake := clienttest.NewFake(t, clienttest.FakeOptions{})
			fake.On("POST "+loginPath, reply)
			client, clock := newClient(transport.Options{})
			_, err := client.Do(t.Context(), login(baseOf(t, fake.URL()), "x"))
			var network *transport.NetworkError
			if !errors.As(err, &network) || !network.Sent || !transport.MayHaveActed(err) {
				t.Errorf("%#v", err)
			}
			if len(fake.Requests()) != 1 || len(clock.waits) != 0 {
				t.Errorf("the POST was sent %d times", len(fake.Requests()))
			}
		})
	}
}

func TestH41_OnlyAGETIsRepeatedAfterAGatewayError(t *testing.T) {
	page := "<html><title>\x1b[2J502</title></html>"
	for _, status := range []int{502, 503, 504} {
		fake := clienttest.NewFake(t, clienttest.FakeOptions{})
		bad := clienttest.Reply{Status: status, Body: page, Header: map[string]string{"Content-Type": "text/html"}}
		fake.On("GET /x", bad, clienttest.Reply{Body: `{}`})
		fake.On("GET /down", bad, bad)
		fake.On("POST "+loginPath, bad)
		client, _ := newClient(transport.Options{})
		base := baseOf(t, fake.URL())
		if resp, err := client.Do(t.Context(), transport.Request{Method: "GET", Base: base, Path: "/x"}); err != nil || resp.Status != 200 {
			t.Errorf("%d: the GET was not repeated: %v", status, err)
		}
		if resp, err := client.Do(t.Context(), transport.Request{Method: "GET", Base: base, Path: "/down"}); err != nil || resp.Status != status {
			t.Errorf("%d: %v", status, err)
		}
		resp, err := client.Do(t.Context(), login(base, "x"))
		if err != nil {
			t.Fatal(err)
		}
		var server *transport.ServerError
		refusal := resp.Refusal()
		if !errors.As(refusal, &server) || strings.Contains(refusal.Error(), "html") || !strings.Contains(refusal.Error(), fmt.Sprint(status)) {
			t.Errorf("%v", refusal)
		}
	}
}

func TestAPOSTThatWasNotSentSaysSo(t *testing.T) {
	fake := clienttest.NewFake(t, clienttest.FakeOptions{})
	base := baseOf(t, fake.URL())
	fake.Close()
	client, _ := newClient(transport.Options{})
	_, err := client.Do(t.Context(), login(base, "x"))
	var network *transport.NetworkError
	if !errors.As(err, &network) || network.Sent || transport.MayHaveActed(err) {
		t.Errorf("%#v", err)
	}
	if !strings.Contains(err.Error(), "refused") {
		t.Errorf("%v", err)
	}
}

func TestAnInterruptionIsTheCause(t *testing.T) {
	cause := errors.New("told to stop")
	ctx, cancel := context.WithCancelCause(t.Context())
	fake := clienttest.NewFake(t, clienttest.FakeOptions{})
	fake.Handle("POST "+loginPath, func(_ http.ResponseWriter, r *http.Request) {
		cancel(cause)
		<-r.Context().Done()
	})
	client, _ := newClient(transport.Options{})
	_, err := client.Do(ctx, login(baseOf(t, fake.URL()), "x"))
	if !errors.Is(err, cause) || !transport.MayHaveActed(err) {
		t.Errorf("%#v", err)
	}
}

func TestH9_H10_TheContentTypeDoesNotMatter(t *testing.T) {
	fake := clienttest.NewFake(t, clienttest.FakeOptions{})
	fake.On("GET /x",
		clienttest.Reply{Raw: "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n{\"a\":1}"},
		clienttest.Reply{Body: `{"a":1}`, Header: map[string]string{"Content-Type": "text/html"}},
		clienttest.Reply{Body: `<html>{"a":1}</html>`, Header: map[string]string{"Content-Type": "text/html; charset=utf-8"}},
	)
	client, _ := newClient(transport.Options{})
	read := func() error {
		resp, err := client.Do(t.Context(), transport.Request{Method: "GET", Base: baseOf(t, fake.URL()), Path: "/x"})
		if err != nil {
			t.Fatal(err)
		}
		_, err = resp.Object()
		return err
	}
	t.Run("H10 no type", func(t *testing.T) {
		if err := read(); err != nil {
			t.Error(err)
		}
	})
	t.Run("H9 JSON as text/html", func(t *testing.T) {
		if err := read(); err != nil {
			t.Error(err)
		}
	})
	t.Run("H9 a page", func(t *testing.T) {
		err := read()
		var protocol *transport.ProtocolError
		if !errors.As(err, &protocol) || !strings.Contains(err.Error(), "text/html") || strings.Contains(err.Error(), "<html>") {
			t.Error(err)
		}
	})
}

// TestK3_ErrorsNeverHoldAQuery holds that what a URL has behind '?' is in no
// error and no trace.
func TestK3_ErrorsNeverHoldAQuery(t *testing.T) {
	ca, err := clienttest.NewCA()
	if err != nil {
		t.Fatal(err)
	}
	token := clienttest.NewCanary("tok").String()
	fake := clienttest.NewFake(t, clienttest.FakeOptions{TLS: true, CA: ca})
	fake.OnEvery("GET /start", clienttest.Reply{Status: 302, Header: map[string]string{"Location": "/cut?loginToken=" + token}})
	fake.OnEvery("GET /cut", clienttest.Reply{Drop: true})
	fake.OnEvery("GET /bad", clienttest.Reply{Status: 302, Header: map[string]string{"Location": "https://%zz?access_token=" + token}})
	fake.OnEvery("GET /far", clienttest.Reply{Status: 302, Header: map[string]string{"Location": "http://far.example/?access_token=" + token}})
	var seen strings.Builder
	client, _ := newClient(transport.Options{RootCAs: poolOf(t, ca), OnTrace: func(trace transport.Trace) { fmt.Fprintf(&seen, "%+v\n", trace) }})
	for _, path := range []string{"/start", "/bad", "/far"} {
		_, err := client.Do(t.Context(), transport.Request{Method: "GET", Base: baseOf(t, fake.URL()), Path: path, Redirects: 5})
		if err == nil {
			t.Errorf("%s: no error", path)
		}
		fmt.Fprintf(&seen, "%v\n%+v\n", err, err)
	}
	clienttest.ScanForSecrets(t, "errors and traces", []byte(seen.String()), token)
}

func TestK4_TracesShowAnAllowListOnly(t *testing.T) {
	password, token := clienttest.NewCanary("pw").String(), clienttest.NewCanary("tok").String()
	fake := clienttest.NewFake(t, clienttest.FakeOptions{})
	fake.On("POST "+loginPath, clienttest.Reply{
		Status: 403, Body: `{"errcode":"M_FORBIDDEN","error":"no ` + password + `"}`,
		Header: map[string]string{"Set-Cookie": "s=" + token},
	})
	var traces []transport.Trace
	client, _ := newClient(transport.Options{OnTrace: func(trace transport.Trace) { traces = append(traces, trace) }})
	base := baseOf(t, fake.URL())
	r := login(base, password)
	r.Bearer = bind(token, base.Origin())
	r.Trace = []string{"type", "password"}
	if _, err := client.Do(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf("%+v", traces)
	clienttest.ScanForSecrets(t, "trace", []byte(text), password, token)
	for _, want := range []string{"POST", base.Origin().String(), loginPath, "403", "{Name:type Value:m.login.password}", "{Name:errcode Value:M_FORBIDDEN}"} {
		if !strings.Contains(text, want) {
			t.Errorf("%s is not in %s", want, text)
		}
	}
}
