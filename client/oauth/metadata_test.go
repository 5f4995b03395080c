package oauth_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"mxlogin/client/clienttest"
	"mxlogin/client/matrixid"
	"mxlogin/client/oauth"
	"mxlogin/client/transport"
)

const (
	stable   = "GET /_matrix/client/v1/auth_metadata"
	unstable = "GET /_matrix/client/unstable/org.matrix.msc2965/auth_metadata"
)

func fetch(t *testing.T, replies map[string]clienttest.Reply) (oauth.Metadata, bool, error) {
	t.Helper()
	fake := clienttest.NewFake(t, clienttest.FakeOptions{})
	for request, reply := range replies {
		fake.On(request, reply)
	}
	base, err := matrixid.ParseBaseURL(fake.URL())
	if err != nil {
		t.Fatal(err)
	}
	client := transport.New(transport.Options{
		Sleep: func(ctx context.Context, _ time.Duration) error { return context.Cause(ctx) },
	})
	return oauth.FetchMetadata(t.Context(), client, base)
}

func TestFetchMetadata(t *testing.T) {
	const document = `{"issuer":"https://auth.hs.test/","grant_types_supported":["authorization_code","urn:ietf:params:oauth:grant-type:device_code"],"device_authorization_endpoint":"https://auth.hs.test/device","x":{"y":1}}`
	got, ok, err := fetch(t, map[string]clienttest.Reply{stable: {Body: document}})
	if err != nil || !ok || got.Issuer != "https://auth.hs.test/" || !got.DeviceGrant || string(got.Raw) != document {
		t.Errorf("%+v, %t, %v", got, ok, err)
	}
}

func TestFetchMetadataUnderItsOldName(t *testing.T) {
	got, ok, err := fetch(t, map[string]clienttest.Reply{
		stable:   {Status: 404, Body: `{"errcode":"M_NOT_FOUND"}`},
		unstable: {Body: `{"issuer":"https://auth.hs.test/","grant_types_supported":["urn:ietf:params:oauth:grant-type:device_code"]}`},
	})
	if err != nil || !ok || got.DeviceGrant {
		t.Errorf("a device grant without its endpoint is none: %+v, %t, %v", got, ok, err)
	}
}

func TestAServerWithoutOAuthIsNoError(t *testing.T) {
	for _, status := range []int{404, 405} {
		missing := clienttest.Reply{Status: status, Body: "<html>not here</html>"}
		if got, ok, err := fetch(t, map[string]clienttest.Reply{stable: missing, unstable: missing}); ok || err != nil || got.Raw != nil {
			t.Errorf("%d: %+v, %t, %v", status, got, ok, err)
		}
	}
}

func TestBrokenMetadata(t *testing.T) {
	for name, body := range map[string]string{
		"no issuer":           `{}`,
		"issuer no string":    `{"issuer":1}`,
		"issuer empty":        `{"issuer":""}`,
		"grants no strings":   `{"issuer":"https://a","grant_types_supported":[1]}`,
		"grants no list":      `{"issuer":"https://a","grant_types_supported":"x"}`,
		"no JSON":             `<html>`,
		"issuer named twice":  `{"issuer":"https://a","issuer":"https://b"}`,
		"nothing in the body": ``,
	} {
		_, ok, err := fetch(t, map[string]clienttest.Reply{stable: {Body: body}})
		var protocol *transport.ProtocolError
		if ok || !errors.As(err, &protocol) {
			t.Errorf("%s: %t, %v", name, ok, err)
		}
	}
	_, ok, err := fetch(t, map[string]clienttest.Reply{stable: {Status: 500, Body: `{"errcode":"M_UNKNOWN"}`}})
	var server *transport.ServerError
	if ok || !errors.As(err, &server) {
		t.Errorf("500: %t, %v", ok, err)
	}
}
