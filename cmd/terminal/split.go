package terminal

import "strings"

// SplitCommand splits s into words as a POSIX shell does (section 2.2 of its
// Shell Command Language): at blanks and newlines, with single quotes, double
// quotes and backslashes. Nothing is expanded: $, ` and * stand for themselves.
// Operators such as | and > need a shell and are refused, as are open quotes and
// a command without words: an [*InputError].
func SplitCommand(s string) ([]string, error) {
	if strings.IndexByte(s, 0) >= 0 {
		return nil, &InputError{Message: "the command holds a NUL byte"}
	}
	sp := splitter{rest: s}
	for sp.rest != "" {
		if err := sp.next(); err != nil {
			return nil, err
		}
	}
	sp.endWord()
	if len(sp.words) == 0 {
		return nil, &InputError{Message: "the command is empty"}
	}
	return sp.words, nil
}

// splitter is the state of SplitCommand.
type splitter struct {
	rest   string // what is still to be read
	words  []string
	word   strings.Builder
	inWord bool // a word has begun, though it may be empty ('')
}

// next consumes one byte, escape or quotation of a rest that is not empty.
func (sp *splitter) next() error {
	c := sp.rest[:1]
	sp.rest = sp.rest[1:]
	switch c {
	case " ", "\t", "\n":
		sp.endWord()
	case "'":
		return sp.singleQuoted()
	case `"`:
		return sp.doubleQuoted()
	case `\`:
		return sp.escaped()
	case "|", "&", ";", "<", ">", "(", ")":
		return &InputError{
			Message: "the command has an unquoted " + c + ", which only a shell understands",
			Hint:    "quote it, or run a shell: sh -c '...'",
		}
	default:
		sp.add(c)
	}
	return nil
}

func (sp *splitter) add(text string) {
	sp.word.WriteString(text)
	sp.inWord = true
}

func (sp *splitter) endWord() {
	if sp.inWord {
		sp.words = append(sp.words, sp.word.String())
	}
	sp.word.Reset()
	sp.inWord = false
}

// escaped is after a backslash outside quotes. Backslash and newline join lines.
func (sp *splitter) escaped() error {
	if sp.rest == "" {
		return &InputError{Message: "the command ends in a backslash"}
	}
	if sp.rest[0] != '\n' {
		sp.add(sp.rest[:1])
	}
	sp.rest = sp.rest[1:]
	return nil
}

func (sp *splitter) singleQuoted() error {
	quoted, rest, closed := strings.Cut(sp.rest, "'")
	if !closed {
		return &InputError{Message: "the command has an open single quote"}
	}
	sp.add(quoted)
	sp.rest = rest
	return nil
}

// doubleQuoted is after an opening double quote, in which a backslash escapes
// only what would have a meaning there.
func (sp *splitter) doubleQuoted() error {
	sp.add("")
	for {
		plain := strings.IndexAny(sp.rest, `"\`)
		if plain < 0 || plain+1 == len(sp.rest) && sp.rest[plain] == '\\' {
			return &InputError{Message: "the command has an open double quote"}
		}
		sp.add(sp.rest[:plain])
		special, after := sp.rest[plain], sp.rest[plain+1:]
		if special == '"' {
			sp.rest = after
			return nil
		}
		switch after[0] {
		case '$', '`', '"', '\\':
			sp.add(after[:1])
		case '\n':
		default:
			sp.add(`\` + after[:1])
		}
		sp.rest = after[1:]
	}
}
