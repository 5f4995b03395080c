package oauth_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mxlogin/client/clienttest"
	"mxlogin/client/oauth"
)

const registration = "POST /oauth2/registration"

func TestRegister(t *testing.T) {
	for _, test := range []struct {
		redirect  string
		grants    []any
		responses []any
		redirects []any
	}{
		{"http://127.0.0.1:45678/PATH", []any{"authorization_code", "refresh_token"}, []any{"code"}, []any{"http://127.0.0.1/PATH"}},
		{"", []any{"urn:ietf:params:oauth:grant-type:device_code", "refresh_token"}, []any{}, []any{}},
	} {
		w := newWorld(t)
		c := w.mustClient(nil)
		w.fake.On(registration, clienttest.Reply{Status: 201, Body: `{"client_id":"UlJc+/AWo=","client_secret":"not asked for"}`})
		id, err := c.Register(t.Context(), oauth.Registration{ClientName: "bot", ClientURI: "https://bot.test/", RedirectURI: test.redirect})
		if err != nil || id != "UlJc+/AWo=" {
			t.Errorf("%q, %v", id, err)
		}
		requests := w.fake.Requests()
		last := requests[len(requests)-1]
		var sent map[string]any
		if err := json.Unmarshal([]byte(last.Body), &sent); err != nil {
			t.Fatal(err)
		}
		want := map[string]any{
			"client_name": "bot", "client_uri": "https://bot.test/", "application_type": "native", "token_endpoint_auth_method": "none",
			"grant_types": test.grants, "response_types": test.responses, "redirect_uris": test.redirects,
		}
		if diff := cmp.Diff(want, sent); diff != "" || last.Header.Get("Content-Type") != "application/json" {
			t.Error(diff)
		}
	}
}

// TestL33_RegistrationsThatAreNone: nobody is sent to a page for a client that the server
// has not made.
func TestL33_RegistrationsThatAreNone(t *testing.T) {
	for name, body := range map[string]string{
		"no client ID":          `{}`,
		"an empty one":          `{"client_id":""}`,
		"a number":              `{"client_id":7}`,
		"a control character":   `{"client_id":"a\u001b"}`,
		"beyond ASCII":          `{"client_id":"ü"}`,
		"another redirect":      `{"client_id":"c","redirect_uris":["https://evil.test/"]}`,
		"no redirect":           `{"client_id":"c","redirect_uris":[]}`,
		"another grant":         `{"client_id":"c","grant_types":["client_credentials"]}`,
		"no grant":              `{"client_id":"c","grant_types":[]}`,
		"with a secret instead": `{"client_id":"c","client_secret":"s","token_endpoint_auth_method":"client_secret_basic"}`,
		"no JSON":               `c`,
	} {
		w := newWorld(t)
		c := w.mustClient(nil)
		w.fake.On(registration, clienttest.Reply{Status: 201, Body: body})
		id, err := c.Register(t.Context(), oauth.Registration{ClientName: "bot", ClientURI: "https://bot.test/", RedirectURI: "http://127.0.0.1:1/p"})
		if !isProtocolError(err) || id != "" {
			t.Errorf("%s: %q, %v", name, id, err)
		}
	}
}
