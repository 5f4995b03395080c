package oauth_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mxlogin/client/clienttest"
	"mxlogin/client/oauth"
	"mxlogin/client/transport"
)

const (
	deviceRequest = "POST /oauth2/device"
	pending       = `{"error":"authorization_pending"}`
)

// code asks for a device code that is answered by body.
func (w *world) code(body string) (*oauth.Client, oauth.DeviceCode, error) {
	w.t.Helper()
	c := w.mustClient(nil)
	w.fake.On(deviceRequest, clienttest.Reply{Body: strings.ReplaceAll(body, "{at}", w.fake.URL())})
	code, err := c.RequestDeviceCode(w.t.Context(), "c+1", "ABCDEFGHIJ")
	return c, code, err
}

// await has a code of this lifetime and interval, which is in JSON, polled with these
// answers.
func (w *world) await(lifetime, interval string, replies ...clienttest.Reply) error {
	w.t.Helper()
	c, code, err := w.code(`{"device_code":"device-code","user_code":"AB12","verification_uri":"{at}/link","expires_in":` + lifetime + `,"interval":` + interval + `}`)
	if err != nil {
		w.t.Fatal(err)
	}
	w.fake.On(tokenRequest, replies...)
	tokens, err := c.AwaitApproval(w.t.Context(), code)
	if err == nil && !holds(tokens.AccessToken, "access-1") {
		w.t.Errorf("got %+v", tokens)
	}
	return err
}

func TestDeviceGrant(t *testing.T) {
	w := newWorld(t)
	c, code, err := w.code(`{"device_code":"device-code","user_code":"AB12-CD34","verification_uri":"{at}/link","verification_uri_complete":"{at}/link?code=AB12-CD34","expires_in":600}`)
	if err != nil || code.UserCode != "AB12-CD34" || code.URL != w.fake.URL()+"/link" || code.CompleteURL != code.URL+"?code=AB12-CD34" || code.Lifetime != 10*time.Minute {
		t.Fatalf("%+v, %v", code, err)
	}
	if got, want := w.form().Encode(), "client_id=c%2B1&scope=urn%3Amatrix%3Aclient%3Aapi%3A%2A+urn%3Amatrix%3Aclient%3Adevice%3AABCDEFGHIJ"; got != want {
		t.Errorf("got %s", got)
	}
	w.fake.On(tokenRequest, clienttest.Reply{Status: 403, Body: pending}, clienttest.Reply{Status: 400, Body: pending}, clienttest.Reply{Body: goodTokens})
	tokens, err := c.AwaitApproval(t.Context(), code)
	if err != nil || !holds(tokens.RefreshToken, "refresh-1") {
		t.Errorf("%+v, %v", tokens, err)
	}
	if got, want := w.form().Encode(), "client_id=c%2B1&device_code=device-code&grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code"; got != want {
		t.Errorf("got %s", got)
	}
	if diff := cmp.Diff([]time.Duration{5 * time.Second, 5 * time.Second, 5 * time.Second}, w.slept); diff != "" {
		t.Error(diff)
	}
}

// TestL32_T17_HowOftenTheServerIsAsked. T17: never more often than once a second.
func TestL32_T17_HowOftenTheServerIsAsked(t *testing.T) {
	wait := clienttest.Reply{Status: 400, Body: pending}
	slow := clienttest.Reply{Status: 400, Body: `{"error":"slow_down"}`}
	good := clienttest.Reply{Body: goodTokens}
	for name, test := range map[string]struct {
		lifetime, interval string
		replies            []clienttest.Reply
		want               []int // seconds before each request
	}{
		"none":                     {"600", "null", []clienttest.Reply{wait, good}, []int{5, 5}},
		"0":                        {"600", "0", []clienttest.Reply{wait, good}, []int{1, 1}},
		"below 0":                  {"600", "-1", []clienttest.Reply{wait, good}, []int{1, 1}},
		"a long one":               {"600", "60", []clienttest.Reply{wait, good}, []int{60, 60}},
		"beyond the end":           {"30", "1000000000", []clienttest.Reply{good}, []int{29}},
		"beyond all":               {"30", "99999999999999999999", []clienttest.Reply{good}, []int{29}},
		"slow down twice":          {"600", "2", []clienttest.Reply{slow, slow, wait, good}, []int{2, 7, 12, 12}},
		"once more before the end": {"12", "5", []clienttest.Reply{wait, wait, good}, []int{5, 5, 1}},
		"a long life":              {"99999999999999999999", "5", []clienttest.Reply{good}, []int{5}},
	} {
		w := newWorld(t)
		if err := w.await(test.lifetime, test.interval, test.replies...); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		var got []int
		for _, slept := range w.slept {
			got = append(got, int(slept/time.Second))
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
	}
}

// TestL32_HowACodeEnds.
func TestL32_HowACodeEnds(t *testing.T) {
	wait := clienttest.Reply{Status: 400, Body: pending}
	t.Run("expired_token, at once too", func(t *testing.T) {
		for _, status := range []int{400, 403} {
			err := newWorld(t).await("600", "5", clienttest.Reply{Status: status, Body: `{"error":"expired_token"}`})
			var expired *oauth.ExpiredError
			if !errors.As(err, &expired) || expired.Err != nil {
				t.Errorf("got %v", err)
			}
		}
	})
	t.Run("its time is over", func(t *testing.T) {
		var expired *oauth.ExpiredError
		if err := newWorld(t).await("2", "1", wait, wait); !errors.As(err, &expired) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("denied", func(t *testing.T) {
		for _, status := range []int{400, 403} {
			if err := newWorld(t).await("600", "5", wait, clienttest.Reply{Status: status, Body: `{"error":"access_denied"}`}); codeOf(err) != oauth.AccessDenied {
				t.Errorf("got %v", err)
			}
		}
	})
	t.Run("another verdict", func(t *testing.T) {
		for _, code := range []string{"invalid_grant", "invalid_scope", "invalid_client", "unauthorized_client", "server_error"} {
			if err := newWorld(t).await("600", "5", clienttest.Reply{Status: 400, Body: `{"error":"` + code + `"}`}); codeOf(err) != code {
				t.Errorf("got %v", err)
			}
		}
	})
	t.Run("no verdict", func(t *testing.T) {
		for _, body := range []string{`Failed to deserialize form body`, `<html>`, `{"errcode":"M_UNRECOGNIZED","error":"no"}`, `{"error":"M_UNKNOWN: no"}`} {
			if err := newWorld(t).await("600", "5", clienttest.Reply{Status: 404, Body: body}); !isProtocolError(err) {
				t.Errorf("got %v", err)
			}
		}
	})
	t.Run("the person gives up", func(t *testing.T) {
		w := newWorld(t)
		c, code, err := w.code(`{"device_code":"d","user_code":"A","verification_uri":"{at}/link","expires_in":600}`)
		if err != nil {
			t.Fatal(err)
		}
		late := errors.New("late")
		ctx, cancel := context.WithCancelCause(t.Context())
		w.passes = func() { cancel(late) }
		if _, err := c.AwaitApproval(ctx, code); !errors.Is(err, late) {
			t.Errorf("got %v", err)
		}
	})
}

// TestAnswersThatDoNotCome are waited out, longer each time: one server answers 500 after
// the approval, until its homeserver is back.
func TestAnswersThatDoNotCome(t *testing.T) {
	failed := clienttest.Reply{Status: 500, Body: `{"error":"server_error"}`}
	w := newWorld(t)
	if err := w.await("600", "5", failed, clienttest.Reply{Drop: true}, clienttest.Reply{Status: 503, Body: "<html>"}, failed, clienttest.Reply{Body: goodTokens}); err != nil {
		t.Error(err)
	}
	want := []time.Duration{5 * time.Second, 10 * time.Second, 20 * time.Second, 30 * time.Second, 30 * time.Second}
	if diff := cmp.Diff(want, w.slept); diff != "" {
		t.Error(diff)
	}
	for name, last := range map[string]string{"expired": `{"error":"expired_token"}`, "spent": `{"error":"invalid_grant"}`} {
		err := newWorld(t).await("600", "5", clienttest.Reply{Body: goodTokens, CutAfter: 5}, clienttest.Reply{Status: 400, Body: last})
		var expired *oauth.ExpiredError
		if !errors.As(err, &expired) || !transport.MayHaveActed(err) {
			t.Errorf("%s after a lost answer: %v", name, err)
		}
	}
	err := newWorld(t).await("600", "5", clienttest.Reply{Drop: true}, clienttest.Reply{Status: 400, Body: pending}, clienttest.Reply{Status: 400, Body: `{"error":"expired_token"}`})
	if transport.MayHaveActed(err) {
		t.Errorf("the answer after the lost one said that nothing was granted: %v", err)
	}
}

// TestL32_CodesThatAreNotShown. T5, T14: nothing that cannot be typed or must not be
// opened reaches the person.
func TestL32_CodesThatAreNotShown(t *testing.T) {
	const device, user, page, life = `"device_code":"d",`, `"user_code":"AB12",`, `"verification_uri":"{at}/link",`, `"expires_in":600`
	for name, body := range map[string]string{
		"escapes in the code":    device + `"user_code":"AB\u001b[2J",` + page + life,
		"a code beyond ASCII":    device + `"user_code":"ÄB12",` + page + life,
		"a long code":            device + `"user_code":"` + strings.Repeat("A", 65) + `",` + page + life,
		"an empty code":          device + `"user_code":" ",` + page + life,
		"no code":                device + page + life,
		"no device code":         user + page + life,
		"no page":                device + user + life,
		"a script as page":       device + user + `"verification_uri":"javascript:alert(1)",` + life,
		"a file as page":         device + user + `"verification_uri":"file:///etc/passwd",` + life,
		"http":                   device + user + `"verification_uri":"http://evil.test/",` + life,
		"a script as whole page": device + user + page + `"verification_uri_complete":"javascript:alert(1)",` + life,
		"no end":                 device + user + strings.TrimSuffix(page, ","),
		"an end at once":         device + user + page + `"expires_in":0`,
		"an end that is past":    device + user + page + `"expires_in":-5`,
		"an end in words":        device + user + page + `"expires_in":"600"`,
		"an interval in words":   device + user + page + `"interval":"5",` + life,
	} {
		if _, _, err := newWorld(t).code("{" + body + "}"); !isProtocolError(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
