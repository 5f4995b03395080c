package login

import "mxlogin/client"

// Can is what a run has to log in with.
type Can struct {
	Password   string // where a password comes from, if it is named; "" otherwise
	LoginToken string // the same for a login token
	Terminal   bool   // somebody can be asked
	Browser    bool   // a browser can be opened here
}

// Best takes the kind of login that suits what a homeserver offers and what there
// is to log in with, and says why. ok is false where there is none.
func Best(o Offer, can Can) (kind Kind, why string, ok bool) {
	token, password, sso, oauth := kindOf(client.FlowToken), kindOf(client.FlowPassword), kindOf(client.FlowSSO), kindOf(FlowOAuth)
	switch {
	case can.LoginToken != "" && can.Password == "" && o.Has(token):
		return token, can.LoginToken + " is set", true
	case can.Password != "":
		return password, can.Password + " is set", o.Has(password)
	case o.takesOAuth() && !o.Has(password) && !o.Has(sso):
		return oauth, "the server offers nothing else", true
	case o.takesOAuth() && o.PrefersOAuth() && (can.Terminal || can.Browser):
		return oauth, "the server prefers it", true
	case o.Has(sso) && !o.Has(password):
		return sso, "the server takes no passwords", true
	case o.Has(sso) && can.Browser && !can.Terminal:
		return sso, "there is a browser and no terminal to ask for a password", true
	case o.Has(password):
		return password, "the server offers it", true
	}
	return Kind{}, "", false
}
