package main

import (
	"fmt"
	"io"
	"time"
)

// figure is one line of the result.
type figure struct {
	what   string
	value  float64
	limit  float64 // the most that value may be; 0: none
	exact  bool    // value has to be the limit
	least  bool    // limit is the least that value may be
	format string  // of value and limit
}

func (f figure) missed() bool {
	if f.exact {
		return f.value != f.limit
	}
	if f.least {
		return f.value < f.limit
	}
	return f.limit > 0 && f.value > f.limit
}

func ratio(what string, a, b time.Duration, limit float64) figure {
	return figure{what: what, value: float64(a) / float64(b), limit: limit, format: "%.2f"}
}

// share is how much of the speed of what took a is left to what took b, for the same work.
func share(what string, a, b time.Duration, least float64) figure {
	return figure{what: what, value: float64(a) / float64(b), limit: least, least: true, format: "%.2f"}
}

func milliseconds(what string, d time.Duration, limit float64) figure {
	return figure{what: what, value: float64(d) / float64(time.Millisecond), limit: limit, format: "%.1f ms"}
}

func megabytes(what string, bytes int64, limit float64) figure {
	return figure{what: what, value: float64(bytes) / 1e6, limit: limit, format: "%.1f MB"}
}

func requests(what string, count, want int) figure {
	return figure{what: what, value: float64(count), limit: float64(want), exact: true, format: "%.0f"}
}

// requestsAtMost is requests, where fewer are fine; a limit of 0 is none.
func requestsAtMost(what string, count, limit int) figure {
	return figure{what: what, value: float64(count), limit: float64(limit), format: "%.0f"}
}

// writeTable writes the figures as a Markdown table.
func writeTable(w io.Writer, figures []figure) error {
	if _, err := io.WriteString(w, "| measured | result | limit | |\n| --- | ---: | ---: | --- |\n"); err != nil {
		return err
	}
	for _, f := range figures {
		limit, verdict := "", ""
		switch {
		case f.missed():
			verdict = "missed"
		case f.exact || f.limit > 0:
			verdict = "met"
		}
		if verdict != "" {
			limit = fmt.Sprintf(f.format, f.limit)
		}
		if _, err := fmt.Fprintf(w, "| %s | %s | %s | %s |\n", f.what, fmt.Sprintf(f.format, f.value), limit, verdict); err != nil {
			return err
		}
	}
	return nil
}
