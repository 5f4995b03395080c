package transport_test

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"

	"mxlogin/client/transport"
)

// TestK19_TheBodyIsClearedAfterTheExchange holds on to the memory that the body
// was in.
func TestK19_TheBodyIsClearedAfterTheExchange(t *testing.T) {
	base := baseOf(t, "https://hs.test")
	for name, answer := range map[string]func() (*http.Response, error){
		"success":   func() (*http.Response, error) { return reply(200, "{}"), nil },
		"refusal":   func() (*http.Response, error) { return reply(403, `{"errcode":"M_FORBIDDEN"}`), nil },
		"no answer": func() (*http.Response, error) { return nil, io.ErrUnexpectedEOF },
	} {
		t.Run(name, func(t *testing.T) {
			var held holder
			client, _ := newClient(transport.Options{RoundTripper: roundTripper(func(r *http.Request) (*http.Response, error) {
				if r.GetBody != nil {
					t.Error("net/http is given the means to make the body again")
				}
				if _, err := r.Body.(io.WriterTo).WriteTo(&held); err != nil {
					t.Error(err)
				}
				if !strings.Contains(string(held.memory), "hunter2") {
					t.Error("the test does not see the body")
				}
				return answer()
			})})
			_, _ = client.Do(t.Context(), login(base, "hunter2"))
			if len(bytes.Trim(held.memory, "\x00")) > 0 {
				t.Errorf("left in memory: %q", held.memory)
			}
		})
	}
}

// holder keeps the slice that is written to it, which a writer should not do.
type holder struct{ memory []byte }

func (h *holder) Write(p []byte) (int, error) {
	h.memory = p
	return len(p), nil
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func reply(status int, body string) *http.Response {
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body))}
}
