package terminal_test

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"strings"
	"sync"
	"testing"

	"mxlogin/client/secret"
	"mxlogin/cmd/terminal"
)

func TestScrubberRemovesEverySpelling(t *testing.T) {
	plain := `pä55 "<w>/o+rd'\`
	asJSON, err := json.Marshal(plain)
	if err != nil {
		t.Fatal(err)
	}
	quoted := strings.Trim(string(asJSON), `"`)
	html := strings.NewReplacer(`\u003c`, "<", `\u003e`, ">")
	spellings := map[string]string{
		"plain":             plain,
		"JSON":              html.Replace(quoted),
		"JSON for HTML":     quoted,
		"JSON with \\/":     strings.ReplaceAll(html.Replace(quoted), "/", `\/`),
		"query":             url.QueryEscape(plain),
		"query, lower":      lowerEscapes(url.QueryEscape(plain)),
		"path":              url.PathEscape(plain),
		"path, lower":       lowerEscapes(url.PathEscape(plain)),
		"base64":            base64.StdEncoding.EncodeToString([]byte(plain)),
		"base64, unpadded":  base64.RawStdEncoding.EncodeToString([]byte(plain)),
		"base64url":         base64.URLEncoding.EncodeToString([]byte(plain)),
		"base64url, no pad": base64.RawURLEncoding.EncodeToString([]byte(plain)),
		"hex":               hex.EncodeToString([]byte(plain)),
		"HEX":               strings.ToUpper(hex.EncodeToString([]byte(plain))),
	}
	var s terminal.Scrubber
	s.Add(secret.New(plain))
	for name, spelling := range spellings {
		t.Run(name, func(t *testing.T) {
			got := s.Clean("no such <" + spelling + "> here, " + spelling)
			// Of base64 the padding may stay.
			got = strings.ReplaceAll(got, "=", "")
			if want := "no such <[redacted]> here, [redacted]"; got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

// lowerEscapes writes %2F as %2f.
func lowerEscapes(text string) string {
	parts := strings.Split(text, "%")
	for i := 1; i < len(parts); i++ {
		parts[i] = strings.ToLower(parts[i][:2]) + parts[i][2:]
	}
	return strings.Join(parts, "%")
}

func TestK17_ShortSecretsAreNoPattern(t *testing.T) {
	const text = "a bad abc day"
	for _, short := range []string{"", "a", "ab", "abc"} {
		var s terminal.Scrubber
		s.Add(secret.New(short))
		if got := s.Clean(text); got != text {
			t.Errorf("with secret %q: %q", short, got)
		}
	}
	var s terminal.Scrubber
	s.Add(secret.New("a bad"))
	if got := s.Clean(text); got != "[redacted] abc day" {
		t.Errorf("got %q", got)
	}
}

func TestScrubberLeavesNoRestOfOverlappingSecrets(t *testing.T) {
	tests := map[string]struct {
		secrets    []string
		text, want string
	}{
		"overlap":      {[]string{"abcdef", "defghi"}, "<abcdefghi>", "<[redacted]>"},
		"one in other": {[]string{"abcd", "xxabcdyy"}, "<xxabcdyy>", "<[redacted]>"},
		"with itself":  {[]string{"abab"}, "<ababab>", "<[redacted]>"},
		"two":          {[]string{"abcd", "efgh"}, "abcd-efgh", "[redacted]-[redacted]"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var s terminal.Scrubber
			for _, text := range test.secrets {
				s.Add(secret.New(text))
			}
			if got := s.Clean(test.text); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// Scrubbing comes first: Safe would write the secret in a way not searched for,
// or cut it in half.
func TestCleanScrubsBeforeItEscapesAndCuts(t *testing.T) {
	var s terminal.Scrubber
	s.Add(secret.New("to\u200bken##1"))
	if got := s.Clean("\x1bto\u200bken##1"); got != `\x1b[redacted]` {
		t.Errorf("got %q", got)
	}
	if got := s.Clean(strings.Repeat("x", 508) + "to\u200bken##1"); strings.Contains(got, "to") {
		t.Errorf("half of the secret is left in %q", got)
	}
}

func TestScrubberIsSafeForConcurrentUse(t *testing.T) {
	var s terminal.Scrubber
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() { s.Add(secret.New(canary)) })
		wg.Go(func() { s.Clean("text with " + canary) })
	}
	wg.Wait()
	if got := s.Clean(canary); got != "[redacted]" {
		t.Errorf("got %q", got)
	}
}

// TestQ10_WhatThePersonWroteIsKept: a gap in it would tell the secret.
func TestQ10_WhatThePersonWroteIsKept(t *testing.T) {
	var s terminal.Scrubber
	s.Add(secret.New("admin"))
	s.Keep("@admin:localhost")
	s.Keep("http://admin.test")
	s.Keep("")
	for text, want := range map[string]string{
		"@admin:localhost":                "@admin:localhost",
		"<@admin:localhost> is admin":     "<@admin:localhost> is [redacted]",
		"@admin:localhosts":               "@admin:localhosts",
		"@admin:example.org":              "@[redacted]:example.org",
		"admin@admin:localhost":           "[redacted]@admin:localhost",
		"http://admin.test/admin YWRtaW4": "http://admin.test/[redacted] [redacted]",
	} {
		if got := s.Scrub(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}
