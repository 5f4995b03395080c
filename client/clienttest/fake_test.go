package clienttest_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mxlogin/client/clienttest"
)

const loginPath = "/_matrix/client/v3/login"

func TestFake_RepliesInTurnThenEvery(t *testing.T) {
	t.Parallel()
	f := clienttest.NewFake(t, clienttest.FakeOptions{})
	f.On("GET "+loginPath, clienttest.Reply{Body: "1"}, clienttest.Reply{Status: 429, Body: "2"})
	f.OnEvery("GET "+loginPath, clienttest.Reply{Body: "every"})
	type answer struct {
		Status int
		Body   string
	}
	var got []answer
	for range 4 {
		status, body := get(t, http.DefaultClient, f.URL()+loginPath)
		got = append(got, answer{status, body})
	}
	want := []answer{{200, "1"}, {429, "2"}, {200, "every"}, {200, "every"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("answers (-want +got):\n%s", diff)
	}
}

func TestFake_PatternDoesNotCrossSlashes(t *testing.T) {
	t.Parallel()
	f := clienttest.NewFake(t, clienttest.FakeOptions{})
	f.OnEvery("DELETE /devices/*", clienttest.Reply{})
	f.On("DELETE /devices/a/b", clienttest.Reply{Status: 201})
	for path, want := range map[string]int{"/devices/XYZ": 200, "/devices/a/b": 201} {
		if status, _ := do(t, http.DefaultClient, "DELETE", f.URL()+path, nil); status != want {
			t.Errorf("%s: %d, want %d", path, status, want)
		}
	}
}

func TestFake_RecordsRequests(t *testing.T) {
	t.Parallel()
	f := clienttest.NewFake(t, clienttest.FakeOptions{TLS: true})
	f.On("POST /a%2Fb", clienttest.Reply{Header: map[string]string{"Content-Type": "text/html"}})
	request, err := http.NewRequest(http.MethodPost, f.URL()+"/a%2Fb?q=1", strings.NewReader("body"))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer t")
	response, err := trusting(t, f.CAPEM()).Do(request)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	if got := response.Header.Get("Content-Type"); got != "text/html" {
		t.Errorf("Content-Type: %s", got)
	}
	if len(f.Requests()) != 1 {
		t.Fatalf("requests: %v", f.Requests())
	}
	got := f.Requests()[0]
	if got.Header.Get("Authorization") != "Bearer t" || got.RemoteAddr == "" {
		t.Errorf("got %+v", got)
	}
	got.Header, got.RemoteAddr = nil, ""
	want := clienttest.Request{
		Method: "POST", Path: "/a%2Fb", RawQuery: "q=1", Body: "body",
		Host: strings.TrimPrefix(f.URL(), "https://"), TLS: true,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("request (-want +got):\n%s", diff)
	}
}

func TestNewFake_FailsTheTest(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		test func(t testing.TB)
		want []string
	}{
		"unexpected": {
			func(tb testing.TB) {
				f := clienttest.NewFake(tb, clienttest.FakeOptions{})
				if status, body := get(t, http.DefaultClient, f.URL()+"/x"); status != 404 || !strings.Contains(body, "M_UNRECOGNIZED") {
					t.Errorf("got %d %s", status, body)
				}
			},
			[]string{"unexpected request: GET /x"},
		},
		"more than scripted": {
			func(tb testing.TB) {
				f := clienttest.NewFake(tb, clienttest.FakeOptions{})
				f.On("GET /x", clienttest.Reply{})
				get(t, http.DefaultClient, f.URL()+"/x")
				get(t, http.DefaultClient, f.URL()+"/x")
			},
			[]string{"unexpected request: GET /x"},
		},
		"unused": {
			func(tb testing.TB) {
				f := clienttest.NewFake(tb, clienttest.FakeOptions{})
				f.On("GET /x", clienttest.Reply{}, clienttest.Reply{})
				get(t, http.DefaultClient, f.URL()+"/x")
			},
			[]string{"scripted request never came: GET /x"},
		},
		"nothing": {
			func(tb testing.TB) {
				f := clienttest.NewFake(tb, clienttest.FakeOptions{})
				f.OnEvery("GET /x", clienttest.Reply{})
			},
			nil,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, record(tt.test).errors); diff != "" {
				t.Errorf("errors (-want +got):\n%s", diff)
			}
		})
	}
}

func TestFake_BrokenReplies(t *testing.T) {
	t.Parallel()
	f := clienttest.NewFake(t, clienttest.FakeOptions{})
	f.On("GET /cut", clienttest.Reply{Body: "0123456789", CutAfter: 4})
	f.On("GET /drop", clienttest.Reply{Drop: true})
	f.On("GET /raw", clienttest.Reply{Raw: "NOT HTTP\r\n"})

	response, err := http.Get(f.URL() + "/cut")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if string(body) != "0123" || !errors.Is(err, io.ErrUnexpectedEOF) || response.ContentLength != 10 {
		t.Errorf("cut: %q of %d, %v", body, response.ContentLength, err)
	}
	if _, err := http.Get(f.URL() + "/drop"); !errors.Is(err, io.EOF) {
		t.Errorf("drop: %v", err)
	}
	conn, err := net.Dial("tcp", strings.TrimPrefix(f.URL(), "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_, _ = io.WriteString(conn, "GET /raw HTTP/1.1\r\nHost: x\r\n\r\n")
	if got, err := io.ReadAll(conn); string(got) != "NOT HTTP\r\n" || err != nil {
		t.Errorf("raw: %q, %v", got, err)
	}
}

func TestFake_HoldEndsWithTheClientOrTheServer(t *testing.T) {
	t.Parallel()
	f := clienttest.NewFake(t, clienttest.FakeOptions{})
	f.OnEvery("GET /hold", clienttest.Reply{Hold: true})
	failed := make(chan error)
	ask := func(ctx context.Context) {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, f.URL()+"/hold", nil)
		if err == nil {
			_, err = http.DefaultClient.Do(request)
		}
		failed <- err
	}
	ctx, cancel := context.WithCancel(t.Context())
	go ask(ctx)
	if err := f.Await(t.Context(), "GET /hold"); err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := <-failed; !errors.Is(err, context.Canceled) {
		t.Errorf("client leaves: %v", err)
	}
	go ask(t.Context())
	f.Close()
	if err := <-failed; err == nil {
		t.Error("server closes: no error")
	}
}

func TestFake_AwaitEndsWithItsContext(t *testing.T) {
	t.Parallel()
	f := clienttest.NewFake(t, clienttest.FakeOptions{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := f.Await(ctx, "GET /x"); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestFake_Load(t *testing.T) {
	t.Parallel()
	f := clienttest.NewFake(t, clienttest.FakeOptions{})
	err := f.Load([]byte(`{
		"GET /login *": [{"body": {"flows": [ ]}}],
		"GET /login": [{"status": 429, "header": {"Retry-After": "7"}, "body": "te\"xt"}],
		"GET /raw": [{"raw": "HTTP/1.0 299 Odd\r\n\r\nodd"}]
	}`))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []struct {
		path   string
		status int
		body   string
	}{
		{"/login", 429, `te"xt`},
		{"/login", 200, `{"flows": [ ]}`},
		{"/login", 200, `{"flows": [ ]}`},
		{"/raw", 299, "odd"},
	} {
		if status, body := get(t, http.DefaultClient, f.URL()+want.path); status != want.status || body != want.body {
			t.Errorf("%s: got %d %q, want %d %q", want.path, status, body, want.status, want.body)
		}
	}
}

func TestFake_LoadRefuses(t *testing.T) {
	t.Parallel()
	for _, script := range []string{
		``, `[]`, `{`, `{} {}`,
		`{"GET": [{}]}`,
		`{"GET /x": []}`,
		`{"GET /x": {}}`,
		`{"GET /x *": [{}, {}]}`,
		`{"GET /x": [{"stauts": 200}]}`,
	} {
		f := clienttest.NewFake(t, clienttest.FakeOptions{})
		if err := f.Load([]byte(script)); err == nil {
			t.Errorf("took %s", script)
		}
		if got := f.Unused(); len(got) > 0 {
			t.Errorf("%s left the rules %v", script, got)
		}
	}
}

func TestFake_CertificateHasOnlyItsHosts(t *testing.T) {
	t.Parallel()
	f := clienttest.NewFake(t, clienttest.FakeOptions{TLS: true, Hosts: []string{"hs.test"}})
	if _, err := trusting(t, f.CAPEM()).Get(f.URL()); err == nil {
		t.Error("good for 127.0.0.1 too")
	}
	plain := clienttest.NewFake(t, clienttest.FakeOptions{})
	if got := plain.CAPEM(); got != nil {
		t.Errorf("CA without TLS: %s", got)
	}
}

func TestFake_EndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	f, err := clienttest.StartFake(ctx, clienttest.FakeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("tcp", strings.TrimPrefix(f.URL(), "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	cancel()
	if _, err := bufio.NewReader(conn).ReadByte(); err == nil {
		t.Error("still there")
	}
	f.Close()
}
