package transport_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"mxlogin/client/matrixid"
	"mxlogin/client/transport"
)

// limitedBy is a server that is busy, and then not.
type limitedBy struct {
	header, body string
	asked        int
}

func (l *limitedBy) RoundTrip(r *http.Request) (*http.Response, error) {
	l.asked++
	reply := &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: http.NoBody, Request: r}
	if l.asked == 1 {
		reply.StatusCode = http.StatusTooManyRequests
		reply.Header["Retry-After"] = []string{l.header}
		reply.Body = readCloser{strings.NewReader(l.body)}
	}
	return reply, nil
}

type readCloser struct{ *strings.Reader }

func (readCloser) Close() error { return nil }

// FuzzRetryAfter holds that a wait is between a second and what is allowed, or that it is
// refused with a time of at least a second and at most ten years.
func FuzzRetryAfter(f *testing.F) {
	for _, seed := range [][2]string{
		{"5", ""},
		{"", `{"retry_after_ms":1500}`},
		{"-1", `{"retry_after_ms":-1}`},
		{"99999999999999999999", ""},
		{"", `{"retry_after_ms":1e30}`},
		{"Fri, 31 Dec 9999 23:59:59 GMT", ""},
		{"Thu, 01 Jan 1970 00:00:00 GMT", ""},
		{"Sunday, 06-Nov-94 08:49:37 GMT", ""},
		{"x", `{"retry_after_ms":[]}`},
	} {
		f.Add(seed[0], seed[1])
	}
	base, err := matrixid.ParseBaseURL("https://hs.test")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, header, body string) {
		const allowed = time.Minute
		var waited []time.Duration
		client := transport.New(transport.Options{
			RoundTripper: &limitedBy{header: header, body: body}, MaxWait: allowed,
			Now:     func() time.Time { return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC) },
			WaitOut: func(_ context.Context, w transport.Wait) error { waited = append(waited, w.Duration); return nil },
		})
		_, err := client.Do(t.Context(), transport.Request{Method: "GET", Base: base, Path: "/x"})
		var limited *transport.RateLimitError
		switch {
		case errors.As(err, &limited):
			if len(waited) > 0 || limited.RetryAfter <= allowed || limited.RetryAfter > 11*365*24*time.Hour {
				t.Errorf("refused with %s after %v", limited.RetryAfter, waited)
			}
		case err != nil:
			t.Errorf("got %v", err)
		case len(waited) != 1 || waited[0] < time.Second || waited[0] > allowed:
			t.Errorf("waited %v", waited)
		}
	})
}
