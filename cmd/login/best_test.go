package login_test

import (
	"errors"
	"testing"

	"mxlogin/client"
	"mxlogin/client/oauth"
	"mxlogin/cmd/login"
)

func TestBest(t *testing.T) {
	offer := func(types ...string) login.Offer {
		var o login.Offer
		for _, loginType := range types {
			o.List = append(o.List, client.Flow{Type: loginType})
		}
		return o
	}
	withOAuth := func(o login.Offer, fault error) login.Offer {
		o.OAuth, o.OAuthErr = &oauth.Metadata{}, fault
		return o
	}
	both := offer(client.FlowToken, client.FlowPassword)
	preferred := offer(client.FlowPassword, client.FlowSSO)
	preferred.List[1].OAuthAwarePreferred = true
	tests := []struct {
		name  string
		offer login.Offer
		can   login.Can
		want  string // "" is none
	}{
		{"a password", both, login.Can{}, client.FlowPassword},
		{"a login token is at hand", both, login.Can{LoginToken: "MXLOGIN_LOGIN_TOKEN"}, client.FlowToken},
		{"a password was named beside it", both, login.Can{LoginToken: "MXLOGIN_LOGIN_TOKEN", Password: "a flag"}, client.FlowPassword},
		{"a login token that the server does not take", offer(client.FlowPassword), login.Can{LoginToken: "MXLOGIN_LOGIN_TOKEN"}, client.FlowPassword},
		{"no login token", offer(client.FlowToken), login.Can{}, ""},
		{"single sign-on only", offer(client.FlowSSO, client.FlowToken), login.Can{Terminal: true}, client.FlowSSO},
		{"both, at a terminal", offer(client.FlowSSO, client.FlowPassword), login.Can{Terminal: true, Browser: true}, client.FlowPassword},
		{"both, without a terminal", offer(client.FlowSSO, client.FlowPassword), login.Can{Browser: true}, client.FlowSSO},
		{"both, with neither", offer(client.FlowSSO, client.FlowPassword), login.Can{}, client.FlowPassword},
		{"both, with a password", offer(client.FlowSSO, client.FlowPassword), login.Can{Browser: true, Password: "a flag"}, client.FlowPassword},
		{"a password that the server does not take", offer(client.FlowSSO), login.Can{Password: "a flag"}, ""},
		{"nothing that login does by itself", offer(client.FlowJWT), login.Can{}, ""},
		{"nothing", offer(), login.Can{}, ""},
		{"OAuth only", withOAuth(offer(), nil), login.Can{}, login.FlowOAuth},
		{"OAuth only, and what it says is wrong", withOAuth(offer(), errors.New("no token endpoint")), login.Can{Terminal: true}, ""},
		{"OAuth beside passwords", withOAuth(both, nil), login.Can{Terminal: true, Browser: true}, client.FlowPassword},
		{"OAuth that is preferred", withOAuth(preferred, nil), login.Can{Terminal: true}, login.FlowOAuth},
		{"OAuth that is preferred, with a password", withOAuth(preferred, nil), login.Can{Terminal: true, Password: "a flag"}, client.FlowPassword},
		{"OAuth that is preferred, with nobody there", withOAuth(preferred, nil), login.Can{}, client.FlowPassword},
		{"OAuth that is preferred, and what it says is wrong", withOAuth(preferred, errors.New("no token endpoint")), login.Can{Terminal: true}, client.FlowPassword},
		{"OAuth only, with a password", withOAuth(offer(), nil), login.Can{Password: "a flag"}, ""},
	}
	for _, test := range tests {
		kind, why, ok := login.Best(test.offer, test.can)
		if ok && kind.Type != test.want || ok != (test.want != "") || ok && why == "" {
			t.Errorf("%s: %q, %q, %t", test.name, kind.Type, why, ok)
		}
	}
}

// TestKinds: flows, the choice of login, hints and refusals read one table.
func TestKinds(t *testing.T) {
	seen := map[string]bool{}
	for _, kind := range login.Kinds() {
		if kind.Type == "" || kind.API == "" || kind.Command == "" || kind.Refused == "" || seen[kind.Type] {
			t.Errorf("a row lacks something, or is there twice: %+v", kind)
		}
		seen[kind.Type] = true
	}
}
