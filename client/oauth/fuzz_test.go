package oauth_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"testing"

	"mxlogin/client/matrixid"
	"mxlogin/client/oauth"
	"mxlogin/client/transport"
)

// FuzzAuthorizationURL: whatever a homeserver names as the page of a login, a browser is
// sent to https there or nowhere, with our parameters in it as they are.
func FuzzAuthorizationURL(f *testing.F) {
	for _, seed := range []string{
		"https://auth.hs.test/authorize", "https://auth.hs.test/authorize?tenant=a%20b&state=x", "https://auth.hs.test", "https://[::1]/x",
		"https://auth.hs.test/#x", "javascript:alert(1)", "https://a@b/", "https://127.0.0.1/x", "HTTPS://AUTH.hs.test:443//x/../y?&&=", "https://auth.hs.test/?%",
	} {
		f.Add(seed)
	}
	base, err := matrixid.ParseBaseURL("https://hs.test")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, page string) {
		const at = "https://auth.hs.test/x"
		document, err := json.Marshal(map[string]any{
			"issuer": at, "authorization_endpoint": page, "token_endpoint": at, "registration_endpoint": at, "revocation_endpoint": at,
			"response_types_supported": []string{"code"}, "response_modes_supported": []string{"query"},
			"grant_types_supported": []string{"authorization_code", "refresh_token"}, "code_challenge_methods_supported": []string{"S256"},
		})
		if err != nil {
			t.Skip()
		}
		client := transport.New(transport.Options{RoundTripper: answers(document)})
		metadata, ok, err := oauth.FetchMetadata(t.Context(), client, base)
		if err != nil || !ok {
			return
		}
		c, err := oauth.New(client, base, metadata, oauth.Clock{})
		if err != nil {
			return
		}
		text := c.AuthorizationURL(oauth.NewCodeGrant(oauth.CodeGrant{ClientID: "c", RedirectURI: "http://127.0.0.1:1/p", DeviceID: "ABCDEFGHIJ", State: "the&state"}))
		u, err := url.Parse(text)
		if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || u.Fragment != "" {
			t.Fatalf("%q leads to %q", page, text)
		}
		query, err := url.ParseQuery(u.RawQuery)
		if states := query["state"]; err != nil || len(states) == 0 || states[len(states)-1] != "the&state" {
			t.Fatalf("%q leads to %q: %v", page, text, err)
		}
	})
}

// answers is a server that says the same to everybody.
type answers []byte

func (a answers) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(bytes.NewReader(a)), ContentLength: -1}, nil
}
