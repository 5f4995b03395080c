package output

import (
	"fmt"
	"strings"
	"time"
)

// TraceLine is one request, as -v shows it. Path is without the query, which may
// hold secrets.
type TraceLine struct {
	Method, Origin, Path string
	Status               int // 0 if there was no answer
	Duration             time.Duration
	Fields               [][2]string // names and values from an allow-list
	Err                  string      // why there was no answer
}

// Trace writes a request and what came of it.
func (r *Reporter) Trace(line TraceLine) {
	if r.asJSON {
		r.object("event", r.event("request", traceFields(line)))
		return
	}
	r.text("mxlogin: > ", r.clean(traceText(line)))
}

// traceText returns "GET https://example.org/path 200 12ms name=value".
func traceText(line TraceLine) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s%s", line.Method, line.Origin, line.Path)
	if line.Status != 0 {
		fmt.Fprintf(&b, " %d", line.Status)
	}
	fmt.Fprintf(&b, " %s", line.Duration.Round(time.Millisecond))
	for _, field := range line.Fields {
		fmt.Fprintf(&b, " %s=%s", field[0], field[1])
	}
	if line.Err != "" {
		fmt.Fprintf(&b, " error: %s", line.Err)
	}
	return b.String()
}

func traceFields(line TraceLine) map[string]any {
	fields := map[string]any{
		"method":      line.Method,
		"origin":      line.Origin,
		"path":        line.Path,
		"duration_ms": line.Duration.Milliseconds(),
	}
	if line.Status != 0 {
		fields["status"] = line.Status
	}
	if len(line.Fields) > 0 {
		named := make(map[string]string, len(line.Fields))
		for _, field := range line.Fields {
			named[field[0]] = field[1]
		}
		fields["fields"] = named
	}
	if line.Err != "" {
		fields["error"] = line.Err
	}
	return fields
}
