package output_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mxlogin/client/secret"
	"mxlogin/client/transport"
	"mxlogin/cmd/output"
	"mxlogin/cmd/terminal"
)

func reportEverything(r *output.Reporter, text string) {
	r.Failure(output.Failure{Code: "auth", ExitCode: 4, Message: text, Hint: text + "\n" + text, ErrCode: text})
	r.Warning("storage", text)
	r.Notice("waiting", text, map[string]any{"s": text, "list": []string{text}, "map": map[string]any{text: text}})
	r.Link("open", text, "https://example.org/::a\x1b\u202e\u009b##vso[b]", map[string]any{"s": text})
	r.Code(terminal.Code{Again: text, Server: text, Text: text, URL: "https://example.org/::a\x1b\u202e\u009b##vso[b]", CompleteURL: "https://example.org/\x1b##vso[b]", Lifetime: time.Minute})
	r.Trace(transport.Trace{Method: text, Origin: text, Path: text, Fields: []transport.Field{{Name: text, Value: text}}, Err: errors.New(text)})
}

// TestQ43_Warnings come once, and not under quiet; a refused answer comes each time.
func TestQ43_Warnings(t *testing.T) {
	write := func(quiet bool) string {
		var w bytes.Buffer
		r := output.NewReporter(&w, false, quiet, func(s string) string { return s })
		for range 2 {
			r.Warning("a", "one")
			r.Warning("a", "two")
			r.NotTaken("no")
		}
		return w.String()
	}
	if got, want := write(false), "mxlogin: warning: one\nmxlogin: warning: two\nmxlogin: warning: no\nmxlogin: warning: no\n"; got != want {
		t.Errorf("got %q", got)
	}
	if got, want := write(true), "mxlogin: warning: no\nmxlogin: warning: no\n"; got != want {
		t.Errorf("quiet: %q", got)
	}
}

func TestReporterWrites(t *testing.T) {
	tests := map[string]struct {
		report     func(*output.Reporter)
		text, json string
	}{
		"failure": {
			func(r *output.Reporter) {
				r.Failure(output.Failure{Code: "auth", ExitCode: 4, Message: "refused", Hint: "try\nthis", ErrCode: "M_FORBIDDEN", RetryAfter: 1500 * time.Millisecond})
			},
			"mxlogin: refused\nhint: try\nhint: this\n",
			`{"error":{"code":"auth","exit_code":4,"message":"refused","hint":"try\nthis","errcode":"M_FORBIDDEN","retry_after_ms":1500}}` + "\n",
		},
		"short failure": {
			func(r *output.Reporter) {
				r.Failure(output.Failure{Code: "usage", ExitCode: 2, Message: "no <target>"})
			},
			"mxlogin: no <target>\n",
			`{"error":{"code":"usage","exit_code":2,"message":"no <target>"}}` + "\n",
		},
		"code": {
			func(r *output.Reporter) {
				r.Code(terminal.Code{Server: "https://example.org", Text: "AB1-2", URL: "https://auth.example.org/link", CompleteURL: "https://auth.example.org/link?c=AB1-2", Lifetime: 599900 * time.Millisecond})
			},
			"mxlogin: to log in to https://example.org, open this page on any device:\nmxlogin:   https://auth.example.org/link\n" +
				"mxlogin: and enter the code:\nmxlogin:   AB1-2   (A B one, two)\n" +
				"mxlogin: or open this one, which has the code filled in:\nmxlogin:   https://auth.example.org/link?c=AB1-2\n",
			`{"event":{"expires_in":600,"server":"https://example.org","type":"device_code","user_code":"AB1-2","verification_uri":"https://auth.example.org/link","verification_uri_complete":"https://auth.example.org/link?c=AB1-2"}}` + "\n",
		},
		"another code": {
			func(r *output.Reporter) {
				r.Code(terminal.Code{Again: "the code has expired", Server: "https://example.org", Text: "7", URL: "https://auth.example.org/link", Lifetime: time.Minute})
			},
			"mxlogin: the code has expired\nmxlogin: to log in to https://example.org, open this page on any device:\nmxlogin:   https://auth.example.org/link\n" +
				"mxlogin: and enter the code:\nmxlogin:   7   (seven)\n",
			`{"event":{"expires_in":60,"reason":"the code has expired","server":"https://example.org","type":"device_code","user_code":"7","verification_uri":"https://auth.example.org/link"}}` + "\n",
		},
		"warning": {
			func(r *output.Reporter) { r.Warning("storage", "others can read it") },
			"mxlogin: warning: others can read it\n",
			`{"warning":{"code":"storage","message":"others can read it"}}` + "\n",
		},
		"notice": {
			func(r *output.Reporter) {
				r.Notice("moved", "moved to b", map[string]any{"to": "b", "n": int64(1) << 60, "type": "x"})
			},
			"mxlogin: moved to b\n",
			`{"event":{"n":1152921504606846976,"to":"b","type":"moved"}}` + "\n",
		},
		"link": {
			func(r *output.Reporter) {
				r.Link("device", "open this", "https://a/?b=c&d=\u202e \x1b"+strings.Repeat("e", 600), map[string]any{"code": "AB-CD"})
			},
			"mxlogin: open this\nmxlogin: https://a/?b=c&d=%E2%80%AE%20%1B" + strings.Repeat("e", 600) + "\n",
			`{"event":{"code":"AB-CD","type":"device","url":"https://a/?b=c&d=%E2%80%AE%20%1B` + strings.Repeat("e", 600) + `"}}` + "\n",
		},
		"trace": {
			func(r *output.Reporter) {
				r.Trace(transport.Trace{
					Method: "POST", Origin: "https://a", Path: "/login", Status: 403,
					Duration: 12345 * time.Microsecond, Fields: []transport.Field{{Name: "errcode", Value: "M_FORBIDDEN"}},
				})
			},
			"mxlogin: > POST https://a/login 403 12ms errcode=M_FORBIDDEN\n",
			`{"event":{"duration_ms":12,"fields":{"errcode":"M_FORBIDDEN"},"method":"POST","origin":"https://a","path":"/login","status":403,"type":"request"}}` + "\n",
		},
		"trace without answer": {
			func(r *output.Reporter) {
				r.Trace(transport.Trace{Method: "GET", Origin: "https://a", Path: "/", Duration: time.Second, Err: errors.New("refused")})
			},
			"mxlogin: > GET https://a/ 1s error: refused\n",
			`{"event":{"duration_ms":1000,"error":"refused","method":"GET","origin":"https://a","path":"/","type":"request"}}` + "\n",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			for asJSON, want := range map[bool]string{false: test.text, true: test.json} {
				var b bytes.Buffer
				test.report(output.NewReporter(&b, asJSON, false, terminal.Safe))
				if diff := cmp.Diff(want, b.String()); diff != "" {
					t.Errorf("json %t (-want +got):\n%s", asJSON, diff)
				}
			}
		})
	}
}

func TestQuietLeavesOutNoticesOnly(t *testing.T) {
	for _, asJSON := range []bool{false, true} {
		var b bytes.Buffer
		r := output.NewReporter(&b, asJSON, true, terminal.Safe)
		r.Notice("n", "notice", map[string]any{"a": 1})
		if b.Len() > 0 {
			t.Errorf("json %t: %q", asJSON, b.String())
		}
		reportEverything(r, "text")
		if n := strings.Count(b.String(), "text"); n < 4 {
			t.Errorf("json %t: more than notices is left out: %q", asJSON, b.String())
		}
	}
}

func TestH44_ReportsShowServerTextEscapedAndWithoutSecrets(t *testing.T) {
	const hostile = "::add-mask::\x1b[2J\u202e\r\n::set-output::\u009b ##vso[task] tok-CANARY-access \x1b]52;c;x\x07"
	var scrubber terminal.Scrubber
	scrubber.Add(secret.New(accessCanary))
	for _, asJSON := range []bool{false, true} {
		var b bytes.Buffer
		r := output.NewReporter(&b, asJSON, false, scrubber.Clean)
		reportEverything(r, hostile)
		got := b.String()
		refuseHostile(t, got)
		if strings.Contains(got, accessCanary) {
			t.Errorf("json %t shows the secret: %s", asJSON, got)
		}
		for line := range strings.Lines(got) {
			if !strings.HasPrefix(line, "mxlogin: ") && !strings.HasPrefix(line, "hint: ") && !json.Valid([]byte(line)) {
				t.Errorf("a line does not begin with our words: %q", line)
			}
		}
	}
}

// recordingWriter keeps what is written, and fails the test if two overlap.
type recordingWriter struct {
	mu      sync.Mutex
	t       *testing.T
	records []string
}

func (w *recordingWriter) Write(p []byte) (int, error) {
	if !w.mu.TryLock() {
		w.t.Error("two records are written at once")
		return len(p), nil
	}
	defer w.mu.Unlock()
	runtime.Gosched() // lets a second write begin, if it may
	w.records = append(w.records, string(p))
	return len(p), nil
}

func TestRecordsAreWrittenWholeAndOneAtATime(t *testing.T) {
	w := &recordingWriter{t: t}
	r := output.NewReporter(w, false, false, terminal.Safe)
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() { r.Failure(output.Failure{Message: "message", Hint: "hint"}) })
	}
	wg.Wait()
	if len(w.records) != 50 {
		t.Errorf("%d writes of 50 records", len(w.records))
	}
	for _, record := range w.records {
		if record != "mxlogin: message\nhint: hint\n" {
			t.Errorf("record %q", record)
		}
	}
}
