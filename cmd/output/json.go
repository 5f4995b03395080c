package output

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"unicode/utf16"
	"unicode/utf8"

	"mxlogin/cmd/terminal"
)

// PrintJSON writes v as one line of JSON. HTML is not escaped; what a terminal
// would obey or not show, and a runner of CI jobs would obey, is: the line is
// safe to look at and means the same.
func PrintJSON(w io.Writer, v any) error {
	line, err := encodeLine(v)
	if err != nil {
		return fmt.Errorf("encoding the result: %w", err)
	}
	return write(w, line)
}

// encodeLine returns v as JSON, with a newline at the end.
func encodeLine(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return escapeObeyed(b.Bytes()), nil
}

// escapeObeyed escapes what encoding/json leaves as it is and a terminal or a
// runner of CI jobs obeys: DEL, C1 and format characters, and the second # of
// "##", for the reason that terminal.Safe gives. In JSON they stand in strings
// only.
func escapeObeyed(line []byte) []byte {
	escaped := make([]byte, 0, len(line))
	afterHash := false
	for len(line) > 0 {
		r, size := utf8.DecodeRune(line)
		if r == '\n' || terminal.Printable(r) && !(afterHash && r == '#') {
			escaped = append(escaped, line[:size]...)
		} else {
			escaped = appendEscape(escaped, r)
		}
		afterHash = r == '#'
		line = line[size:]
	}
	return escaped
}

// appendEscape appends \uXXXX, twice for a rune beyond the basic plane.
func appendEscape(b []byte, r rune) []byte {
	for _, unit := range utf16.Encode([]rune{r}) {
		b = fmt.Appendf(b, `\u%04x`, unit)
	}
	return b
}

// write writes a result in one piece.
func write(w io.Writer, result []byte) error {
	if _, err := w.Write(result); err != nil {
		return fmt.Errorf("writing the result: %w", err)
	}
	return nil
}
