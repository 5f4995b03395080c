package cmd_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"mxlogin/client/clienttest"
)

// TestK12_NoRequestHasASecretInItsURL looks at all requests of all commands, also
// for a Referer.
func TestK12_NoRequestHasASecretInItsURL(t *testing.T) {
	password, loginToken := clienttest.NewCanary("pw").String(), clienttest.NewCanary("lt").String()
	token := clienttest.NewCanary("tok").String()
	fake := clienttest.NewFake(t, clienttest.FakeOptions{})
	loginFlows, whoami := wholeServer(fake, token)

	h := newHome(t, "MXLOGIN_PASSWORD="+password, "MXLOGIN_LOGIN_TOKEN="+loginToken)
	h.succeed(t, "flows", fake.URL())
	h.succeed(t, "discover", fake.URL())
	h.succeed(t, "password", "alice", "--homeserver", fake.URL())
	h.succeed(t, "token", fake.URL())
	h.succeed(t, "whoami")
	h.succeed(t, "exec", "--", "go", "version")
	h.succeed(t, "exec", "--ephemeral", "@alice:hs.test", "--homeserver", fake.URL(), "--", "go", "version")
	h.succeed(t, "logout")
	h.environ = append(h.environ, "MXLOGIN_ACCESS_TOKEN="+token)
	h.succeed(t, "import", fake.URL())
	h.succeed(t, "logout", "--all-devices", "--yes", "--account", "@alice:hs.test")

	seen := map[string]bool{}
	for _, request := range fake.Requests() {
		seen[request.Method+" "+request.Path] = true
		clienttest.ScanForSecrets(t, request.Method+" "+request.Path, []byte(request.Path+"?"+request.RawQuery), password, loginToken, token)
		if referer := request.Header.Get("Referer"); referer != "" || request.RawQuery != "" {
			t.Errorf("%s %s: query %q, Referer %q", request.Method, request.Path, request.RawQuery, referer)
		}
		request.Header.Del("Authorization")
		for name, values := range request.Header {
			clienttest.ScanForSecrets(t, name, []byte(strings.Join(values, "\n")), password, loginToken, token)
		}
	}
	for _, request := range []string{loginFlows, whoami, "POST /_matrix/client/v3/login", "POST /_matrix/client/v3/logout", "POST /_matrix/client/v3/logout/all"} {
		if !seen[request] {
			t.Errorf("no %s: the test has lost its object", request)
		}
	}
}

func TestK12_ARedirectHasNoReferer(t *testing.T) {
	net := newNames(t, "hs.test", "other.test")
	hs, other := net.servers["hs.test"], net.servers["other.test"]
	const wellKnown = "/.well-known/matrix/client"
	hs.On("GET "+wellKnown, clienttest.Reply{Status: 302, Header: map[string]string{"Location": "https://other.test" + wellKnown}})
	other.On("GET "+wellKnown, clienttest.Reply{Body: `{"m.homeserver":{"base_url":"https://other.test"}}`})
	other.On("GET /_matrix/client/versions", clienttest.Reply{Body: `{"versions":["v1.1"]}`})
	newHome(t, net.environ...).succeed(t, "discover", "hs.test")
	for _, request := range other.Requests() {
		if referer := request.Header.Get("Referer"); referer != "" {
			t.Errorf("%s %s: Referer %q", request.Method, request.Path, referer)
		}
	}
}

// TestK18_NothingIsAskedButTheHomeserver runs the commands behind a proxy that
// notes what they want to reach.
func TestK18_NothingIsAskedButTheHomeserver(t *testing.T) {
	net := newNames(t, "hs.test")
	fake := net.servers["hs.test"]
	wholeServer(fake, "tok-of-the-test")
	fake.OnEvery("GET /.well-known/matrix/client", clienttest.Reply{Status: 404})
	h := newHome(t, append(net.environ, "MXLOGIN_PASSWORD=pw-of-the-test")...)

	offline := [][]string{
		{"version"},
		{"help"},
		{"password", "--help"},
		{"help", "exit-codes"},
		{"completion", "bash"},
		{"__complete", "password", "--dev"},
		{"config", "list"},
		{"config", "path"},
		{"accounts"},
	}
	for _, args := range offline {
		h.succeed(t, args...)
	}
	if requests := net.proxy.Requests(); len(requests) > 0 {
		t.Errorf("commands that need no server asked for %v", requests)
	}
	h.succeed(t, "flows", "hs.test")
	h.succeed(t, "discover", "hs.test")
	h.succeed(t, "password", "@alice:hs.test")
	asked := len(net.proxy.Requests())
	h.succeed(t, "access-token")
	if len(net.proxy.Requests()) > asked {
		t.Error("access-token made a request")
	}
	h.succeed(t, "whoami")
	h.succeed(t, "exec", "--", "go", "version")
	h.succeed(t, "logout")

	requests := net.proxy.Requests()
	slices.Sort(requests)
	if places := slices.Compact(requests); !slices.Equal(places, []string{"CONNECT hs.test:443"}) {
		t.Errorf("asked for %v", places)
	}
}

// wholeServer lets fake answer all that mxlogin asks of a homeserver.
func wholeServer(fake *clienttest.Fake, token string) (loginFlows, whoami string) {
	loginFlows, whoami = "GET /_matrix/client/v3/login", "GET /_matrix/client/v3/account/whoami"
	fake.OnEvery("GET /_matrix/client/versions", clienttest.Reply{Body: `{"versions":["v1.11"]}`})
	fake.OnEvery(loginFlows, clienttest.Reply{Body: `{"flows":[{"type":"m.login.password"},{"type":"m.login.token"}]}`})
	fake.OnEvery("GET /_matrix/client/v1/auth_metadata", clienttest.Reply{Status: 404})
	fake.OnEvery("GET /_matrix/client/unstable/org.matrix.msc2965/auth_metadata", clienttest.Reply{Status: 404})
	fake.OnEvery("POST /_matrix/client/v3/login", clienttest.Reply{Body: `{"user_id":"@alice:hs.test","access_token":"` + token + `","device_id":"A"}`})
	fake.OnEvery(whoami, clienttest.Reply{Body: `{"user_id":"@alice:hs.test","device_id":"A"}`})
	fake.OnEvery("POST /_matrix/client/v3/logout", clienttest.Reply{Body: "{}"})
	fake.OnEvery("POST /_matrix/client/v3/logout/all", clienttest.Reply{Body: "{}"})
	return loginFlows, whoami
}

// names are hosts with a fake each, which a proxy leads to over TLS, and the
// environment that makes mxlogin go that way.
type names struct {
	servers map[string]*clienttest.Fake
	proxy   *clienttest.ConnectProxy
	environ []string
}

func newNames(t *testing.T, hosts ...string) *names {
	t.Helper()
	ca, err := clienttest.NewCA()
	if err != nil {
		t.Fatal(err)
	}
	files, err := ca.WriteFiles(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	n := &names{servers: map[string]*clienttest.Fake{}}
	routes := map[string]string{}
	for _, host := range hosts {
		fake := clienttest.NewFake(t, clienttest.FakeOptions{TLS: true, CA: ca, Hosts: []string{host}})
		n.servers[host] = fake
		routes[host+":443"] = strings.TrimPrefix(fake.URL(), "https://")
	}
	n.proxy = clienttest.NewConnectProxy(t, routes)
	n.environ = []string{"HTTPS_PROXY=" + n.proxy.URL(), "HTTP_PROXY=" + n.proxy.URL(), "MXLOGIN_CA_FILE=" + filepath.ToSlash(files.CA)}
	return n
}
