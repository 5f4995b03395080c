package oauth

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"time"

	"mxlogin/client/matrixid"
	"mxlogin/client/transport"
)

const (
	metadataPath         = "/_matrix/client/v1/auth_metadata"
	unstableMetadataPath = "/_matrix/client/unstable/org.matrix.msc2965/auth_metadata"

	grantCode    = "authorization_code"
	grantDevice  = "urn:ietf:params:oauth:grant-type:device_code"
	grantRefresh = "refresh_token"
)

// Metadata is the description of an authorization server (RFC 8414), as a homeserver
// hands it out. [New] checks what a login needs of it.
type Metadata struct {
	Raw         json.RawMessage // as it was served, unknown members included
	Issuer      string
	DeviceGrant bool // a login without a browser on this machine is possible

	object   transport.Object
	freshFor time.Duration // from when it was served
}

// FetchMetadata asks a homeserver for the metadata of its authorization server. A
// homeserver without the OAuth 2.0 API is no error: ok is false.
//
// Client-Server API, GET /auth_metadata.
func FetchMetadata(ctx context.Context, t *transport.Client, base matrixid.BaseURL) (m Metadata, ok bool, err error) {
	for _, path := range []string{metadataPath, unstableMetadataPath} {
		resp, err := t.Do(ctx, transport.Request{Method: http.MethodGet, Base: base, Path: path})
		if err != nil {
			return Metadata{}, false, err
		}
		if resp.IsUnrecognized() {
			continue
		}
		m, err := readMetadata(resp)
		return m, err == nil, err
	}
	return Metadata{}, false, nil
}

func readMetadata(resp *transport.Response) (Metadata, error) {
	if err := resp.Refusal(); err != nil {
		return Metadata{}, err
	}
	object, err := resp.Object()
	if err != nil {
		return Metadata{}, err
	}
	issuer, ok, err := object.String("issuer")
	if err != nil {
		return Metadata{}, err
	}
	if !ok || issuer == "" {
		return Metadata{}, object.Invalid("issuer", "is missing")
	}
	grants, err := object.Strings("grant_types_supported")
	if err != nil {
		return Metadata{}, err
	}
	return Metadata{
		Raw:         resp.Body,
		Issuer:      issuer,
		DeviceGrant: slices.Contains(grants, grantDevice) && object.Has("device_authorization_endpoint"),
		object:      object,
		freshFor:    freshness(resp.Header),
	}, nil
}

// endpoints holds the description against what the specification requires, and returns
// where the requests of a login go.
func (m Metadata) endpoints(t *transport.Client, base matrixid.BaseURL) (e endpoints, err error) {
	for _, required := range []struct{ member, value string }{
		{"response_types_supported", "code"},
		{"response_modes_supported", "query"},
		{"grant_types_supported", grantCode},
		{"grant_types_supported", grantRefresh},
		{"code_challenge_methods_supported", "S256"},
	} {
		listed, err := m.object.Strings(required.member)
		if err != nil {
			return endpoints{}, err
		}
		if !slices.Contains(listed, required.value) {
			return endpoints{}, m.object.Invalid(required.member, "does not have "+required.value)
		}
	}
	if _, err := m.place("issuer", t, base); err != nil {
		return endpoints{}, err
	}
	for member, place := range map[string]*endpoint{
		"authorization_endpoint": &e.authorization,
		"token_endpoint":         &e.token,
		"registration_endpoint":  &e.registration,
		"revocation_endpoint":    &e.revocation,
	} {
		if *place, err = m.place(member, t, base); err != nil {
			return endpoints{}, err
		}
	}
	if m.DeviceGrant {
		e.device, err = m.place("device_authorization_endpoint", t, base)
	}
	return e, err
}

// place reads a member that names a place of the authorization server.
func (m Metadata) place(member string, t *transport.Client, base matrixid.BaseURL) (endpoint, error) {
	text, ok, err := m.object.String(member)
	if err != nil {
		return endpoint{}, err
	}
	if !ok {
		return endpoint{}, m.object.Invalid(member, "is missing")
	}
	place, fault := parseEndpoint(text, t, base)
	if fault != "" {
		return endpoint{}, m.object.Invalid(member, fault)
	}
	return place, nil
}
