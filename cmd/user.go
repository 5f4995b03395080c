package cmd

import (
	"errors"
	"strings"

	"mxlogin/client/matrixid"
	"mxlogin/cmd/session"
)

// parseUser reads USER: a user ID, also without its '@' (PowerShell reads an '@'
// at the start), or a localpart.
func (a *App) parseUser(text string) (session.Asked, error) {
	text = a.trim(text)
	if !strings.HasPrefix(text, "@") && !strings.Contains(text, ":") {
		if text == "" {
			return session.Asked{}, &UsageError{Message: "the user is empty", Hint: "write @user:server"}
		}
		return session.Asked{Localpart: text}, userError(matrixid.CheckTypedLocalpart(text))
	}
	if !strings.HasPrefix(text, "@") {
		text = "@" + text
	}
	user, err := matrixid.ParseUserID(text)
	if err != nil {
		return session.Asked{}, userError(err)
	}
	if user.HasUpperCase() {
		a.Reporter().Warning("upper_case", "the user ID has upper case letters; servers make only lower case ones today")
	}
	return session.Asked{User: user}, nil
}

// userError names the argument without repeating it.
func userError(err error) error {
	var syntax *matrixid.SyntaxError
	if !errors.As(err, &syntax) {
		return err
	}
	return &UsageError{Message: "the user is " + syntax.Error(), Hint: syntax.Hint, Err: err}
}
