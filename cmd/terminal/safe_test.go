package terminal_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"mxlogin/cmd/terminal"
)

func TestH44_SafeShowsWhatATerminalWouldObey(t *testing.T) {
	tests := map[string]struct{ text, want string }{
		"plain":                {"M_FORBIDDEN: no, ümläut 日本 😀", "M_FORBIDDEN: no, ümläut 日本 😀"},
		"clear screen":         {"a\x1b[2Jb", `a\x1b[2Jb`},
		"OSC 8":                {"\x1b]8;;http://x\x07y", `\x1b]8;;http://x\x07y`},
		"OSC 52":               {"\x1b]52;c;eA==\x1b\\", `\x1b]52;c;eA==\x1b\`},
		"C1":                   {"a\u009b2J", `a\u009b2J`},
		"DEL":                  {"a\x7f", `a\x7f`},
		"carriage return":      {"bad\rgood", `bad\x0dgood`},
		"newline":              {"a\n::add-mask::x", `a\x0a::add-mask::x`},
		"tab":                  {"a\tb", `a\x09b`},
		"bidi override":        {"a\u202eb", `a\u202eb`},
		"bidi isolate":         {"\u2066\u2069", `\u2066\u2069`},
		"bidi marks":           {"\u200e\u200f\u061c", `\u200e\u200f\u061c`},
		"zero width":           {"\u200b\u200c\u200d\u2060\ufeff", `\u200b\u200c\u200d\u2060\ufeff`},
		"separators":           {"a\u2028b\u2029", `a\u2028b\u2029`},
		"tags":                 {"\U000e0001\U000e007f", `\U000e0001\U000e007f`},
		"variation selectors":  {"\ufe0f\U000e0100", `\ufe0f\U000e0100`},
		"invisible letter":     {"\u3164\u034f", `\u3164\u034f`},
		"no-break space":       {"a\u00a0b", `a\u00a0b`},
		"invalid UTF-8":        {"a\xff\xc3", `a\xff\xc3`},
		"replacement itself":   {"\ufffd", "\ufffd"},
		"Azure, TeamCity":      {"x ##vso[task.x]y ##[error]", `x #\x23vso[task.x]y #\x23[error]`},
		"single number signs":  {"#a #b", "#a #b"},
		"three number signs":   {"###", `#\x23\x23`},
		"nothing":              {"", ""},
		"user ID (I6)":         {"@a\x1b\n\u202e:h", `@a\x1b\x0a\u202e:h`},
		"backslashes are kept": {`\x1b`, `\x1b`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := terminal.Safe(test.text); got != test.want {
				t.Errorf("Safe(%q) = %q, want %q", test.text, got, test.want)
			}
		})
	}
}

func TestH44_SafeIsCapped(t *testing.T) {
	tests := map[string]struct{ text, want string }{
		"at the cap":        {strings.Repeat("ä", 512), strings.Repeat("ä", 512)},
		"over the cap":      {strings.Repeat("ä", 513), strings.Repeat("ä", 511) + "…"},
		"1 MiB":             {strings.Repeat("a", 1<<20), strings.Repeat("a", 511) + "…"},
		"escape fits":       {strings.Repeat("a", 508) + "\x1b", strings.Repeat("a", 508) + `\x1b`},
		"no half an escape": {strings.Repeat("a", 509) + "\x1b", strings.Repeat("a", 509) + "…"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := terminal.Safe(test.text); got != test.want {
				t.Errorf("Safe = %d runes, %q", utf8.RuneCountInString(got), got)
			}
		})
	}
}

func FuzzSafe(f *testing.F) {
	for _, seed := range []string{"", "a", "\x1b[2J", "\u202e", "\xff", "##[", strings.Repeat("\u009b", 600)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		safe := terminal.Safe(text)
		if n := utf8.RuneCountInString(safe); n > 512 {
			t.Errorf("%d runes", n)
		}
		for _, r := range safe {
			if !unicode.IsPrint(r) || unicode.Is(unicode.Bidi_Control, r) || unicode.Is(unicode.Variation_Selector, r) {
				t.Errorf("Safe(%q) has %U", text, r)
			}
		}
		if strings.Contains(safe, "##") {
			t.Errorf("Safe(%q) has ##", text)
		}
		if again := terminal.Safe(safe); again != safe {
			t.Errorf("Safe(Safe(%q)) = %q, want %q", text, again, safe)
		}
	})
}
