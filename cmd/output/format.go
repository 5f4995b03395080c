package output

import (
	"errors"
	"slices"
)

// Format is how a result is written.
type Format string

// The formats. Token, Env and Header are for commands that have a token.
const (
	Text   Format = "text"   // for people
	JSON   Format = "json"   // one object on one line
	Token  Format = "token"  // the access token
	Env    Format = "env"    // MATRIX_ variables, for a shell or an env file
	Header Format = "header" // an HTTP Authorization header
)

// ParseFormat returns the format with the name s.
func ParseFormat(s string) (Format, error) {
	f := Format(s)
	if !slices.Contains([]Format{Text, JSON, Token, Env, Header}, f) {
		return "", errors.New("an output format is text, json, token, env or header")
	}
	return f, nil
}

// ShowsToken reports whether the format always holds the access token.
func (f Format) ShowsToken() bool {
	return f == Token || f == Env || f == Header
}
