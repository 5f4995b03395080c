package session_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"mxlogin/client"
	"mxlogin/client/transport"
	"mxlogin/cmd/choose"
)

func TestW21_WhereALoginsAnswerPoints(t *testing.T) {
	const used = "https://hs.test"
	tests := []struct {
		name  string
		used  string // "" is https://hs.test
		told  string // base_url
		dead  bool   // no homeserver answers there
		keep  bool   // --keep-homeserver
		want  string // "" is that nothing changes
		quiet bool   // and nothing is told
		asked bool   // it is probed
	}{
		{name: "the one in use", told: "https://HS.test:443/", quiet: true},
		{name: "another host", told: "https://new.test", want: "https://new.test", asked: true},
		{name: "another path of the origin", told: "https://hs.test/matrix", want: "https://hs.test/matrix", asked: true},
		{name: "W21 dead", told: "https://new.test", dead: true, asked: true},
		{name: "--keep-homeserver", told: "https://new.test", keep: true},
		{name: "nothing", told: ""},
		{name: "no URL", told: "new.test"},
		{name: "W1 scheme", told: "file:///etc/passwd"},
		{name: "W4 password", told: "https://user:pw@new.test"},
		{name: "W10 query", told: "https://new.test/?x"},
		{name: "W2 http", told: "http://new.test"},
		{name: "W2 http of the same host", told: "http://hs.test"},
		{name: "W2 http where http was allowed", told: "http://plain.test"},
		{name: "W3 loopback", told: "http://127.0.0.1:8008"},
		{name: "W3 loopback by https", told: "https://localhost"},
		{name: "W3 loopback, IPv6", told: "https://[::1]"},
		{name: "allowed http, to https", used: "http://plain.test", told: "https://plain.test", want: "https://plain.test", asked: true},
		{name: "allowed http, other port", used: "http://plain.test", told: "http://plain.test:8008", want: "http://plain.test:8008", asked: true},
		{name: "allowed http, to http elsewhere", used: "http://plain.test", told: "http://new.test"},
		{name: "loopback, other port", used: "http://127.0.0.1:8008", told: "http://127.0.0.1:9", want: "http://127.0.0.1:9", asked: true},
		{name: "loopback, other address", used: "http://127.0.0.1:8008", told: "http://127.0.0.2:8008"},
		{name: "loopback, to the world", used: "http://127.0.0.1:8008", told: "https://new.test", want: "https://new.test", asked: true},
		{name: "loopback, https to http", used: "https://127.0.0.1:8008", told: "http://127.0.0.1:9"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			web := &web{dead: test.dead}
			w.keeper.Network = newNetwork(web, "plain.test")
			from := used
			if test.used != "" {
				from = test.used
			}
			l := w.asAlice()
			l.Base, l.KeepHomeserver = baseURL(t, from), test.keep
			attempt := w.begin(l)
			answer := answerFor(t, "@alice:hs.test", attempt.Options().DeviceID)
			answer.WellKnown = client.WellKnown{Present: true, BaseURL: test.told}
			if _, err := attempt.Finish(t.Context(), answer); err != nil {
				t.Fatal(err)
			}
			got := w.account("@alice:hs.test")
			if test.want == "" {
				if got.Homeserver != from || got.LoginURL != "" || len(w.told.notices) != 0 || (codes(w.told.warnings) == "well_known") == test.quiet {
					t.Errorf("saved %s, asked at %q, told %+v", got.Homeserver, got.LoginURL, w.told)
				}
			} else if got.Homeserver != test.want || got.LoginURL != from || len(w.told.warnings) != 0 ||
				len(w.told.notices) != 1 || !strings.Contains(w.told.notices[0], from+" -> "+test.want) {
				t.Errorf("saved %s, asked at %q, told %+v", got.Homeserver, got.LoginURL, w.told)
			}
			web.check(t, test.told, test.asked)
		})
	}
}

// TestLoginURLMatchesLaterLogins: where the login was asked for stays a way to
// find the account.
func TestLoginURLMatchesLaterLogins(t *testing.T) {
	w := newWorld(t)
	account := w.aliceWith("old-token", "OLDDEVICE")
	account.Homeserver, account.LoginURL = "https://new.test", w.base.String()
	w.put(account)
	l := w.asAlice()
	l.Who = choose.Who{Localpart: "alice"}
	if found := w.renewing(l).Saved; found == nil || found.Name != "@alice:hs.test" {
		t.Errorf("found %+v", found)
	}
}

// TestQ31_ALoginWaitsForNoProbe: nothing but a better address depends on where the answer
// points, and the token is not saved yet.
func TestQ31_ALoginWaitsForNoProbe(t *testing.T) {
	w := newWorld(t)
	w.keeper.Network = newNetwork(&web{limited: true})
	w.keeper.Network.MaxWait = time.Hour
	w.keeper.Network.WaitOut = func(context.Context, transport.Wait) error {
		t.Error("a rate limit is waited out")
		return nil
	}
	attempt := w.begin(w.asAlice())
	answer := answerFor(t, "@alice:hs.test", attempt.Options().DeviceID)
	answer.WellKnown = client.WellKnown{Present: true, BaseURL: "https://new.test"}
	if _, err := attempt.Finish(t.Context(), answer); err != nil || codes(w.told.warnings) != "well_known" {
		t.Errorf("%v, told %+v", err, w.told)
	}
}

// web answers /versions at every origin, and takes down what was asked.
type web struct {
	dead     bool
	limited  bool
	requests []*http.Request
}

func (w *web) RoundTrip(r *http.Request) (*http.Response, error) {
	w.requests = append(w.requests, r)
	if w.dead {
		return nil, errors.New("dead")
	}
	if w.limited {
		return &http.Response{StatusCode: http.StatusTooManyRequests, Header: http.Header{"Retry-After": {"30"}}, Body: http.NoBody}, nil
	}
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(`{"versions":["v1.11"]}`))}, nil
}

// check holds that nothing was asked but /versions below base, without a token.
func (w *web) check(t *testing.T, base string, asked bool) {
	t.Helper()
	if asked != (len(w.requests) > 0) {
		t.Errorf("%d requests", len(w.requests))
	}
	for _, r := range w.requests {
		if r.URL.String() != base+"/_matrix/client/versions" || r.Header.Get("Authorization") != "" || r.Method != http.MethodGet {
			t.Errorf("asked %s %s with %v", r.Method, r.URL, r.Header)
		}
	}
}
