package clienttest_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"mxlogin/client/clienttest"
)

// TestSynapseOAuth: the server and the browser alone, with requests made by hand.
func TestSynapseOAuth(t *testing.T) {
	synapse := clienttest.NewSynapse(t, clienttest.SynapseOptions{OAuth: true, AccessTokenLifetime: 2 * time.Second})
	status, metadata := call(t, "GET", synapse.URL()+"/_matrix/client/v1/auth_metadata", "", nil)
	if status != 200 {
		t.Fatalf("%d %v", status, metadata)
	}
	if status, _ := call(t, "GET", synapse.URL()+"/_matrix/client/v3/login", "", nil); status != 404 {
		t.Errorf("the legacy API answers %d", status)
	}
	at := func(name string) string { return metadata[name].(string) }
	status, registered := call(t, "POST", at("registration_endpoint"), "", map[string]any{
		"client_name": "probe", "client_uri": "https://probe.test/", "application_type": "native", "token_endpoint_auth_method": "none",
		"grant_types": []string{"urn:ietf:params:oauth:grant-type:device_code", "refresh_token"}, "redirect_uris": []string{}, "response_types": []string{},
	})
	if status != 201 {
		t.Fatalf("%d %v", status, registered)
	}
	client := registered["client_id"].(string)
	for _, test := range []struct{ person, device, want string }{
		{"ada", "ABCDEFGHIJ", ""},
		{"deny:", "KLMNOPQRST", "access_denied"},
	} {
		scope := "urn:matrix:client:api:* urn:matrix:client:device:" + test.device
		status, code := call(t, "POST", at("device_authorization_endpoint"), "", url.Values{"client_id": {client}, "scope": {scope}})
		if status != 200 {
			t.Fatalf("%d %v", status, code)
		}
		poll := url.Values{
			"client_id": {client}, "device_code": {code["device_code"].(string)},
			"grant_type": {"urn:ietf:params:oauth:grant-type:device_code"},
		}
		if status, answer := call(t, "POST", at("token_endpoint"), "", poll); status != 400 || answer["error"] != "authorization_pending" {
			t.Errorf("before: %d %v", status, answer)
		}
		page, err := clienttest.Browse(t.Context(), code["verification_uri_complete"].(string), test.person)
		if err != nil {
			t.Fatal(err)
		}
		status, tokens := call(t, "POST", at("token_endpoint"), "", poll)
		if test.want != "" {
			if status != 400 || tokens["error"] != test.want {
				t.Errorf("after %q: %d %v", page.Text, status, tokens)
			}
			continue
		}
		if status != 200 {
			t.Fatalf("after %q: %d %v", page.Text, status, tokens)
		}
		access := tokens["access_token"].(string)
		if status, who := call(t, "GET", synapse.URL()+"/_matrix/client/v3/account/whoami", access, nil); status != 200 || who["user_id"] != "@ada:localhost" || who["device_id"] != test.device {
			t.Errorf("%d %v", status, who)
		}
		if err := synapse.SetProviderDown(t.Context(), true); err != nil {
			t.Fatal(err)
		}
		if err := synapse.SetProviderDown(t.Context(), false); err != nil {
			t.Fatal(err)
		}
		refresh := url.Values{"client_id": {client}, "grant_type": {"refresh_token"}, "refresh_token": {tokens["refresh_token"].(string)}}
		status, renewed := call(t, "POST", at("token_endpoint"), "", refresh)
		if status != 200 {
			t.Fatalf("%d %v", status, renewed)
		}
		access = renewed["access_token"].(string)
		if status, _ := call(t, "POST", at("revocation_endpoint"), "", url.Values{"client_id": {client}, "token": {renewed["refresh_token"].(string)}}); status != 200 {
			t.Errorf("revocation: %d", status)
		}
		if status, who := call(t, "GET", synapse.URL()+"/_matrix/client/v3/account/whoami", access, nil); status != 401 {
			t.Errorf("after the revocation: %d %v", status, who)
		}
	}
}

// call sends a form, an object or nothing, and returns the object that comes back.
func call(t *testing.T, method, address, token string, in any) (int, map[string]any) {
	t.Helper()
	var body io.Reader
	contentType := "application/json"
	switch in := in.(type) {
	case url.Values:
		body, contentType = strings.NewReader(in.Encode()), "application/x-www-form-urlencoded"
	case map[string]any:
		encoded, err := json.Marshal(in)
		if err != nil {
			t.Fatal(err)
		}
		body = bytes.NewReader(encoded)
	}
	request, err := http.NewRequestWithContext(t.Context(), method, address, body)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", contentType)
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var out map[string]any
	_ = json.NewDecoder(response.Body).Decode(&out)
	return response.StatusCode, out
}
