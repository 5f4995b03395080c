package transport

import (
	"strconv"
	"time"
)

// Trace tells what went over the wire, by allow-list: no body, no header and no
// query is ever part of it.
type Trace struct {
	Method   string
	Origin   string
	Path     string
	Status   int // 0 where no answer came
	Duration time.Duration
	Fields   []Field // of the request, then of the answer
	Err      error
}

// Field is one shown member.
type Field struct{ Name, Value string }

// Wait tells of a rate limit that is about to be waited out.
type Wait struct {
	Duration time.Duration
	Request  string // method, origin and path
}

// traceFields shows of an answer its size, its type, what it says of rate limits
// and the error code.
func (r *Response) traceFields() []Field {
	shown := []Field{{"bytes", strconv.Itoa(len(r.Body))}}
	if after := r.Header.Get("Retry-After"); after != "" {
		shown = append(shown, Field{"retry-after", after})
	}
	if r.Status >= 400 {
		if object, err := ParseObject(r.Body); err == nil {
			if code, _, err := object.String("errcode"); err == nil && code != "" {
				shown = append(shown, Field{"errcode", code})
			}
		}
	}
	return shown
}
