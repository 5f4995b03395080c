package transport_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"mxlogin/client/transport"
)

// TestK19_TheBodyIsClearedAfterTheExchange holds on to the body of a request.
func TestK19_TheBodyIsClearedAfterTheExchange(t *testing.T) {
	base := baseOf(t, "https://hs.test")
	for name, answer := range map[string]func() (*http.Response, error){
		"success":   func() (*http.Response, error) { return reply(200, "{}"), nil },
		"refusal":   func() (*http.Response, error) { return reply(403, `{"errcode":"M_FORBIDDEN"}`), nil },
		"no answer": func() (*http.Response, error) { return nil, io.ErrUnexpectedEOF },
	} {
		t.Run(name, func(t *testing.T) {
			var held io.Reader
			client, _ := newClient(transport.Options{RoundTripper: roundTripper(func(r *http.Request) (*http.Response, error) {
				if r.GetBody != nil {
					t.Error("net/http is given the means to make the body again")
				}
				start := make([]byte, 10) // the rest is read later, as net/http may do
				if _, err := io.ReadFull(r.Body, start); err != nil {
					t.Error(err)
				}
				held = r.Body
				return answer()
			})})
			_, _ = client.Do(t.Context(), login(base, "hunter2"))
			if rest, err := io.ReadAll(held); err == nil || len(rest) > 0 {
				t.Errorf("left to read: %q", rest)
			}
		})
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func reply(status int, body string) *http.Response {
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body))}
}
