package clienttest

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"
)

// route says who answers what.
func (i *Issuer) route() {
	const client = "/_matrix/client/"
	metadata := "GET " + client + "v1/auth_metadata"
	if i.options.Unstable {
		metadata = "GET " + client + "unstable/org.matrix.msc2965/auth_metadata"
	}
	i.on(metadata, func(*http.Request) answer { return i.metadata() })
	if i.options.Password {
		i.on("GET "+client+"v3/login", func(*http.Request) answer { return i.flows() })
	}
	i.on("GET "+client+"versions", func(*http.Request) answer {
		return answer{status: 200, body: map[string]any{"versions": []string{"v1.1", "v1.15", "v1.18"}}}
	})
	i.on("GET "+client+"v3/account/whoami", i.whoAmI)
	i.on("GET "+client+"v3/devices", i.devices)
	i.on("PUT "+client+"v3/devices/*", i.rename)
	for _, never := range []string{"POST " + client + "v3/logout", "POST " + client + "v3/logout/all", "POST " + client + "v3/refresh", "DELETE " + client + "v3/devices/*"} {
		i.on(never, func(*http.Request) answer {
			i.fault("%s", never)
			return matrixError(404, "M_UNRECOGNIZED")
		})
	}
	i.on("POST /oauth2/registration", i.register)
	i.on("GET /oauth2/authorize", i.authorize)
	i.on("POST /oauth2/device", i.requestDevice)
	i.on("POST /oauth2/token", i.token)
	i.on("POST /oauth2/revoke", i.revoke)
	i.on("GET /link", func(r *http.Request) answer {
		if grant, ok := i.grants[r.URL.Query().Get("user_code")]; ok {
			grant.approved = true
		}
		return answer{status: 200, text: "thank you"}
	})
}

func (i *Issuer) metadata() answer {
	at := i.URL()
	grants := []string{"authorization_code", "refresh_token", grantDevice}
	honest := map[string]any{
		"issuer":                           i.Issuer(),
		"authorization_endpoint":           at + "/oauth2/authorize",
		"token_endpoint":                   at + "/oauth2/token",
		"registration_endpoint":            at + "/oauth2/registration",
		"revocation_endpoint":              at + "/oauth2/revoke",
		"device_authorization_endpoint":    at + "/oauth2/device",
		"response_types_supported":         []string{"code"},
		"response_modes_supported":         []string{"query", "fragment"},
		"grant_types_supported":            grants,
		"code_challenge_methods_supported": []string{"S256"},
		"account_management_uri":           at + "/account",

		"account_management_actions_supported": []string{"org.matrix.devices_list", "org.matrix.device_delete"},
	}
	if i.options.NoDevice {
		delete(honest, "device_authorization_endpoint")
		honest["grant_types_supported"] = grants[:2]
	}
	if i.options.Iss {
		honest["authorization_response_iss_parameter_supported"] = true
	}
	said := i.overlaid(200, honest, i.options.Metadata)
	if i.options.CacheControl != "" {
		said.header = map[string]string{"Cache-Control": i.options.CacheControl}
	}
	return said
}

func (i *Issuer) flows() answer {
	flows := []map[string]any{{"type": "m.login.password"}}
	if i.options.Prefers {
		flows = append(flows, map[string]any{"type": "m.login.sso", "oauth_aware_preferred": true})
	}
	return answer{status: 200, body: map[string]any{"flows": flows}}
}

// session returns whose the access token of a request is. The caller holds the lock. Its
// use ends the old refresh token.
func (i *Issuer) session(r *http.Request) (*issuerSession, answer) {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok {
		return nil, matrixError(401, "M_MISSING_TOKEN")
	}
	for _, s := range i.sessions {
		if s.access == token && !s.over && time.Now().Before(s.ends) {
			s.old = ""
			return s, answer{}
		}
	}
	refused := matrixError(401, "M_UNKNOWN_TOKEN")
	refused.body["soft_logout"] = i.options.SoftLogout
	return nil, refused
}

func (i *Issuer) whoAmI(r *http.Request) answer {
	s, refused := i.session(r)
	if s == nil {
		return refused
	}
	return i.overlaid(200, map[string]any{"user_id": i.options.User, "device_id": s.device}, i.options.WhoAmI)
}

func (i *Issuer) devices(r *http.Request) answer {
	s, refused := i.session(r)
	if s == nil {
		return refused
	}
	var list []map[string]any
	for _, s := range i.sessions {
		if !s.over {
			list = append(list, map[string]any{"device_id": s.device, "display_name": s.name})
		}
	}
	return answer{status: 200, body: map[string]any{"devices": list}}
}

func (i *Issuer) rename(r *http.Request) answer {
	s, refused := i.session(r)
	if s == nil {
		return refused
	}
	var in struct {
		Name string `json:"display_name"`
	}
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil || !strings.HasSuffix(r.URL.Path, "/"+s.device) {
		return matrixError(400, "M_BAD_JSON")
	}
	s.name = in.Name
	return answer{status: 200, body: map[string]any{}}
}
