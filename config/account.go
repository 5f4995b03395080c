package config

import (
	"slices"
	"time"

	"mxlogin/client/secret"
)

// What Account.API says.
const (
	APILegacy = "legacy" // the login API of the client-server specification
	APIOAuth  = "oauth"  // the OAuth 2.0 API
)

// Account is one saved login. A zero field is not written to the file.
type Account struct {
	Name         string // the key; the user ID unless the person chose another
	UserID       string // empty only for a pending login that asked for no user
	Homeserver   string // base URL that the session belongs to
	LoginURL     string // base URL that the login was sent to, if another
	DeviceID     string
	Storage      string // StorageKeyring, else the tokens are in the file
	AccessToken  secret.Value
	RefreshToken secret.Value
	Items        Items         // of the keyring, where that has the tokens; see [Store.Unlock]
	ExpiresAt    time.Time     // of the access token, in whole seconds; zero: unknown
	Lifetime     time.Duration // of it when it was issued; zero: unknown
	Flow         string        // login type, such as m.login.password
	LoginAs      string        // how the person was named, where it was not by the user ID
	API          string        // APILegacy or APIOAuth; a file without it means legacy
	OAuth        OAuthClient
	Prefix       string // "r0" for a server without /v3, else empty
	CAFile       string
	AllowHTTP    []string
	Pending      bool // saved before the login was sent, not yet answered
	Unverified   bool // the user ID is the server's word: nobody had typed it in full
}

// OAuthClient is the client that an OAuth 2.0 session was granted to.
type OAuthClient struct {
	Issuer   string
	ClientID string
}

// HasSession reports whether the account holds a token that may be used.
func (a Account) HasSession() bool {
	return !a.Pending && (!a.AccessToken.IsZero() || a.Items.Access != "")
}

// renewalLead is how long before the end of an access token it is renewed, where a
// tenth of its life is not less.
const renewalLead = time.Minute

// IsRenewable reports whether the account holds a session that can be renewed.
func (a Account) IsRenewable() bool {
	return a.HasSession() && (!a.RefreshToken.IsZero() || a.Items.Refresh != "")
}

// EndsSoon reports whether the access token ends within a minute, or within a tenth
// of its life.
func (a Account) EndsSoon(now time.Time) bool {
	lead := renewalLead
	if a.Lifetime > 0 {
		lead = min(lead, a.Lifetime/10)
	}
	return !a.ExpiresAt.IsZero() && !now.Add(lead).Before(a.ExpiresAt)
}

// HasEnded reports whether the access token is past its end.
func (a Account) HasEnded(now time.Time) bool {
	return !a.ExpiresAt.IsZero() && !now.Before(a.ExpiresAt)
}

// key is the name by which the file knows the account.
func (a Account) key() string {
	if a.Name != "" {
		return a.Name
	}
	return a.UserID
}

// clone shares no memory with a, tokens apart.
func (a Account) clone() Account {
	a.AllowHTTP = slices.Clone(a.AllowHTTP)
	return a
}
