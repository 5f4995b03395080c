package login

import (
	"mxlogin/client"
	"mxlogin/cmd/session"
	"mxlogin/config"
)

// Kind is what is known of a way to log in, whoever does it.
type Kind struct {
	Type      string // the login type, as GET /login lists it
	API       string // that makes the session
	Command   string // of mxlogin
	NamesUser bool   // the request names the user
	Unlisted  bool   // no homeserver lists it

	// Refused and Hint are what a refusal of the secret means to a person.
	Refused, Hint string
}

// Words are what the kind is called where people read it.
func (k Kind) Words() string {
	if k.Type == FlowOAuth {
		return "OAuth 2.0"
	}
	return k.Type
}

// Kinds returns every way to log in, the best for a person first.
func Kinds() []Kind {
	return []Kind{
		{
			Type: client.FlowPassword, API: config.APILegacy, Command: "password", NamesUser: true,
			Refused: "the server refused the user name or password",
			Hint:    "check both, and that the account is on this server",
		},
		{
			Type: client.FlowSSO, API: config.APILegacy, Command: "sso",
			Refused: "the server refused the login token that the browser came back with: it has expired or was used",
			Hint:    "start again",
		},
		{
			Type: client.FlowToken, API: config.APILegacy, Command: "token",
			Refused: "the server refused the login token: it is wrong, used or expired",
			Hint:    "a login token works once and for a short time; get another",
		},
		{
			Type: client.FlowJWT, API: config.APILegacy, Command: "jwt",
			Refused: "the server refused the JSON Web Token",
			Hint:    "check its signature, audience and expiry",
		},
		{
			Type: client.FlowApplicationService, API: config.APILegacy, Command: "appservice", NamesUser: true,
			Refused: "the server refused the application service or the user",
			Hint:    "check the as_token, and that the user is in the service's namespace",
		},
		{
			Type: FlowOAuth, API: config.APIOAuth, Command: "oauth",
			Refused: "the server refused the login",
			Hint:    "start again",
		},
		{
			Type: session.FlowImport, API: config.APILegacy, Command: "import", Unlisted: true,
			Refused: "the server refused the access token",
		},
	}
}

// KindOf returns the kind of a login type.
func KindOf(loginType string) (Kind, bool) {
	for _, kind := range Kinds() {
		if kind.Type == loginType {
			return kind, true
		}
	}
	return Kind{}, false
}

// kindOf is KindOf for a type that is in the table.
func kindOf(loginType string) Kind {
	kind, _ := KindOf(loginType)
	return kind
}
