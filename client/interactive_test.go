package client_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mxlogin/client"
	"mxlogin/client/clienttest"
	"mxlogin/client/secret"
	"mxlogin/client/transport"
)

const deleteDevices = "POST /_matrix/client/v3/delete_devices"

// challenge is an answer that asks for one of these stages.
func challenge(extra string, stages ...string) clienttest.Reply {
	flows := make([]map[string]any, len(stages))
	for i, stage := range stages {
		flows[i] = map[string]any{"stages": []string{stage}}
	}
	encoded, _ := json.Marshal(flows)
	return clienttest.Reply{Status: http.StatusUnauthorized, Body: fmt.Sprintf(`{"session":"s1","flows":%s%s}`, encoded, extra)}
}

// auths are the members auth of the requests so far; the body beside them is the same.
func auths(t *testing.T, fake *clienttest.Fake) (found []map[string]any) {
	t.Helper()
	for _, request := range fake.Requests() {
		var body struct {
			Devices []string       `json:"devices"`
			Auth    map[string]any `json:"auth"`
		}
		if err := json.Unmarshal([]byte(request.Body), &body); err != nil || !cmp.Equal(body.Devices, []string{"A", "B"}) {
			t.Errorf("%v: %s", err, request.Body)
		}
		found = append(found, body.Auth)
	}
	return found
}

func TestInteractiveAuthentication(t *testing.T) {
	refused := `,"errcode":"M_FORBIDDEN","error":"Invalid password","completed":[]`
	password := func(c *client.Client) client.Proof {
		return client.ProvePassword(client.User("@alice:hs.test"), c.Bind(secret.New("pw-of-alice")))
	}
	passwordAuth := map[string]any{
		"type": "m.login.password", "password": "pw-of-alice", "session": "s1",
		"identifier": map[string]any{"type": "m.id.user", "user": "@alice:hs.test"},
	}
	page, dummy := map[string]any{"session": "s1"}, map[string]any{"type": "m.login.dummy", "session": "s1"}
	tests := []struct {
		name    string
		replies []clienttest.Reply
		prove   func(*client.Client) client.Proof
		want    []map[string]any // after the first request, which has none
		code    string           // of the refusal that it ends with; "-" is a ProtocolError
	}{
		{"a password", []clienttest.Reply{challenge("", "m.login.password"), {Body: "{}"}}, password, []map[string]any{passwordAuth}, ""},
		{"a page", []clienttest.Reply{challenge("", "m.login.sso"), {Body: "{}"}}, func(*client.Client) client.Proof { return client.ProveByPage() }, []map[string]any{page}, ""},
		{"nothing", []clienttest.Reply{challenge("", "m.login.dummy"), {Body: "{}"}}, func(*client.Client) client.Proof { return client.ProveDummy() }, []map[string]any{dummy}, ""},
		{
			"wrong three times",
			[]clienttest.Reply{challenge("", "m.login.password"), challenge(refused, "m.login.password"), challenge(refused, "m.login.password"), challenge(refused, "m.login.password")},
			password,
			[]map[string]any{passwordAuth, passwordAuth, passwordAuth},
			"M_FORBIDDEN",
		},
		{
			"the same again and again",
			[]clienttest.Reply{challenge("", "m.login.sso"), challenge("", "m.login.sso"), challenge("", "m.login.sso"), challenge("", "m.login.sso")},
			func(*client.Client) client.Proof { return client.ProveByPage() },
			[]map[string]any{page, page, page},
			"-",
		},
		{
			"progress counts anew", []clienttest.Reply{
				challenge("", "m.login.dummy"), challenge("", "m.login.dummy"), challenge("", "m.login.dummy"),
				challenge(`,"completed":["one"]`, "m.login.dummy"), challenge(`,"completed":["one"]`, "m.login.dummy"),
				{Body: "{}"},
			}, func(*client.Client) client.Proof { return client.ProveDummy() }, []map[string]any{dummy, dummy, dummy, dummy, dummy}, "",
		},
		{"refused", []clienttest.Reply{challenge("", "m.login.dummy"), {Status: 403, Body: `{"errcode":"M_FORBIDDEN"}`}}, func(*client.Client) client.Proof { return client.ProveDummy() }, []map[string]any{dummy}, "M_FORBIDDEN"},
		{"the session is over", []clienttest.Reply{{Status: 401, Body: `{"errcode":"M_UNKNOWN_TOKEN"}`}}, nil, nil, "M_UNKNOWN_TOKEN"},
		{"flows that are none", []clienttest.Reply{{Status: 401, Body: `{"flows":{}}`}}, nil, nil, "-"},
		{"stages that are none", []clienttest.Reply{{Status: 401, Body: `{"flows":[{"stages":[1]}]}`}}, nil, nil, "-"},
		{"a session that is none", []clienttest.Reply{{Status: 401, Body: `{"flows":[],"session":7}`}}, nil, nil, "-"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			fake := clienttest.NewFake(t, clienttest.FakeOptions{})
			fake.On(deleteDevices, test.replies...)
			c := newClient(t, fake.URL())
			err := c.DeleteDevices(t.Context(), c.Bind(secret.New("access")), []string{"A", "B"}, func(context.Context, client.Challenge) (client.Proof, error) {
				return test.prove(c), nil
			})
			var refusal *transport.MatrixError
			var protocol *transport.ProtocolError
			switch {
			case test.code == "" && err != nil,
				test.code == "-" && !errors.As(err, &protocol),
				len(test.code) > 1 && (!errors.As(err, &refusal) || refusal.Code != test.code):
				t.Errorf("got %v", err)
			}
			if diff := cmp.Diff(append([]map[string]any{nil}, test.want...), auths(t, fake)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestAProofGoesNowhereElse: a password that is bound to another server is not sent.
func TestAProofGoesNowhereElse(t *testing.T) {
	fake, other := clienttest.NewFake(t, clienttest.FakeOptions{}), clienttest.NewFake(t, clienttest.FakeOptions{})
	fake.On(deleteDevices, challenge("", "m.login.password"))
	c, elsewhere := newClient(t, fake.URL()), newClient(t, other.URL())
	err := c.DeleteDevices(t.Context(), c.Bind(secret.New("access")), []string{"A", "B"}, func(context.Context, client.Challenge) (client.Proof, error) {
		return client.ProvePassword(client.User("alice"), elsewhere.Bind(secret.New("pw-of-alice"))), nil
	})
	var forbidden *transport.ForbiddenError
	if !errors.As(err, &forbidden) || len(fake.Requests()) != 1 {
		t.Errorf("%v after %d requests", err, len(fake.Requests()))
	}
}

func TestTheErrorOfAProofIsReturnedAsItIs(t *testing.T) {
	fake := clienttest.NewFake(t, clienttest.FakeOptions{})
	fake.On(deleteDevices, challenge(`,"errcode":"M_FORBIDDEN"`, "m.login.x/../y?z"))
	gone := errors.New("the person has left")
	base := newClient(t, fake.URL())
	err := base.DeleteDevices(t.Context(), base.Bind(secret.New("access")), []string{"A", "B"}, func(_ context.Context, c client.Challenge) (client.Proof, error) {
		if c.Refused == nil || c.Refused.Code != "M_FORBIDDEN" {
			t.Errorf("refused: %v", c.Refused)
		}
		want := fake.URL() + "/_matrix/client/v3/auth/m.login.x%2F..%2Fy%3Fz/fallback/web?session=s1"
		if got := c.FallbackURL(c.Next()[0]); got != want {
			t.Errorf("the page is %s, want %s", got, want)
		}
		return client.Proof{}, gone
	})
	if !errors.Is(err, gone) {
		t.Errorf("got %v", err)
	}
}

func TestTheNextStages(t *testing.T) {
	tests := []struct {
		flows     [][]string
		completed []string
		want      []string
	}{
		{nil, nil, nil},
		{[][]string{{"a"}, {"b", "c"}, {"a", "d"}}, nil, []string{"a", "b"}},
		{[][]string{{"a", "b"}, {"c", "d"}, {"a", "e"}}, []string{"a"}, []string{"b", "e"}},
		{[][]string{{"a"}, {"a", "b"}}, []string{"a"}, []string{"b"}},
		{[][]string{{"a"}}, []string{"x"}, nil},
		{[][]string{{}}, nil, nil},
	}
	for _, test := range tests {
		got := client.Challenge{Flows: test.flows, Completed: test.completed}.Next()
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%v after %v: %s", test.flows, test.completed, diff)
		}
	}
}
