package cmd

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"mxlogin/client/matrixid"
)

// target is what a person can name a homeserver by: one of its parts is set.
type target struct {
	user   matrixid.UserID
	server matrixid.ServerName
	base   matrixid.BaseURL
}

func (t target) isZero() bool { return t == target{} }

// parseTarget reads TARGET: a user ID, a server name or a URL. A bare word is
// none, so that a password or a token in the wrong place never reaches DNS; and
// no error repeats the text, so that it reaches no log either.
func (a *App) parseTarget(text string) (target, error) {
	text = a.trim(text)
	switch {
	case strings.HasPrefix(text, "@"):
		user, err := matrixid.ParseUserID(text)
		return target{user: user}, targetError(err)
	case strings.Contains(text, "://"):
		base, stripped, err := matrixid.ParseTypedBaseURL(text)
		if stripped {
			a.Reporter().Warning("url", "what follows '?' or '#' in the URL is left out")
		}
		return target{base: base}, targetError(err)
	case !looksLikeServer(text):
		return target{}, targetError(&matrixid.SyntaxError{What: "server name", Reason: "it is a single word", Hint: "write @user:server, a server name such as example.org, or a URL"})
	}
	server, err := matrixid.ParseServerName(text)
	return target{server: server}, targetError(err)
}

// parseOptionalTarget is parseTarget for an argument that may be missing.
func (a *App) parseOptionalTarget(text string) (target, error) {
	if text == "" {
		return target{}, nil
	}
	return a.parseTarget(text)
}

// looksLikeServer tells a server name from a secret: it has a dot, a port or
// brackets, or is localhost, and is not three parts of base64.
func looksLikeServer(text string) bool {
	if strings.HasPrefix(text, "eyJ") && strings.Count(text, ".") == 2 {
		return false // a JWT
	}
	return text == "localhost" || strings.ContainsAny(text, ".:[")
}

// targetError hides the text of a target that was refused: it may be a secret.
func targetError(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("the target is %w", err)
}

// trim takes away the ASCII space around an argument, as it comes along when one
// is copied, and says so.
func (a *App) trim(text string) string {
	trimmed := strings.Trim(text, " \t\r\n")
	if trimmed != text {
		a.Reporter().Warning("space", "the space around the argument is left out")
	}
	return trimmed
}

// atMostOne takes no more than one argument and does not repeat the others.
func atMostOne(name string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) <= 1 {
			return nil
		}
		return &UsageError{Message: fmt.Sprintf("%q takes one argument, %s", cmd.CommandPath(), name), Hint: seeHelp(cmd)}
	}
}

// exactly takes n arguments.
func exactly(n int, usage string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) == n {
			return nil
		}
		return &UsageError{Message: fmt.Sprintf("write %s", cmd.CommandPath()+usage), Hint: seeHelp(cmd)}
	}
}
