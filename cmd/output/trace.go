package output

import (
	"fmt"
	"strings"
	"time"

	"mxlogin/client/transport"
)

// Trace writes a request and what came of it, as -v asks for.
func (r *Reporter) Trace(t transport.Trace) {
	if r.asJSON {
		r.object("event", r.event("request", traceFields(t)))
		return
	}
	r.text("mxlogin: > ", r.clean(traceText(t)))
}

// traceText returns "GET https://example.org/path 200 12ms name=value".
func traceText(t transport.Trace) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s%s", t.Method, t.Origin, t.Path)
	if t.Status != 0 {
		fmt.Fprintf(&b, " %d", t.Status)
	}
	fmt.Fprintf(&b, " %s", t.Duration.Round(time.Millisecond))
	for _, field := range t.Fields {
		fmt.Fprintf(&b, " %s=%s", field.Name, field.Value)
	}
	if t.Err != nil {
		fmt.Fprintf(&b, " error: %s", reasonOf(t))
	}
	return b.String()
}

func traceFields(t transport.Trace) map[string]any {
	fields := map[string]any{
		"method":      t.Method,
		"origin":      t.Origin,
		"path":        t.Path,
		"duration_ms": t.Duration.Milliseconds(),
	}
	if t.Status != 0 {
		fields["status"] = t.Status
	}
	if len(t.Fields) > 0 {
		named := make(map[string]string, len(t.Fields))
		for _, field := range t.Fields {
			named[field.Name] = field.Value
		}
		fields["fields"] = named
	}
	if t.Err != nil {
		fields["error"] = reasonOf(t)
	}
	return fields
}

// reasonOf is the error without the request, which the trace begins with.
func reasonOf(t transport.Trace) string {
	return strings.TrimSuffix(t.Err.Error(), " ("+t.Method+" "+t.Origin+t.Path+")")
}
