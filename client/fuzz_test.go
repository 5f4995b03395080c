package client_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"unicode"

	"mxlogin/client"
	"mxlogin/client/matrixid"
	"mxlogin/client/secret"
	"mxlogin/client/transport"
)

// oneAnswer is a homeserver that answers everything alike.
type oneAnswer string

func (a oneAnswer) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(string(a))), Request: r}, nil
}

// FuzzLoginAnswer holds what a session has, whatever the server has answered: a token
// that can go into a header, a user ID, no control characters in the device ID, and the
// password nowhere.
func FuzzLoginAnswer(f *testing.F) {
	const password = "correct horse battery staple"
	for _, seed := range []string{
		`{"user_id":"@alice:hs.test","access_token":"syt_x","device_id":"A"}`,
		`{"user_id":"@alice:hs.test","access_token":"syt_x","device_id":null,"expires_in_ms":1e3,"refresh_token":"r"}`,
		`{"user_id":"@alice:hs.test","access_token":"a\u0000b","well_known":{"m.homeserver":{"base_url":"https://x"}}}`,
		`{"user_id":"@alice:hs.test","access_token":"` + password + `","device_id":"` + password + `"}`,
		`{"access_token":"a","access_token":"b"}`, `[]`, `null`, `{"user_id":1}`, `{"expires_in_ms":-9223372036854775808}`,
	} {
		f.Add(seed)
	}
	base, err := matrixid.ParseBaseURL("https://hs.test")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, answer string) {
		homeserver := client.New(transport.New(transport.Options{RoundTripper: oneAnswer(answer)}), base)
		session, err := homeserver.LoginPassword(t.Context(), client.User("alice"), homeserver.Bind(secret.New(password)), client.LoginOptions{})
		if err != nil {
			if strings.Contains(err.Error(), password) {
				t.Errorf("the error repeats the password: %v", err)
			}
			return
		}
		token := session.AccessToken.Reveal()
		if token == "" || strings.IndexFunc(token, func(r rune) bool { return r <= ' ' || r >= 0x7f }) >= 0 {
			t.Errorf("the token is %q", token)
		}
		if _, err := matrixid.ParseServedUserID(session.UserID.String()); err != nil {
			t.Errorf("the user is %q: %v", session.UserID, err)
		}
		if strings.IndexFunc(session.DeviceID, unicode.IsControl) >= 0 || strings.Contains(session.DeviceID+session.UserID.String(), password) {
			t.Errorf("device %q of %q", session.DeviceID, session.UserID)
		}
		if session.Lifetime < 0 && session.Expires {
			t.Logf("it has ended: %s", session.Lifetime) // which whoever keeps it finds out
		}
	})
}
