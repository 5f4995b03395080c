// Package oauth speaks the OAuth 2.0 API of a homeserver.
//
// Client-Server API, "OAuth 2.0 API".
package oauth

import (
	"context"
	"encoding/json"
	"slices"

	"mxlogin/client/matrixid"
	"mxlogin/client/transport"
)

const (
	metadataPath         = "/_matrix/client/v1/auth_metadata"
	unstableMetadataPath = "/_matrix/client/unstable/org.matrix.msc2965/auth_metadata"

	deviceGrant = "urn:ietf:params:oauth:grant-type:device_code"
)

// Metadata is the issuer's description of itself (RFC 8414).
type Metadata struct {
	Raw         json.RawMessage // as it was served, unknown members included
	Issuer      string
	DeviceGrant bool // a login without a browser on this machine is possible

	accountManagement string // as served; see AccountPage
	accountActions    []string
}

// FetchMetadata asks a homeserver for the metadata of its issuer. A homeserver
// without the OAuth 2.0 API is no error: ok is false.
func FetchMetadata(ctx context.Context, t *transport.Client, base matrixid.BaseURL) (m Metadata, ok bool, err error) {
	for _, path := range []string{metadataPath, unstableMetadataPath} {
		resp, err := t.Do(ctx, transport.Request{Method: "GET", Base: base, Path: path})
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
	m := Metadata{
		Raw:         resp.Body,
		Issuer:      issuer,
		DeviceGrant: slices.Contains(grants, deviceGrant) && object.Has("device_authorization_endpoint"),
	}
	m.accountManagement, _, _ = object.String("account_management_uri")
	m.accountActions, _ = object.Strings("account_management_actions_supported")
	return m, nil
}
