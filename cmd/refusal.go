package cmd

import (
	"net/http"
	"strings"

	"mxlogin/client/oauth"
	"mxlogin/client/transport"
	"mxlogin/cmd/login"
)

// words are what a refusal is to a person.
type words struct {
	class   class
	message string
	hint    string
}

// wordsFor says what an error code means. The code goes before the status, but for
// codes that say nothing. at is what a login was refused at; its error is nil where it
// was none.
//
// Client-Server API, "Common error codes" and "Other error codes".
func wordsFor(e *transport.MatrixError, at login.RefusedError) words {
	switch e.Code {
	case "M_USER_DEACTIVATED":
		return words{classAuth, "the account is deactivated", "ask the server's administrator"}
	case "M_USER_LOCKED":
		return words{classAuth, "the account is locked; its saved session is kept", "ask the server's administrator"}
	case "M_USER_SUSPENDED":
		return words{classAuth, "the account is suspended", "ask the server's administrator"}
	case "ORG.MATRIX.MSC3866_USER_AWAITING_APPROVAL":
		return words{classAuth, "the account is waiting for approval by the server's administrator", ""}
	case "M_RESOURCE_LIMIT_EXCEEDED":
		return words{classAuth, "the server has reached a limit and accepts no more logins", contact(e)}
	case "M_USER_LIMIT_EXCEEDED":
		return words{classAuth, "the account has reached a limit of this server", contact(e)}
	case "M_INVALID_USERNAME", "M_EXCLUSIVE":
		return words{classAuth, "the server does not accept this user ID", "check the user ID and --homeserver"}
	case "M_CONSENT_NOT_GIVEN":
		return words{classAuth, "the server requires you to agree to its terms first", consent(e)}
	case "M_UNKNOWN_TOKEN", "M_MISSING_TOKEN":
		if at.Kind.Refused != "" {
			return words{classAuth, at.Kind.Refused, at.Kind.Hint}
		}
		return words{classAuth, "the server does not accept the token", ""}
	}
	if at.Err != nil {
		if w, ok := wordsForLogin(e, at); ok {
			return w
		}
	}
	switch e.Code {
	case "M_BAD_JSON", "M_NOT_JSON", "M_MISSING_PARAM", "M_INVALID_PARAM", "M_UNRECOGNIZED", "M_APPSERVICE_LOGIN_UNSUPPORTED":
		return words{classProtocol, "the server does not accept the request", flowsHint(e)}
	}
	return wordsForStatus(e, at.Kind)
}

// wordsForLogin knows how servers refuse a login other than by a code for it.
func wordsForLogin(e *transport.MatrixError, at login.RefusedError) (words, bool) {
	switch {
	case e.Code == "M_UNRECOGNIZED":
		return words{}, false // there is no login at all
	case e.Status == http.StatusNotFound:
		return words{classAuth, "the server has no such user", "check the user ID and --homeserver; a user of an application service has to be registered first"}, true
	case e.Status == http.StatusBadRequest && at.ByAddress:
		return words{classFlow, "the server does not accept logins by e-mail address or phone number, or not by this one", "log in with the user ID: mxlogin password @user:server"}, true
	}
	return words{}, false
}

func wordsForStatus(e *transport.MatrixError, kind login.Kind) words {
	refused := e.Status == http.StatusUnauthorized || e.Status == http.StatusForbidden
	switch {
	case refused && kind.Refused != "" && e.Message != "" && !isAboutSecrets(e):
		return words{classAuth, "the server refused the login, and says why", ""}
	case refused && kind.Refused != "":
		return words{classAuth, kind.Refused, kind.Hint}
	case refused:
		return words{classAuth, "the server refused the request", ""}
	case isTooLong(e.Status):
		return words{classUsage, tooLong, ""}
	}
	return words{classProtocol, "the server does not accept the request", flowsHint(e)}
}

const tooLong = "the input is too long for the server"

// isTooLong reports whether a server, or a proxy before it, will not take as much as was
// sent: what was given is longer than any real one.
func isTooLong(status int) bool {
	return status == http.StatusRequestEntityTooLarge || status == http.StatusRequestURITooLong || status == http.StatusRequestHeaderFieldsTooLarge
}

// isAboutSecrets reports whether the server's reason can be what was typed. Any other it
// says better than a guess would.
func isAboutSecrets(e *transport.MatrixError) bool {
	text := strings.ToLower(e.Message)
	for _, word := range []string{"password", "credential", "username", "user name", "user id", "token", "jwt", "signature", "namespace", "authenticat", "login fail", "login data", "invalid login"} {
		if strings.Contains(text, word) {
			return true
		}
	}
	return strings.HasPrefix(text, strings.ToLower(e.Code))
}

func contact(e *transport.MatrixError) string {
	switch {
	case e.AdminContact != "":
		return "the server's contact: " + e.AdminContact
	case e.InfoURI != "":
		return "for details, see " + e.InfoURI
	}
	return "ask the server's administrator"
}

func consent(e *transport.MatrixError) string {
	if e.ConsentURI == "" {
		return "another Matrix client shows where"
	}
	return "read them and agree at " + e.ConsentURI
}

func flowsHint(e *transport.MatrixError) string {
	return "see what it offers: mxlogin flows " + shellWord(e.Origin.String())
}

// wordsForOAuth says what the refusal of an authorization server means.
//
// RFC 6749, 4.1.2.1 and 5.2; RFC 7591, 3.2.2; RFC 8628, 3.5.
func wordsForOAuth(e *oauth.Error) words {
	switch e.Code {
	case oauth.AccessDenied:
		return words{classAuth, "the login was denied on the server's page", ""}
	case oauth.ServerError, oauth.Unavailable:
		return words{classNetwork, "the authorization server failed", "try again later"}
	case oauth.InvalidGrant, oauth.ExpiredToken:
		return words{classAuth, "the server does not accept the code or token: it is used, revoked or expired", "log in again"}
	case oauth.InvalidClient, oauth.UnauthorizedClient:
		return words{classAuth, "the server does not accept mxlogin as a client", "log in again; if that does not help, ask the server's administrator"}
	case oauth.InvalidScope:
		return words{classProtocol, "the server does not grant this device, or not the client-server API", ""}
	case "invalid_client_metadata", "invalid_client_uri", "invalid_redirect_uri":
		return words{classProtocol, "the server does not register mxlogin as a client", "if it refuses the page of mxlogin, set another: mxlogin config set oauth_client_uri https://…"}
	case "login_required", "consent_required", "interaction_required", "account_selection_required":
		return words{classAuth, "the login was not finished on the server's page", "start again"}
	}
	return words{classProtocol, "the authorization server refused", ""}
}
