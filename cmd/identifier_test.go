package cmd_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mxlogin/client/clienttest"
)

// TestIdentifiersAsTheServerIsToldThem looks at the bodies of logins.
func TestIdentifiersAsTheServerIsToldThem(t *testing.T) {
	cases := map[string]struct {
		args []string
		want string
	}{
		"a user":                 {[]string{"@alice:hs.test"}, `{"identifier":{"type":"m.id.user","user":"@alice:hs.test"}}`},
		"a localpart":            {[]string{"alice"}, `{"identifier":{"type":"m.id.user","user":"alice"}}`},
		"an address":             {[]string{"--email", "Alice@Example.org"}, `{"identifier":{"type":"m.id.thirdparty","medium":"email","address":"alice@example.org"}}`},
		"a number":               {[]string{"--phone", "+44 7700 900123"}, `{"identifier":{"type":"m.id.thirdparty","medium":"msisdn","address":"447700900123"}}`},
		"a number of a country":  {[]string{"--phone", "07700 900123", "--phone-country", "gb"}, `{"identifier":{"type":"m.id.phone","country":"GB","phone":"07700 900123","number":"07700 900123"}}`},
		"a user, deprecated":     {[]string{"@alice:hs.test", "--legacy-identifier"}, `{"user":"@alice:hs.test"}`},
		"an address, deprecated": {[]string{"--email", "alice@example.org", "--legacy-identifier"}, `{"medium":"email","address":"alice@example.org"}`},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			fake := clienttest.NewFake(t, clienttest.FakeOptions{})
			fake.On("POST /_matrix/client/v3/login", clienttest.Reply{Body: `{"user_id":"@alice:hs.test","access_token":"tok-of-the-test","device_id":"A"}`})
			h := newHome(t, "MXLOGIN_PASSWORD=pw-of-the-test")
			h.succeed(t, append([]string{"password", "--homeserver", fake.URL(), "--skip-flows"}, c.args...)...)
			if diff := cmp.Diff(decode(t, c.want), identifierOf(t, fake.Requests()[0])); diff != "" {
				t.Errorf("(-want +sent)\n%s", diff)
			}
		})
	}
}

// identifierOf is the body of a login without what is the same in all.
func identifierOf(t *testing.T, login clienttest.Request) map[string]any {
	t.Helper()
	body := decode(t, login.Body)
	for _, name := range []string{"type", "password", "device_id", "initial_device_display_name"} {
		if _, ok := body[name]; !ok {
			t.Errorf("the login has no %s", name)
		}
		delete(body, name)
	}
	return body
}

func decode(t *testing.T, text string) (object map[string]any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &object); err != nil {
		t.Fatal(err)
	}
	return object
}
