package terminal

import (
	"fmt"
	"math"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxSafe is how many runes Safe returns at most.
const maxSafe = 512

const ellipsis = "…"

// Safe makes one printable line of text that comes from a server or from the
// command line. What a terminal would obey and a reader would not see (control
// characters, ESC, bidirectional and zero width marks, tags, variation
// selectors, line separators, spaces other than U+0020, bytes that are not
// UTF-8) becomes a visible escape such as \x1b or \u202e. The result has at most
// 512 runes; a longer one ends in "…". Safe(Safe(s)) is Safe(s).
//
// The second # of "##" is escaped too: Azure Pipelines, TeamCity and GitHub's
// runner obey "##vso[", "##teamcity[" and "##[" anywhere in a line of a log.
func Safe(text string) string { return escaped(text, maxSafe) }

// Whole is [Safe] for a line of any length.
func Whole(text string) string { return escaped(text, math.MaxInt) }

// escaped is text with escapes, of at most so many runes.
func escaped(text string, most int) string {
	var b strings.Builder
	runes := 0
	cut := 0 // the length of b that leaves room for the ellipsis
	afterHash := false
	for len(text) > 0 {
		r, size := utf8.DecodeRuneInString(text)
		piece := text[:size]
		invalid := r == utf8.RuneError && size == 1
		if invalid || !Printable(r) || afterHash && r == '#' {
			piece = escape(r, piece)
		}
		afterHash = r == '#'
		text = text[size:]

		b.WriteString(piece)
		runes += utf8.RuneCountInString(piece)
		if runes > most {
			return b.String()[:cut] + ellipsis
		}
		if runes < most {
			cut = b.Len()
		}
	}
	return b.String()
}

// Printable reports whether a terminal shows r, and as what it is: [Safe] escapes
// all other runes.
func Printable(r rune) bool {
	// IsPrint leaves out the categories of controls and formats, but has the
	// invisible characters that Unicode counts as marks and letters.
	return unicode.IsPrint(r) && !unicode.In(r, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point)
}

// escape writes r, which was read from raw, in ASCII.
func escape(r rune, raw string) string {
	switch {
	case r == utf8.RuneError && len(raw) == 1:
		return fmt.Sprintf(`\x%02x`, raw[0])
	case r < utf8.RuneSelf:
		return fmt.Sprintf(`\x%02x`, r)
	case r <= 0xffff:
		return fmt.Sprintf(`\u%04x`, r)
	default:
		return fmt.Sprintf(`\U%08x`, r)
	}
}
