package client

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"

	"mxlogin/client/transport"
)

// The login types of the specification, and one that only Synapse and its kin
// have.
const (
	FlowPassword           = "m.login.password"
	FlowToken              = "m.login.token"
	FlowSSO                = "m.login.sso"
	FlowApplicationService = "m.login.application_service"
	FlowJWT                = "org.matrix.login.jwt"
)

// ErrNoLoginAPI is in the error of [Client.LoginFlows] where the homeserver does
// not have the legacy login API, as one that only speaks OAuth 2.0.
var ErrNoLoginAPI = errors.New("the server has no login API for passwords and tokens")

// Flow is one way to log in that a homeserver offers.
type Flow struct {
	Type string
	// OAuthAwarePreferred says that a client which knows OAuth 2.0 is to take
	// this flow (by OAuth) and no other. Since v1.18.
	OAuthAwarePreferred bool
	// GetLoginToken says that a session can mint a token for this flow. Since v1.7.
	GetLoginToken bool
	// IdentityProviders are the choices of m.login.sso. Since v1.1.
	IdentityProviders []IdentityProvider
}

// IdentityProvider is one of the choices that m.login.sso offers.
type IdentityProvider struct{ ID, Name string }

// Flows is what a homeserver answers to GET /login.
type Flows struct {
	List   []Flow
	Raw    json.RawMessage // the list as it was served, unknown members included
	Prefix Prefix          // of the paths that the homeserver answered on
}

// Find returns the flow of a type.
func (f Flows) Find(flowType string) (Flow, bool) {
	i := slices.IndexFunc(f.List, func(flow Flow) bool { return flow.Type == flowType })
	if i < 0 {
		return Flow{}, false
	}
	return f.List[i], true
}

// PrefersOAuth reports whether the homeserver asks clients that know OAuth 2.0 to
// use it.
func (f Flows) PrefersOAuth() bool {
	return slices.ContainsFunc(f.List, func(flow Flow) bool { return flow.OAuthAwarePreferred })
}

// LoginFlows asks the homeserver how you can log in, on the v3 path and, where
// that is answered by 404 or 405, on r0. An error that is ErrNoLoginAPI says that
// it has neither.
//
// Client-Server API, GET /login.
func (c *Client) LoginFlows(ctx context.Context) (Flows, error) {
	for _, prefix := range []Prefix{V3, R0} {
		resp, err := c.transport.Do(ctx, transport.Request{
			Method: http.MethodGet, Base: c.base, Path: c.WithPrefix(prefix).path("/login"),
		})
		if err != nil {
			return Flows{}, err
		}
		if resp.IsUnrecognized() {
			continue
		}
		if err := resp.Refusal(); err != nil {
			return Flows{}, err
		}
		object, err := resp.Object()
		if err != nil {
			return Flows{}, err
		}
		return readFlows(object, prefix)
	}
	return Flows{}, ErrNoLoginAPI
}

func readFlows(answer transport.Object, prefix Prefix) (Flows, error) {
	elements, ok, err := answer.Array("flows")
	if err != nil {
		return Flows{}, err
	}
	if !ok {
		return Flows{}, answer.Invalid("flows", "is missing")
	}
	flows := Flows{Raw: answer.Raw("flows"), Prefix: prefix, List: make([]Flow, len(elements))}
	for i, raw := range elements {
		element, err := answer.Element("flows", raw)
		if err != nil {
			return Flows{}, err
		}
		if flows.List[i], err = readFlow(element); err != nil {
			return Flows{}, err
		}
	}
	return flows, nil
}

// readFlow reads the members that matter here. Only the type is required; where
// another is not as it should be, the flow is taken to be without it.
func readFlow(element transport.Object) (Flow, error) {
	flowType, ok, err := element.String("type")
	if err != nil {
		return Flow{}, err
	}
	if !ok || flowType == "" {
		return Flow{}, element.Invalid("type", "is missing")
	}
	flow := Flow{
		Type:                flowType,
		OAuthAwarePreferred: isTrue(element, "oauth_aware_preferred", "org.matrix.msc3824.delegated_oidc_compatibility"),
		GetLoginToken:       isTrue(element, "get_login_token", "org.matrix.msc3882.get_login_token"),
	}
	providers, _, _ := element.Array("identity_providers")
	for _, raw := range providers {
		provider, err := element.Element("identity_providers", raw)
		if err != nil {
			continue
		}
		id, _, _ := provider.String("id")
		name, _, _ := provider.String("name")
		if id != "" {
			flow.IdentityProviders = append(flow.IdentityProviders, IdentityProvider{ID: id, Name: name})
		}
	}
	return flow, nil
}

// isTrue looks under the name of the specification and under the one that was in
// use before.
func isTrue(o transport.Object, names ...string) bool {
	return slices.ContainsFunc(names, func(name string) bool {
		value, _, err := o.Bool(name)
		return err == nil && value
	})
}
