package session_test

import (
	"testing"

	"mxlogin/client/clienttest"
)

// TestQ11_OfTwoLoginsOfOneDeviceTheLivingTokenIsKept: two processes log in to one
// account at once, by the same pending device. The server ends the session of the
// first with the answer to the second, whichever of the two saves first.
func TestQ11_OfTwoLoginsOfOneDeviceTheLivingTokenIsKept(t *testing.T) {
	tests := []struct {
		name   string
		whoami clienttest.Reply // to the token of the login that saves last
		want   string           // the token that is kept and given out
	}{
		{"the other lives", clienttest.Reply{Status: 401, Body: `{"errcode":"M_UNKNOWN_TOKEN"}`}, "token-of-the-other"},
		{"this one lives", clienttest.Reply{Body: `{"user_id":"@alice:hs.test","device_id":"DEV"}`}, "new-token"},
		{"nobody knows", clienttest.Reply{Status: 502}, "new-token"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			l := w.asAlice()
			l.DeviceID = "DEV"
			mine, other := w.begin(l), w.begin(l)
			w.fake.OnEvery(whoami, test.whoami)

			theirs := answerFor(t, "@alice:hs.test", "DEV")
			theirs.AccessToken = w.aliceWith("token-of-the-other", "DEV").AccessToken
			if _, err := other.Finish(t.Context(), theirs); err != nil {
				t.Fatal(err)
			}
			got, err := mine.Finish(t.Context(), answerFor(t, "@alice:hs.test", "DEV"))
			if err != nil || !got.Saved || !holds(got.Account.AccessToken, test.want) {
				t.Errorf("given out: %+v, %v", got, err)
			}
			if saved := w.account("@alice:hs.test"); !holds(saved.AccessToken, test.want) {
				t.Errorf("kept another token")
			}
			for _, request := range w.sent() {
				if request == logout+" token-of-the-other" || request == logout+" new-token" {
					t.Errorf("sent %s", request)
				}
			}
		})
	}
}
