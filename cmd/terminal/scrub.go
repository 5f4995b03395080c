package terminal

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"sync"

	"mxlogin/client/secret"
)

// minPattern is the length in bytes from which a secret is searched for. A
// shorter one would blank out ordinary words.
const minPattern = 4

const redacted = "[redacted]"

// Scrubber removes the secrets of this run from text that repeats them. The
// zero Scrubber knows no secret. It may be used by several goroutines.
type Scrubber struct {
	mu       sync.RWMutex
	patterns []string
	kept     []string
}

// Add has v removed from now on, as it is and as JSON, URLs, base64 and hex
// would write it. A secret under four bytes is not searched for.
func (s *Scrubber) Add(v secret.Value) {
	plain := v.Reveal()
	if len(plain) < minPattern {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, pattern := range spellings(plain) {
		if !slices.Contains(s.patterns, pattern) {
			s.patterns = append(s.patterns, pattern)
		}
	}
}

// Keep has text left as it is from now on, wherever it stands, also where a secret
// is part of it. It is for what the person wrote in the open, such as a user ID: a
// gap in it would hide nothing, and tell what the secret is.
func (s *Scrubber) Keep(text string) {
	if text == "" {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.kept = append(s.kept, text)
}

// Clean returns text without the secrets that were added, made fit for one line
// by [Safe].
func (s *Scrubber) Clean(text string) string {
	return Safe(s.Scrub(text))
}

// Scrub returns text without the secrets that were added. Stretches of text that
// are covered by secrets and overlap or touch become one, so no rest of the second
// one stays.
func (s *Scrubber) Scrub(text string) string {
	spans := s.find(text)
	if len(spans) == 0 {
		return text
	}
	var b strings.Builder
	shown := 0 // text up to here is written
	for i := 0; i < len(spans); {
		covered := spans[i]
		for i++; i < len(spans) && spans[i].start <= covered.end; i++ {
			covered.end = max(covered.end, spans[i].end)
		}
		b.WriteString(text[shown:covered.start])
		b.WriteString(redacted)
		shown = covered.end
	}
	b.WriteString(text[shown:])
	return b.String()
}

// span is text[start:end].
type span struct{ start, end int }

// find returns where secrets are in text, in order of their start, but for those
// inside what is kept.
func (s *Scrubber) find(text string) []span {
	s.mu.RLock()
	defer s.mu.RUnlock()
	secrets := occurrences(text, s.patterns)
	if len(secrets) == 0 {
		return nil
	}
	kept := occurrences(text, s.kept)
	secrets = slices.DeleteFunc(secrets, func(secret span) bool {
		return slices.ContainsFunc(kept, secret.isIn)
	})
	slices.SortFunc(secrets, func(a, b span) int { return a.start - b.start })
	return secrets
}

func (s span) isIn(other span) bool { return other.start <= s.start && s.end <= other.end }

// occurrences returns where the patterns are in text; they may overlap.
func occurrences(text string, patterns []string) []span {
	var spans []span
	for _, pattern := range patterns {
		for from := 0; ; {
			at := strings.Index(text[from:], pattern)
			if at < 0 {
				break
			}
			spans = append(spans, span{from + at, from + at + len(pattern)})
			from += at + 1
		}
	}
	return spans
}

// spellings returns plain and how the usual encodings write it.
func spellings(plain string) []string {
	raw := []byte(plain)
	lowerHex := hex.EncodeToString(raw)
	query, path := url.QueryEscape(plain), url.PathEscape(plain)
	return []string{
		plain,
		jsonEscaped(plain, true),
		jsonEscaped(plain, false),
		strings.ReplaceAll(jsonEscaped(plain, false), "/", `\/`),
		query,
		path,
		lowerPercent(query),
		lowerPercent(path),
		// Without padding they also find the padded forms.
		base64.RawStdEncoding.EncodeToString(raw),
		base64.RawURLEncoding.EncodeToString(raw),
		lowerHex,
		strings.ToUpper(lowerHex),
	}
}

// jsonEscaped returns plain as it stands between the quotes of a JSON string.
func jsonEscaped(plain string, html bool) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(html)
	if err := enc.Encode(plain); err != nil {
		return plain
	}
	return strings.TrimSuffix(strings.TrimPrefix(b.String(), `"`), "\"\n")
}

// lowerPercent writes the hex digits of %2F as %2f.
func lowerPercent(escaped string) string {
	b := []byte(escaped)
	for i := 0; i+2 < len(b); i++ {
		if b[i] == '%' {
			copy(b[i+1:i+3], bytes.ToLower(b[i+1:i+3]))
		}
	}
	return string(b)
}
