package output_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"mxlogin/client/transport"
	"mxlogin/cmd/output"
	"mxlogin/cmd/terminal"
)

// TestTheTableOfEventsIsWhatIsWritten: of the events that this package makes, by their
// fullest form.
func TestTheTableOfEventsIsWhatIsWritten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b bytes.Buffer
		r := output.NewReporter(&b, true, false, func(text string) string { return text })
		r.Link("open_url", "open", "https://example.org", nil)
		r.Code(terminal.Code{Server: "s", URL: "https://a", CompleteURL: "https://a/b", Text: "AB", Lifetime: time.Minute, Again: "again"})
		r.Trace(transport.Trace{
			Method: "GET", Origin: "https://a", Path: "/", Status: 200, Duration: time.Second,
			Fields: []transport.Field{{Name: "errcode", Value: "M_UNKNOWN"}}, Err: errors.New("x"),
		})
		if err := r.WaitOut(t.Context(), transport.Wait{Duration: time.Second, Request: "GET https://a/"}); err != nil {
			t.Error(err)
		}
		r.Slow(transport.Slow{Request: "GET https://a/", For: "the answer"})
		r.AwaitApproval(t.Context(), time.Second)

		seen := map[string]bool{}
		for line := range bytes.Lines(b.Bytes()) {
			checkEvent(t, line, seen)
		}
		for _, kind := range []string{"open_url", "device_code", "request", "rate_limited", "slow", "waiting"} {
			if !seen[kind] {
				t.Errorf("no event %s", kind)
			}
		}
	})
}

func checkEvent(t *testing.T, line []byte, seen map[string]bool) {
	t.Helper()
	var record struct {
		Event map[string]any `json:"event"`
	}
	if err := json.Unmarshal(line, &record); err != nil {
		t.Fatal(err)
	}
	kind, _ := record.Event["type"].(string)
	seen[kind] = true
	var got, want []string
	for name := range record.Event {
		if name != "type" {
			got = append(got, name)
		}
	}
	for _, event := range output.Events() {
		for _, field := range event.Fields {
			if event.Type == kind {
				want = append(want, field.Name)
			}
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-table +written):\n%s", kind, diff)
	}
}
