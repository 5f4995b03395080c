//go:build unix

package cmd_test

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"

	"mxlogin/client/clienttest"
)

// TestW21_AMoveToASecondHomeserver: a real answer that names another server, which
// answers as a homeserver, is followed there.
func TestW21_AMoveToASecondHomeserver(t *testing.T) {
	old := clienttest.NewDendrite(t, clienttest.DendriteOptions{})
	next := clienttest.NewDendrite(t, clienttest.DendriteOptions{})
	if err := old.Register(t.Context(), "alice", "pw-of-the-test"); err != nil {
		t.Fatal(err)
	}
	target, err := url.Parse(old.URL())
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(target)
	proxy.ModifyResponse = func(resp *http.Response) error { return addWellKnown(resp, next.URL()+"/") }
	front := httptest.NewServer(proxy)
	defer front.Close()

	cmd, configFile, stderr := process(t, "password", "alice", "--homeserver", front.URL)
	if out, err := cmd.Output(); err != nil || !strings.Contains(string(out), next.URL()) {
		t.Fatalf("%v\n%s%s", err, out, stderr)
	}
	if want := "mxlogin: the homeserver moved: " + front.URL + " -> " + next.URL() + "\n"; stderr.String() != want {
		t.Errorf("stderr %q, want %q", stderr, want)
	}
	saved := readFile(t, configFile)
	for _, want := range []string{"homeserver: " + next.URL() + "\n", "login_url: " + front.URL + "\n"} {
		if !strings.Contains(saved, want) {
			t.Errorf("%q is not in\n%s", want, saved)
		}
	}
}
