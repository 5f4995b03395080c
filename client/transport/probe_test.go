package transport_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"mxlogin/client/clienttest"
	"mxlogin/client/matrixid"
	"mxlogin/client/transport"
)

// TestQ31_ProbesWaitForNobody: nothing depends on them.
func TestQ31_ProbesWaitForNobody(t *testing.T) {
	fake := clienttest.NewFake(t, clienttest.FakeOptions{})
	fake.On("GET /limited", clienttest.Reply{Status: 429, Header: map[string]string{"Retry-After": "1"}})
	fake.On("GET /silent", clienttest.Reply{Hold: true})
	base, err := matrixid.ParseBaseURL(fake.URL())
	if err != nil {
		t.Fatal(err)
	}
	probes := func(timeout time.Duration) *transport.Client {
		return transport.New(transport.Options{Timeout: timeout, MaxWait: time.Hour, WaitOut: func(context.Context, transport.Wait) error {
			t.Error("a rate limit is waited out")
			return nil
		}}).ForProbes()
	}
	var limited *transport.RateLimitError
	if _, err := probes(time.Minute).Do(t.Context(), transport.Request{Method: "GET", Base: base, Path: "/limited"}); !errors.As(err, &limited) {
		t.Errorf("got %v", err)
	}
	var network *transport.NetworkError
	if _, err := probes(10*time.Millisecond).Do(t.Context(), transport.Request{Method: "GET", Base: base, Path: "/silent"}); !errors.As(err, &network) || !network.Timeout {
		t.Errorf("got %v", err)
	}
}

// TestQ45_WhatIsNoSuccess: 200 alone is one, and a body comes as it is or as net/http has
// decoded it.
func TestQ45_WhatIsNoSuccess(t *testing.T) {
	var protocol *transport.ProtocolError
	for _, status := range []int{201, 202, 203, 204, 206, 226} {
		fake := clienttest.NewFake(t, clienttest.FakeOptions{})
		fake.On("POST /x", clienttest.Reply{Status: status})
		base, err := matrixid.ParseBaseURL(fake.URL())
		if err != nil {
			t.Fatal(err)
		}
		resp, err := transport.New(transport.Options{}).Do(t.Context(), transport.Request{Method: "POST", Base: base, Path: "/x"})
		if err != nil {
			t.Fatal(err)
		}
		if err := resp.Refusal(); !errors.As(err, &protocol) {
			t.Errorf("%d: %v", status, err)
		}
	}
	for encoding, isWrong := range map[string]bool{"br": true, "gzip, br": true, "x": true, "identity": false} {
		fake := clienttest.NewFake(t, clienttest.FakeOptions{})
		fake.On("POST /x", clienttest.Reply{Header: map[string]string{"Content-Encoding": encoding}, Body: "{}"})
		base, err := matrixid.ParseBaseURL(fake.URL())
		if err != nil {
			t.Fatal(err)
		}
		_, err = transport.New(transport.Options{}).Do(t.Context(), transport.Request{Method: "POST", Base: base, Path: "/x"})
		if errors.As(err, &protocol) != isWrong || !isWrong && err != nil {
			t.Errorf("%s: %v", encoding, err)
		}
	}
}
