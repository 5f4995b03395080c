package output

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

// Reporter writes records for the person, or under json one object a line, to
// standard error. Every line begins with words of ours. Errors of writing are
// ignored: there is nowhere left to tell them. It may be used by several
// goroutines.
type Reporter struct {
	mu     sync.Mutex
	w      io.Writer
	asJSON bool
	quiet  bool
	clean  func(string) string
	warned map[string]bool // what has been warned of
}

// NewReporter returns a Reporter that writes to w, as JSON if asJSON is set and
// without notices if quiet is set. All text passes through clean, which makes
// one harmless line of it, as terminal.Scrubber.Clean does.
func NewReporter(w io.Writer, asJSON, quiet bool, clean func(string) string) *Reporter {
	return &Reporter{w: w, asJSON: asJSON, quiet: quiet, clean: clean}
}

// Failure is why a command failed.
type Failure struct {
	Code       string // one of the error codes that scripts may rely on
	ExitCode   int
	Message    string
	Hint       string        // what to do about it; may have several lines
	ErrCode    string        // the server's, such as M_FORBIDDEN
	RetryAfter time.Duration // how long the server wants to be left alone
}

// Failure writes why the command failed.
func (r *Reporter) Failure(f Failure) {
	if r.asJSON {
		r.object("error", FailureObject{
			f.Code, f.ExitCode, r.clean(f.Message), r.cleanLines(f.Hint), r.clean(f.ErrCode), f.RetryAfter.Milliseconds(),
		})
		return
	}
	r.text("mxlogin: ", r.clean(f.Message), "hint: ", r.cleanLines(f.Hint))
}

// FailureObject is the JSON of a [Failure].
type FailureObject struct {
	Code         string `json:"code" doc:"what went wrong, from the table below"`
	ExitCode     int    `json:"exit_code" doc:"exit code of mxlogin"`
	Message      string `json:"message" doc:"the same in words, which may change"`
	Hint         string `json:"hint,omitempty" doc:"what to do about it; may have several lines"`
	ErrCode      string `json:"errcode,omitempty" doc:"the server's code, such as M_FORBIDDEN or invalid_grant"`
	RetryAfterMS int64  `json:"retry_after_ms,omitempty" doc:"how long the server asks to be left alone, in milliseconds"`
}

// Warning writes what may be wrong though the command goes on, once and unless quiet.
func (r *Reporter) Warning(code, message string) {
	if r.quiet || !r.isFirst(code+" "+message) {
		return
	}
	if r.asJSON {
		r.object("warning", WarningObject{code, r.clean(message)})
		return
	}
	r.text("mxlogin: warning: ", r.clean(message))
}

// NotTaken writes why an answer of the person is not taken, each time that it is not.
func (r *Reporter) NotTaken(message string) {
	if r.asJSON {
		r.object("warning", WarningObject{"not_taken", r.clean(message)})
		return
	}
	r.text("mxlogin: warning: ", r.clean(message))
}

// isFirst reports whether a warning has not been written yet.
func (r *Reporter) isFirst(warning string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.warned[warning] {
		return false
	}
	if r.warned == nil {
		r.warned = map[string]bool{}
	}
	r.warned[warning] = true
	return true
}

// WarningObject is the JSON of a warning.
type WarningObject struct {
	Code    string `json:"code" doc:"what may be wrong, from the table below"`
	Message string `json:"message" doc:"the same in words, which may change"`
}

// Notice writes what the command does, unless quiet: message as text, kind and
// fields as JSON.
func (r *Reporter) Notice(kind, message string, fields map[string]any) {
	if r.quiet {
		return
	}
	if r.asJSON {
		r.object("event", r.event(kind, fields))
		return
	}
	r.text("mxlogin: ", r.clean(message))
}

// Link writes a message and a URL that a person has to open, also when quiet.
// Unlike other text the URL is written in full, so it must hold no secret; bytes
// that no URL has are percent-encoded. As JSON it is the field "url".
func (r *Reporter) Link(kind, message, link string, fields map[string]any) {
	link = encodeLink(link)
	if r.asJSON {
		event := r.event(kind, fields)
		event["url"] = link
		r.object("event", event)
		return
	}
	r.text("mxlogin: ", r.clean(message), "mxlogin: ", link)
}

// encodeLink percent-encodes all that is not printable ASCII, and a "#" after a
// "#", for the reason that terminal.Safe gives.
func encodeLink(link string) string {
	var b strings.Builder
	for i := range len(link) {
		c := link[i]
		if c <= ' ' || c >= 0x7f || c == '#' && i > 0 && link[i-1] == '#' {
			fmt.Fprintf(&b, "%%%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// event returns an event of this kind with clean copies of fields, without them if
// JSON cannot hold them.
func (r *Reporter) event(kind string, fields map[string]any) map[string]any {
	event := map[string]any{}
	if encoded, err := encode(fields); err == nil {
		var cleaned map[string]json.RawMessage
		_ = json.Unmarshal(cleanStrings(encoded, r.clean), &cleaned) // it was encoded above
		for name, value := range cleaned {
			event[name] = value
		}
	}
	event["type"] = kind
	return event
}

// cleanLines cleans text line by line.
func (r *Reporter) cleanLines(text string) string {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	for i := range lines {
		lines[i] = r.clean(lines[i])
	}
	return strings.Join(lines, "\n")
}

// text writes pairs of a prefix and a text, the prefix before each line of the
// text. An empty text is left out.
func (r *Reporter) text(pairs ...string) {
	var b strings.Builder
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] == "" {
			continue
		}
		for line := range strings.SplitSeq(pairs[i+1], "\n") {
			b.WriteString(pairs[i] + line + "\n")
		}
	}
	r.write([]byte(b.String()))
}

// object writes {"name": value}.
func (r *Reporter) object(name string, value any) {
	line, err := encodeLine(map[string]any{name: value})
	if err != nil {
		return // only of values that were encoded before
	}
	r.write(line)
}

// write writes whole records, so that they never mix.
func (r *Reporter) write(record []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, _ = r.w.Write(record)
}
