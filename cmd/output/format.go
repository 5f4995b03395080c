package output

import (
	"errors"
	"slices"
)

// Format is how a result is written.
type Format string

// The formats. All but Text and JSON are for commands that have a token.
const (
	Text   Format = "text"   // for people
	JSON   Format = "json"   // one object on one line
	Token  Format = "token"  // the access token
	Env    Format = "env"    // MATRIX_ variables, for a shell or an env file
	Header Format = "header" // an HTTP Authorization header

	// Assignments of the MATRIX_ variables, which programs that a shell starts then get.
	Export     Format = "export" // of a POSIX shell
	PowerShell Format = "powershell"
	Fish       Format = "fish"
)

// ParseFormat returns the format with the name s.
func ParseFormat(s string) (Format, error) {
	f := Format(s)
	if !slices.Contains([]Format{Text, JSON, Token, Env, Export, PowerShell, Fish, Header}, f) {
		return "", errors.New("the output format must be text, json, token, env, export, powershell, fish or header")
	}
	return f, nil
}

// ShowsToken reports whether the format always holds the access token.
func (f Format) ShowsToken() bool {
	return f != Text && f != JSON
}
