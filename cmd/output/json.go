package output

import (
	"bytes"
	"encoding/json"
	"fmt"
	"unicode/utf16"
	"unicode/utf8"

	"mxlogin/cmd/terminal"
)

// JSON writes v as one line of JSON, without the secrets of this run. HTML is not
// escaped; what a terminal would obey or not show, and a runner of CI jobs would
// obey, is: the line is safe to look at and means the same. JSON that v holds as it
// came from a server keeps its members, their order and how numbers are written.
func (p Printer) JSON(v any) error {
	encoded, err := encode(v)
	if err != nil {
		return fmt.Errorf("encoding the result: %w", err)
	}
	return p.write(escapeObeyed(cleanStrings(encoded, p.Scrub)))
}

// encode returns v as JSON, with a newline at the end.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// encodeLine returns v as a line of JSON that is safe to look at.
func encodeLine(v any) ([]byte, error) {
	encoded, err := encode(v)
	if err != nil {
		return nil, err
	}
	return escapeObeyed(encoded), nil
}

// cleanStrings passes the strings of a JSON text through clean, the names of
// members too. All else stays as it is, and so do strings that clean does not
// change.
func cleanStrings(text []byte, clean func(string) string) []byte {
	cleaned := make([]byte, 0, len(text))
	for {
		start := bytes.IndexByte(text, '"')
		if start < 0 {
			return append(cleaned, text...)
		}
		end := start + stringLength(text[start:])
		cleaned = append(cleaned, text[:start]...)
		cleaned = append(cleaned, cleanString(text[start:end], clean)...)
		text = text[end:]
	}
}

// stringLength returns the length of the JSON string that text begins with.
func stringLength(text []byte) int {
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(text)
}

// cleanString cleans one JSON string.
func cleanString(quoted []byte, clean func(string) string) []byte {
	var plain string
	if err := json.Unmarshal(quoted, &plain); err != nil {
		return []byte(`""`) // only of what is no JSON
	}
	cleaned := clean(plain)
	if cleaned == plain {
		return quoted
	}
	requoted, err := encode(cleaned)
	if err != nil {
		return []byte(`""`) // a string can be encoded
	}
	return bytes.TrimSuffix(requoted, []byte("\n"))
}

// escapeObeyed escapes what encoding/json leaves as it is and a terminal or a
// runner of CI jobs obeys: DEL, C1 and format characters, bytes that are not UTF-8,
// and the second # of "##", for the reason that terminal.Safe gives. In JSON they
// stand in strings only.
func escapeObeyed(line []byte) []byte {
	escaped := make([]byte, 0, len(line))
	afterHash := false
	for len(line) > 0 {
		r, size := utf8.DecodeRune(line)
		invalid := r == utf8.RuneError && size == 1
		if invalid || !terminal.Printable(r) && r != '\n' || afterHash && r == '#' {
			escaped = appendEscape(escaped, r)
		} else {
			escaped = append(escaped, line[:size]...)
		}
		afterHash = r == '#'
		line = line[size:]
	}
	return escaped
}

// appendEscape appends r as a \u escape, as two beyond the basic plane.
func appendEscape(b []byte, r rune) []byte {
	for _, unit := range utf16.Encode([]rune{r}) {
		b = fmt.Appendf(b, `\u%04x`, unit)
	}
	return b
}
