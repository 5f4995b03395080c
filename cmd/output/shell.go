package output

import "strings"

// ShellQuote writes value as the right side of an assignment in a POSIX shell.
// Most values need no quotes and get none: programs that read env files, such as
// docker, would take them as part of the value.
func ShellQuote(value string) string {
	if isBare(value) {
		return value
	}
	return "'" + strings.ReplaceAll(value, "'", `'\''`) + "'"
}

// isBare reports whether a shell takes value as it stands. A tilde is expanded
// at the start of a value and after a colon, by some shells also after "=".
func isBare(value string) bool {
	for i := range len(value) {
		c := value[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		case strings.IndexByte("_@%+=:,./-", c) >= 0:
		case c == '~' && i > 0 && value[i-1] != ':' && value[i-1] != '=':
		default:
			return false
		}
	}
	return true
}

// assign writes a variable as the format has it.
func (f Format) assign(name, value string) string {
	switch f {
	case Export:
		return "export " + name + "=" + ShellQuote(value)
	case PowerShell:
		return "$env:" + name + " = '" + powerShellQuotes(value) + "'"
	case Fish:
		return "set -gx " + name + " '" + fishQuotes(value) + "'"
	}
	return name + "=" + ShellQuote(value)
}

// powerShellQuotes doubles quotes, the typographic ones too: PowerShell takes them all for
// its own.
func powerShellQuotes(value string) string {
	var b strings.Builder
	for _, r := range value {
		if strings.ContainsRune("'\u2018\u2019\u201a\u201b", r) {
			b.WriteRune(r)
		}
		b.WriteRune(r)
	}
	return b.String()
}

// fishQuotes escapes what is special between single quotes in fish.
func fishQuotes(value string) string {
	return strings.ReplaceAll(strings.ReplaceAll(value, `\`, `\\`), "'", `\'`)
}
