package client_test

import (
	"errors"
	"strings"
	"testing"

	"mxlogin/client"
	"mxlogin/client/clienttest"
	"mxlogin/client/transport"
)

// TestQ10_AnAnswerThatRepeatsTheSecretIsRefused: it would be on a screen, in the
// file and in every list of devices.
func TestQ10_AnAnswerThatRepeatsTheSecretIsRefused(t *testing.T) {
	const secretText = "pw-of-the-test"
	answers := map[string]string{
		"device_id":     `{"user_id":"@alice:hs.test","access_token":"tok","device_id":"pw-of-the-test"}`,
		"user_id":       `{"user_id":"@pw-of-the-test:hs.test","access_token":"tok","device_id":"A"}`,
		"access_token":  `{"user_id":"@alice:hs.test","access_token":"pw-of-the-test","device_id":"A"}`,
		"refresh_token": `{"user_id":"@alice:hs.test","access_token":"tok","device_id":"A","refresh_token":"pw-of-the-test"}`,
	}
	for field, answer := range answers {
		fake := clienttest.NewFake(t, clienttest.FakeOptions{})
		fake.OnEvery("POST /_matrix/client/v3/login", clienttest.Reply{Body: answer})
		c := newClient(t, fake.URL())
		for name, send := range map[string]func() error{
			"password": func() error {
				_, err := c.LoginPassword(t.Context(), client.User("alice"), bind(c, secretText), client.LoginOptions{})
				return err
			},
			"token": func() error {
				_, err := c.LoginToken(t.Context(), bind(c, secretText), client.LoginOptions{})
				return err
			},
		} {
			var protocol *transport.ProtocolError
			if err := send(); !errors.As(err, &protocol) || !strings.Contains(err.Error(), field) || strings.Contains(err.Error(), secretText) {
				t.Errorf("%s, %s: %v", field, name, err)
			}
		}
	}
}

// TestQ10_AWeakPasswordMayBeOnesName: that is no echo.
func TestQ10_AWeakPasswordMayBeOnesName(t *testing.T) {
	fake := clienttest.NewFake(t, clienttest.FakeOptions{})
	fake.On("POST /_matrix/client/v3/login", clienttest.Reply{Body: `{"user_id":"@superadmin:hs.test","access_token":"tok","device_id":"A"}`})
	c := newClient(t, fake.URL())
	if _, err := c.LoginPassword(t.Context(), client.User("superadmin"), bind(c, "superadmin"), client.LoginOptions{}); err != nil {
		t.Error(err)
	}
}

func TestQ10_WhoamiDoesNotRepeatTheToken(t *testing.T) {
	fake := clienttest.NewFake(t, clienttest.FakeOptions{})
	fake.On("GET /_matrix/client/v3/account/whoami", clienttest.Reply{Body: `{"user_id":"@alice:hs.test","device_id":"tok-of-the-test"}`})
	c := newClient(t, fake.URL())
	var protocol *transport.ProtocolError
	if _, err := c.WhoAmI(t.Context(), bind(c, "tok-of-the-test")); !errors.As(err, &protocol) {
		t.Errorf("got %v", err)
	}
}
