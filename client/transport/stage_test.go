package transport_test

import (
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/http/httptrace"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"mxlogin/client/transport"
)

// waiting is a RoundTripper that comes as far as reach takes it, and then waits for a time
// or for the end of the request.
type waiting struct {
	reach func(*httptrace.ClientTrace)
	time  time.Duration
}

func (w waiting) RoundTrip(r *http.Request) (*http.Response, error) {
	w.reach(httptrace.ContextClientTrace(r.Context()))
	select {
	case <-time.After(w.time):
		return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: http.NoBody, Request: r}, nil
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
}

// TestQ47_ASlowRequestSaysWhatIsMissing: once after three seconds, and again when its time
// is up.
func TestQ47_ASlowRequestSaysWhatIsMissing(t *testing.T) {
	nothing := func(*httptrace.ClientTrace) {}
	connecting := func(trace *httptrace.ClientTrace) { trace.ConnectStart("tcp", "192.0.2.1:443") }
	handshake := func(trace *httptrace.ClientTrace) {
		connecting(trace)
		trace.TLSHandshakeStart()
		trace.ConnectStart("tcp", "[2001:db8::1]:443") // of a connection that is not needed any more
	}
	connected := func(trace *httptrace.ClientTrace) {
		handshake(trace)
		trace.TLSHandshakeDone(tls.ConnectionState{}, nil)
	}
	cases := []struct {
		name  string
		reach func(*httptrace.ClientTrace)
		time  time.Duration
		slow  []string
		want  string
	}{
		{"quick", nothing, 2 * time.Second, nil, ""},
		{"slow", nothing, 4 * time.Second, []string{"the answer"}, ""},
		{"no connection", connecting, time.Hour, []string{"the connection"}, "no connection within 30s"},
		{"no handshake", handshake, time.Hour, []string{"the TLS handshake"}, "no answer to the TLS handshake within 30s"},
		{"no answer", connected, time.Hour, []string{"the answer"}, "no complete answer within 30s"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var slow []string
				client := transport.New(transport.Options{
					RoundTripper: waiting{c.reach, c.time},
					OnSlow:       func(s transport.Slow) { slow = append(slow, s.For) },
				})
				_, err := client.Do(t.Context(), transport.Request{Method: "POST", Base: baseOf(t, "https://hs.test"), Path: "/x"})
				synctest.Wait() // OnSlow is called beside the request
				var network *transport.NetworkError
				switch {
				case c.want == "" && err != nil:
					t.Errorf("got %v", err)
				case c.want != "" && (!errors.As(err, &network) || network.Reason != c.want || !network.Timeout):
					t.Errorf("got %v, want %q", err, c.want)
				}
				if diff := cmp.Diff(c.slow, slow); diff != "" {
					t.Errorf("told (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// TestQ47_APortThatIsSilentToTLS: https to a port where something else listens and waits.
func TestQ47_APortThatIsSilentToTLS(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	client := transport.New(transport.Options{Timeout: 100 * time.Millisecond})
	_, err = client.Do(t.Context(), transport.Request{Method: "POST", Base: baseOf(t, "https://"+listener.Addr().String()), Path: "/x"})
	var network *transport.NetworkError
	if !errors.As(err, &network) || network.Reason != "no answer to the TLS handshake within 100ms" || network.Sent {
		t.Errorf("got %v", err)
	}
}
