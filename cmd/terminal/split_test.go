package terminal_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mxlogin/cmd/terminal"
)

// splitCases are also what sh(1) makes of them; see TestSplitCommandAgreesWithShell.
var splitCases = []struct {
	command string
	want    []string
}{
	{`pass show matrix/alice`, []string{"pass", "show", "matrix/alice"}},
	{"  a \t b\\\n  c ", []string{"a", "b", "c"}},
	{`a\ b c`, []string{"a b", "c"}},
	{`'a b' "c d"`, []string{"a b", "c d"}},
	{`a'b'"c"d`, []string{"abcd"}},
	{`'' "" x`, []string{"", "", "x"}},
	{`'a\nb' 'it'\''s'`, []string{`a\nb`, "it's"}},
	{`"a\\b\"c\$d\` + "`" + `e\x"`, []string{`a\b"c$d` + "`" + `e\x`}},
	{"\"a\\\nb\" c\\\nd", []string{"ab", "cd"}},
	{`"|&;<>()" \| '>'`, []string{"|&;<>()", "|", ">"}},
	{`'$HOME' \$x \*`, []string{"$HOME", "$x", "*"}},
	{`--a=b ünï "c'd" 'e"f'`, []string{"--a=b", "ünï", "c'd", `e"f`}},
	{`a#b \#c`, []string{"a#b", "#c"}},
}

func TestSplitCommand(t *testing.T) {
	for _, test := range splitCases {
		got, err := terminal.SplitCommand(test.command)
		if err != nil {
			t.Errorf("%q: %v", test.command, err)
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", test.command, diff)
		}
	}
}

func TestSplitCommandExpandsNothing(t *testing.T) {
	got, err := terminal.SplitCommand("a $HOME ~ *.go `id` \"$x\"")
	want := []string{"a", "$HOME", "~", "*.go", "`id`", "$x"}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

func TestSplitCommandRefuses(t *testing.T) {
	tests := map[string]string{
		"":          "the command is empty",
		" \t\n":     "the command is empty",
		`a 'b`:      "the command has an open single quote",
		`a "b`:      "the command has an open double quote",
		`a "b\`:     "the command has an open double quote",
		`a b\`:      "the command ends in a backslash",
		"a\x00b":    "the command holds a NUL byte",
		"'a\x00b'":  "the command holds a NUL byte",
		"a | b":     "the command has an unquoted |, which only a shell understands",
		"a && b":    "the command has an unquoted &, which only a shell understands",
		"a;b":       "the command has an unquoted ;, which only a shell understands",
		"a <b":      "the command has an unquoted <, which only a shell understands",
		"a 2>/x":    "the command has an unquoted >, which only a shell understands",
		"a $(b)":    "the command has an unquoted (, which only a shell understands",
		`a ")" "b)`: "the command has an open double quote",
	}
	for command, want := range tests {
		words, err := terminal.SplitCommand(command)
		wantInputError(t, err, want)
		if words != nil {
			t.Errorf("%q gives %q all the same", command, words)
		}
	}
}

// FuzzSplitCommand quotes words in three ways and expects them back.
func FuzzSplitCommand(f *testing.F) {
	f.Add("pass", "show it", `'"\`)
	f.Add("", "\n\t ", "|&;<>()$`")
	f.Add("\xff", "ü", "\\\n")
	f.Fuzz(func(t *testing.T, a, b, c string) {
		_, _ = terminal.SplitCommand(a) // must not panic
		if strings.Contains(a+b+c, "\x00") {
			return
		}
		command := quoteSingle(a) + " \t" + quoteDouble(b) + "\n" + quoteBackslash(c)
		got, err := terminal.SplitCommand(command)
		if diff := cmp.Diff([]string{a, b, c}, got); err != nil || diff != "" {
			t.Errorf("%q: %v (-want +got):\n%s", command, err, diff)
		}
	})
}

func quoteSingle(word string) string {
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

func quoteDouble(word string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, `$`, `\$`, "`", "\\`").Replace(word) + `"`
}

// quoteBackslash escapes every byte; a newline can only be quoted.
func quoteBackslash(word string) string {
	var b strings.Builder
	b.WriteString("''")
	for i := range len(word) {
		if word[i] == '\n' {
			b.WriteString("'\n'")
			continue
		}
		b.WriteByte('\\')
		b.WriteByte(word[i])
	}
	return b.String()
}
