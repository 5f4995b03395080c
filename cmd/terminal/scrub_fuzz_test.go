package terminal_test

import (
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"strings"
	"testing"

	"mxlogin/client/secret"
	"mxlogin/cmd/terminal"
)

// FuzzScrub holds that no spelling of a secret is left of a text that has it anywhere, also
// where two secrets overlap.
func FuzzScrub(f *testing.F) {
	for _, seed := range [][4]string{
		{"hunter2", "correct horse", "see ", " there"},
		{"aaaa", "aaaaa", "a", "aa"},
		{"abab", "baba", "ab", "ab"},
		{"p%40ss", "p@ss", "https://h/?x=", "&y"},
		{"\x1b[2J", "redacted", "[", "]"},
		{"ümlaut", "\u00fc", "", ""},
	} {
		f.Add(seed[0], seed[1], seed[2], seed[3])
	}
	f.Fuzz(func(t *testing.T, one, two, before, after string) {
		if len(one) < 4 || strings.Contains("[redacted]", one) || len(two) >= 4 && strings.Contains("[redacted]", two) {
			return // a short one is not looked for; the mark is what it is
		}
		var scrubber terminal.Scrubber
		scrubber.Add(secret.New(one))
		scrubber.Add(secret.New(two))
		for _, spelling := range []string{one, url.QueryEscape(one), url.PathEscape(one), hex.EncodeToString([]byte(one)), base64.StdEncoding.EncodeToString([]byte(one))} {
			for _, text := range []string{before + spelling + after, two + spelling, spelling + two, spelling + spelling} {
				scrubbed := scrubber.Scrub(text)
				for left := range strings.SplitSeq(scrubbed, "[redacted]") {
					if strings.Contains(left, spelling) {
						t.Errorf("of %q is left %q, which has %q", text, scrubbed, spelling)
					}
				}
			}
		}
	})
}
