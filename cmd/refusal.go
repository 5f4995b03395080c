package cmd

import (
	"net/http"

	"mxlogin/client/transport"
	"mxlogin/cmd/login"
)

// words are what a refusal is to a person.
type words struct {
	class   class
	message string
	hint    string
}

// wordsFor says what an error code means. The code goes before the status, but
// for codes that say nothing. kind is that of a login,
// or zero.
//
// Client-Server API, "Common error codes" and "Other error codes".
func wordsFor(e *transport.MatrixError, kind login.Kind) words {
	switch e.Code {
	case "M_USER_DEACTIVATED":
		return words{classAuth, "the account is deactivated", "ask the server's administrator"}
	case "M_USER_LOCKED":
		return words{classAuth, "the account is locked; what is saved of it is kept", "ask the server's administrator"}
	case "M_USER_SUSPENDED":
		return words{classAuth, "the account is suspended", "ask the server's administrator"}
	case "ORG.MATRIX.MSC3866_USER_AWAITING_APPROVAL":
		return words{classAuth, "the account waits for approval by the server's administrator", ""}
	case "M_RESOURCE_LIMIT_EXCEEDED":
		return words{classAuth, "the server has reached a limit and takes no more logins", contact(e)}
	case "M_USER_LIMIT_EXCEEDED":
		return words{classAuth, "the account has reached a limit of this server", contact(e)}
	case "M_INVALID_USERNAME", "M_EXCLUSIVE":
		return words{classAuth, "the server does not take this user ID", "check the user ID and --homeserver"}
	case "M_UNKNOWN_TOKEN", "M_MISSING_TOKEN":
		return words{classAuth, "the server does not accept the token", ""}
	case "M_BAD_JSON", "M_NOT_JSON", "M_MISSING_PARAM", "M_INVALID_PARAM", "M_UNRECOGNIZED", "M_APPSERVICE_LOGIN_UNSUPPORTED":
		return words{classProtocol, "the server does not take the request", flowsHint(e)}
	}
	return wordsForStatus(e, kind)
}

func wordsForStatus(e *transport.MatrixError, kind login.Kind) words {
	refused := e.Status == http.StatusUnauthorized || e.Status == http.StatusForbidden
	switch {
	case refused && kind.Refused != "":
		return words{classAuth, kind.Refused, kind.Hint}
	case refused:
		return words{classAuth, "the server refused the request", ""}
	case e.Status == http.StatusRequestEntityTooLarge, e.Status == http.StatusRequestURITooLong, e.Status == http.StatusRequestHeaderFieldsTooLarge:
		return words{classUsage, "what was given is too long for the server", ""}
	}
	return words{classProtocol, "the server does not take the request", flowsHint(e)}
}

func contact(e *transport.MatrixError) string {
	switch {
	case e.AdminContact != "":
		return "the server names as contact: " + e.AdminContact
	case e.InfoURI != "":
		return "the server tells more at " + e.InfoURI
	}
	return "ask the server's administrator"
}

func flowsHint(e *transport.MatrixError) string {
	return "see what it offers: mxlogin flows " + shellWord(e.Origin.String())
}
