package oauth_test

import (
	"net/url"
	"strings"
	"testing"

	"mxlogin/client/clienttest"
	"mxlogin/client/matrixid"
	"mxlogin/client/oauth"
	"mxlogin/client/transport"
)

// TestL24_MetadataThatNobodyCanLogInBy: what the specification requires is there, or
// nothing is sent.
func TestL24_MetadataThatNobodyCanLogInBy(t *testing.T) {
	for _, test := range []struct {
		member string
		value  any
	}{
		{"authorization_endpoint", nil},
		{"token_endpoint", nil},
		{"registration_endpoint", nil},
		{"revocation_endpoint", nil},
		{"token_endpoint", 1},
		{"response_types_supported", nil},
		{"response_types_supported", []string{"token"}},
		{"response_modes_supported", nil},
		{"response_modes_supported", []string{"fragment"}},
		{"response_modes_supported", "query"},
		{"grant_types_supported", []string{"authorization_code"}},
		{"grant_types_supported", []string{"refresh_token"}},
		{"code_challenge_methods_supported", nil},
		{"code_challenge_methods_supported", []string{"plain"}},
		{"issuer", "auth.hs.test"},
		{"issuer", "http://auth.hs.test/"},
		{"issuer", "https://auth.hs.test/#x"},
	} {
		w := newWorld(t)
		_, err := w.client(map[string]any{test.member: test.value})
		if !isProtocolError(err) || !strings.Contains(err.Error(), test.member) {
			t.Errorf("%s %v: %v", test.member, test.value, err)
		}
	}
}

// TestL23_T14_EndpointsThatNothingIsSentTo. T14: nor is a browser.
func TestL23_T14_EndpointsThatNothingIsSentTo(t *testing.T) {
	members := []string{"authorization_endpoint", "token_endpoint", "registration_endpoint", "revocation_endpoint", "device_authorization_endpoint"}
	for _, bad := range []string{
		"http://auth.hs.test/x", "file:///etc/passwd", "javascript:alert(1)", "-flag", "", "/x", "https:///x",
		"https://user@auth.hs.test/x", "https://user:pw@auth.hs.test/x", "https://auth.hs.test/x#y", "https://auth.hs.test/x#",
		"https://auth.hs.test/\x1b[2J", "https://auth.hs.test/a b", "https://auth.hs.test\\@evil.test/", "https://aüth.test/x",
		"https://auth.hs.test:99999/x", "https://auth.hs.test/x?%zz", "https:opaque", "https://auth.hs.test/" + strings.Repeat("x", 5000),
	} {
		for _, member := range members {
			w := newWorld(t)
			if _, err := w.client(map[string]any{member: bad}); !isProtocolError(err) || !strings.Contains(err.Error(), member) {
				t.Errorf("%s %q: %v", member, bad, err)
			}
		}
	}
}

// TestL23_AnotherMachineNamesThisOne: a homeserver elsewhere has no business with what
// listens here.
func TestL23_AnotherMachineNamesThisOne(t *testing.T) {
	w := newWorld(t)
	w.fake.On(stable, clienttest.Reply{Body: w.metadata(nil)})
	metadata, _, err := oauth.FetchMetadata(t.Context(), w.transport(), w.base())
	if err != nil {
		t.Fatal(err)
	}
	elsewhere, err := matrixid.ParseBaseURL("https://hs.test")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := oauth.New(w.transport(), elsewhere, metadata, oauth.Clock{}); !isProtocolError(err) {
		t.Errorf("got %v", err)
	}
	if page := metadata.AccountPage(w.transport(), elsewhere, oauth.ActionDeviceDelete, "A"); page != "" {
		t.Errorf("a browser is sent to %s", page)
	}
}

func TestPlainHTTPThatIsAllowed(t *testing.T) {
	w := newWorld(t)
	allowed, err := transport.ParseHTTPHost("auth.hs.test")
	if err != nil {
		t.Fatal(err)
	}
	w.fake.On(stable, clienttest.Reply{Body: w.metadata(map[string]any{"authorization_endpoint": "http://auth.hs.test/authorize"})})
	client := transport.New(transport.Options{AllowHTTP: []transport.HTTPHost{allowed}})
	metadata, _, err := oauth.FetchMetadata(t.Context(), client, w.base())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := oauth.New(client, w.base(), metadata, oauth.Clock{}); err != nil {
		t.Error(err)
	}
}

// TestL23_AQueryIsKept, and what is added to it wins over nothing.
func TestL23_AQueryIsKept(t *testing.T) {
	c := newWorld(t).mustClient(nil)
	page, err := url.Parse(c.AuthorizationURL(oauth.NewCodeGrant(oauth.CodeGrant{ClientID: "a+b/c=", RedirectURI: "http://127.0.0.1:1234/x", DeviceID: "ABCDEFGHIJ", State: "s"})))
	if err != nil {
		t.Fatal(err)
	}
	query := page.Query()
	for name, want := range map[string]string{
		"tenant": "a b", "response_type": "code", "response_mode": "query", "client_id": "a+b/c=", "state": "s",
		"redirect_uri": "http://127.0.0.1:1234/x", "code_challenge_method": "S256",
		"scope": "urn:matrix:client:api:* urn:matrix:client:device:ABCDEFGHIJ",
	} {
		if got := query[name]; len(got) != 1 || got[0] != want {
			t.Errorf("%s is %q", name, got)
		}
	}
	if page.Path != "/authorize" || query.Get("prompt") != "" {
		t.Errorf("got %s", page)
	}
}

func TestAccountPage(t *testing.T) {
	w := newWorld(t)
	for _, test := range []struct{ uri, action, device, want string }{
		{w.fake.URL() + "/account?lang=en", oauth.ActionDeviceDelete, "A B", "/account?lang=en&action=org.matrix.device_delete&device_id=A+B"},
		{w.fake.URL() + "/account?lang=en", oauth.ActionDevicesList, "", "/account?lang=en"},
		{w.fake.URL() + "/account", oauth.ActionDevicesList, "", "/account"},
		{"javascript:alert(1)", oauth.ActionDeviceDelete, "A", ""},
		{"http://evil.test/", oauth.ActionDeviceDelete, "A", ""},
	} {
		metadata := w.mustClient(map[string]any{"account_management_uri": test.uri}).Metadata()
		got := strings.TrimPrefix(metadata.AccountPage(w.transport(), w.base(), test.action, test.device), w.fake.URL())
		if got != test.want {
			t.Errorf("%s: got %s", test.uri, got)
		}
	}
}
