package clienttest_test

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mxlogin/client/clienttest"
)

func TestSink_CountsConnectionsThatHaveLeft(t *testing.T) {
	t.Parallel()
	s := clienttest.NewSink(t)
	if got := s.Connections(); got != 0 {
		t.Errorf("unused: %d connections", got)
	}
	for range 20 {
		conn, err := net.Dial("tcp", s.Addr())
		if err != nil {
			t.Fatal(err)
		}
		_ = conn.Close()
	}
	for range 2 {
		if got := s.Connections(); got != 20 {
			t.Errorf("%d connections, want 20", got)
		}
	}
	s.Close()
	if got := s.Connections(); got != 20 {
		t.Errorf("closed: %d connections, want 20", got)
	}
}

func TestSink_KeepsWhatCame(t *testing.T) {
	t.Parallel()
	s := clienttest.NewSink(t)
	conn, err := net.Dial("tcp", s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, "secret"); err != nil {
		t.Fatal(err)
	}
	_ = conn.(*net.TCPConn).CloseWrite()
	if _, err := io.ReadAll(conn); err != nil { // the sink closes once it has read all
		t.Fatal(err)
	}
	if got := string(s.Received()); got != "secret" {
		t.Errorf("received %q", got)
	}
}

func TestConnectProxy_RoutesNamesAndRefusesTheRest(t *testing.T) {
	t.Parallel()
	f := clienttest.NewFake(t, clienttest.FakeOptions{TLS: true, Hosts: []string{"hs.test"}})
	f.On("GET /x", clienttest.Reply{Body: "reached"})
	p := clienttest.NewConnectProxy(t, map[string]string{"hs.test:443": strings.TrimPrefix(f.URL(), "https://")})
	proxyURL, err := url.Parse(p.URL())
	if err != nil {
		t.Fatal(err)
	}
	client := trusting(t, f.CAPEM())
	client.Transport.(*http.Transport).Proxy = http.ProxyURL(proxyURL)

	if status, body := get(t, client, "https://hs.test/x"); status != 200 || body != "reached" {
		t.Errorf("got %d %s", status, body)
	}
	if _, err := client.Get("https://other.test/x"); err == nil || !strings.Contains(err.Error(), "Forbidden") {
		t.Errorf("another name: %v", err)
	}
	if status, _ := get(t, client, "http://hs.test/x"); status != http.StatusForbidden {
		t.Errorf("plain http: %d", status)
	}
	want := []string{"CONNECT hs.test:443", "CONNECT other.test:443", "GET http://hs.test/x"}
	if diff := cmp.Diff(want, p.Requests()); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
	if got := f.Requests(); len(got) != 1 || got[0].Host != "hs.test" {
		t.Errorf("the server saw %+v", got)
	}
}

func TestConnectProxy_CloseEndsTunnels(t *testing.T) {
	t.Parallel()
	s := clienttest.NewSink(t)
	p := clienttest.NewConnectProxy(t, map[string]string{"hs.test:443": s.Addr()})
	conn, err := net.Dial("tcp", strings.TrimPrefix(p.URL(), "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	const answer = "HTTP/1.1 200 Connection established\r\n\r\n"
	_, _ = io.WriteString(conn, "CONNECT hs.test:443 HTTP/1.1\r\nHost: hs.test:443\r\n\r\n")
	if _, err := io.ReadFull(conn, make([]byte, len(answer))); err != nil {
		t.Fatal(err)
	}
	p.Close()
	if err := conn.SetReadDeadline(time.Now().Add(5 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Read(make([]byte, 1)); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("the tunnel is still there: %v", err)
	}
}

func TestCA_IsSharedByServers(t *testing.T) {
	t.Parallel()
	ca, err := clienttest.NewCA()
	if err != nil {
		t.Fatal(err)
	}
	client := trusting(t, ca.PEM())
	for range 2 {
		f := clienttest.NewFake(t, clienttest.FakeOptions{TLS: true, CA: ca})
		f.On("GET /", clienttest.Reply{})
		get(t, client, f.URL()+"/")
	}
	stranger := clienttest.NewFake(t, clienttest.FakeOptions{TLS: true})
	var unknown *tls.CertificateVerificationError
	if _, err := client.Get(stranger.URL()); !errors.As(err, &unknown) {
		t.Errorf("another authority: %v", err)
	}
}

func TestBodies(t *testing.T) {
	t.Parallel()
	f := clienttest.NewFake(t, clienttest.FakeOptions{})
	ticks := make(chan time.Time)
	f.Handle("GET /endless", clienttest.EndlessBody())
	f.Handle("GET /bomb", clienttest.GzipBomb(10<<20))
	f.Handle("GET /drip", clienttest.DripBody(ticks))
	f.Handle("GET /headers", clienttest.HugeHeaders(100_000))

	open := func(path string) *http.Response {
		response, err := http.Get(f.URL() + path)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = response.Body.Close() })
		return response
	}
	if n, err := io.CopyN(io.Discard, open("/endless").Body, 5<<20); err != nil {
		t.Errorf("endless: %d, %v", n, err)
	}
	bomb := open("/bomb") // Go's client asked for gzip and unpacks it
	if n, err := io.Copy(io.Discard, bomb.Body); n != 10<<20 || err != nil || !bomb.Uncompressed {
		t.Errorf("bomb: %d, %v, unpacked: %t", n, err, bomb.Uncompressed)
	}
	if got := len(open("/headers").Header.Get("X-Padding")); got != 100_000 {
		t.Errorf("headers: %d", got)
	}
	drip := open("/drip")
	for _, want := range []string{`"`, "a", "a"} {
		got := make([]byte, 1)
		if _, err := io.ReadFull(drip.Body, got); err != nil || string(got) != want {
			t.Fatalf("drip: got %q, %v, want %q", got, err, want)
		}
		select {
		case ticks <- time.Time{}:
		case <-t.Context().Done():
		}
	}
	close(ticks)
}
