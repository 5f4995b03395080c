package transport_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"mxlogin/client/clienttest"
	"mxlogin/client/transport"
)

// fullDisk takes so many bytes and no more.
type fullDisk struct{ left int }

var errFull = errors.New("no space left on device")

func (f *fullDisk) Write(p []byte) (int, error) {
	if len(p) > f.left {
		return 0, errFull
	}
	f.left -= len(p)
	return len(p), nil
}

func TestASinkTakesTheBodyOfASuccess(t *testing.T) {
	fake := clienttest.NewFake(t, clienttest.FakeOptions{})
	fake.OnEvery("GET /whole", clienttest.Reply{Body: strings.Repeat("x", 100)})
	fake.OnEvery("GET /refused", clienttest.Reply{Status: 404, Body: `{"errcode":"M_NOT_FOUND"}`})
	client, _ := newClient(transport.Options{})
	get := func(path string, sink *transport.Sink) (*transport.Response, error) {
		return client.Do(t.Context(), transport.Request{Method: "GET", Base: baseOf(t, fake.URL()), Path: path, Into: sink})
	}

	var got bytes.Buffer
	status := 0
	sink := &transport.Sink{W: &got, Max: 100, Begin: func(r *transport.Response) error {
		status = r.Status
		return nil
	}}
	if resp, err := get("/whole", sink); err != nil || got.Len() != 100 || len(resp.Body) > 0 || status != 200 {
		t.Errorf("%d bytes, %v", got.Len(), err)
	}

	got.Reset()
	var limit *transport.LimitError
	if _, err := get("/whole", &transport.Sink{W: &got, Max: 99}); !errors.As(err, &limit) || limit.Limit != 99 || got.Len() > 99 {
		t.Errorf("over the limit: %d bytes, %v", got.Len(), err)
	}

	var failed *transport.SinkError
	if _, err := get("/whole", &transport.Sink{W: &fullDisk{left: 10}, Max: 1000}); !errors.As(err, &failed) || !errors.Is(err, errFull) {
		t.Errorf("a full disk: %v", err)
	}

	got.Reset()
	if resp, err := get("/refused", &transport.Sink{W: &got, Max: 1000}); err != nil || got.Len() > 0 || len(resp.Body) == 0 {
		t.Errorf("a refusal: %q in the sink, %v", &got, err)
	}
}

// TestABodyThatHasBegunIsNotAskedForAgain: what was written would be there twice.
func TestABodyThatHasBegunIsNotAskedForAgain(t *testing.T) {
	fake := clienttest.NewFake(t, clienttest.FakeOptions{})
	fake.On("GET /cut", clienttest.Reply{Body: strings.Repeat("x", 100), CutAfter: 50})
	client, _ := newClient(transport.Options{})
	var got bytes.Buffer
	_, err := client.Do(t.Context(), transport.Request{Method: "GET", Base: baseOf(t, fake.URL()), Path: "/cut", Into: &transport.Sink{W: &got, Max: 1000}})
	var network *transport.NetworkError
	if !errors.As(err, &network) || len(fake.Requests()) != 1 {
		t.Errorf("%d requests, %v", len(fake.Requests()), err)
	}
}
