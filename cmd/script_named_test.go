package cmd_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"mxlogin/client/clienttest"
)

// testCA signs for every server of the tests that speaks TLS.
var testCA = sync.OnceValues(clienttest.NewCA)

// scriptNamed gives names to servers on the loopback: each argument is
// HOST[:PORT]=FILE, for a fake with the rules of FILE, or HOST=dendrite.
// HTTPS_PROXY becomes the only way to them, CA the file of their authority.
func scriptNamed(t *testing.T, ts *testscript.TestScript, args []string) {
	ca, err := testCA()
	ts.Check(err)
	routes := map[string]string{}
	for _, arg := range args {
		host, file, _ := strings.Cut(arg, "=")
		url := ""
		if file == "dendrite" {
			server, err := namedDendrite.start()
			ts.Check(err)
			url = server.URL()
		} else {
			url = namedFake(t, ts, ca, host, file).URL()
		}
		routes[withPort(host)] = strings.TrimPrefix(url, "https://")
	}
	proxy, err := clienttest.StartConnectProxy(context.Background(), routes)
	ts.Check(err)
	ts.Defer(proxy.Close)
	ts.Setenv("HTTPS_PROXY", proxy.URL())
	ts.Setenv("CA", ts.MkAbs("ca.pem"))
	ts.Check(os.WriteFile(ts.MkAbs("ca.pem"), ca.PEM(), 0o600))
}

func namedFake(t *testing.T, ts *testscript.TestScript, ca *clienttest.CA, host, file string) *clienttest.Fake {
	name, _, _ := strings.Cut(host, ":")
	if strings.HasPrefix(host, "[") { // an IPv6 address
		name = host[1:strings.Index(host, "]")]
	}
	fake, err := clienttest.StartFake(context.Background(), clienttest.FakeOptions{TLS: true, CA: ca, Hosts: []string{name}})
	ts.Check(err)
	ts.Check(fake.Load([]byte(os.Expand(ts.ReadFile(file), ts.Getenv))))
	closeChecked(t, ts, host, fake)
	return fake
}

// withPort is host with the port that https has.
func withPort(host string) string {
	if strings.Contains(host[strings.LastIndex(host, "]")+1:], ":") {
		return host
	}
	return host + ":443"
}

// startNamedDendrite starts a server that is hs.test, reached by TLS, and says so
// in its well-known file.
func startNamedDendrite() (*clienttest.Dendrite, error) {
	ca, err := testCA()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "mxlogin-tls-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }() // the server has read them once it runs
	files, err := ca.WriteFiles(filepath.Clean(dir), "hs.test", "127.0.0.1", "localhost")
	if err != nil {
		return nil, err
	}
	return clienttest.StartDendrite(context.Background(), clienttest.DendriteOptions{
		ServerName: "hs.test", WellKnown: "https://hs.test", TLS: &files, Progress: os.Stderr,
	})
}
