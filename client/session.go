package client

import (
	"strings"
	"time"
	"unicode"

	"mxlogin/client/matrixid"
	"mxlogin/client/secret"
	"mxlogin/client/transport"
)

const maxDeviceID = 1 << 10 // bytes; servers allow 512 at most

// Session is a login's answer, read strictly. home_server is not part of it: it
// is deprecated, and the user ID says the same.
type Session struct {
	UserID   matrixid.UserID
	DeviceID string // "" where the server named none
	Tokens

	// WellKnown is where the server says that it is to be found from now on.
	WellKnown WellKnown
}

// Tokens are what a session is used by and renewed with.
type Tokens struct {
	AccessToken  secret.Value
	RefreshToken secret.Value // empty where the server gave none

	// Expires says that the access token ends Lifetime after the answer, a
	// Lifetime of 0 that it already has. No Lifetime is over ten years.
	Expires  bool
	Lifetime time.Duration
}

// WellKnown is the discovery information in a login's answer.
type WellKnown struct {
	Present bool
	BaseURL string // unchecked; "" where it is missing or no string
}

// readSession checks every member that will be used or stored. An access token
// that cannot go into a header line, or a user ID that is none, would come back
// as a stranger fault much later.
func readSession(answer transport.Object) (Session, error) {
	var s Session
	var err error
	if s.UserID, err = readUserID(answer); err != nil {
		return Session{}, err
	}
	if s.Tokens, err = readTokens(answer); err != nil {
		return Session{}, err
	}
	if s.DeviceID, err = readDeviceID(answer); err != nil {
		return Session{}, err
	}
	s.WellKnown = readWellKnown(answer)
	return s, nil
}

func readTokens(answer transport.Object) (t Tokens, err error) {
	if t.AccessToken, err = answer.Secret("access_token"); err != nil {
		return Tokens{}, err
	}
	if t.AccessToken.IsZero() {
		return Tokens{}, answer.Invalid("access_token", "is missing")
	}
	if t.RefreshToken, err = answer.Secret("refresh_token"); err != nil {
		return Tokens{}, err
	}
	t.Lifetime, t.Expires, err = answer.Lifetime("expires_in_ms", time.Millisecond)
	return t, err
}

// refuseEcho refuses an answer that holds the secret which was just sent, in a field
// where everybody would see it: on a screen, in a file, in a list of devices.
func refuseEcho(answer transport.Object, sent transport.Credential, fields ...string) error {
	for _, name := range fields {
		if text, _, _ := answer.String(name); sent.IsRepeatedBy(text) {
			return answer.Invalid(name, "repeats the secret that was sent")
		}
	}
	return nil
}

func readUserID(answer transport.Object) (matrixid.UserID, error) {
	text, ok, err := answer.String("user_id")
	if err != nil {
		return matrixid.UserID{}, err
	}
	if !ok {
		return matrixid.UserID{}, answer.Invalid("user_id", "is missing")
	}
	id, err := matrixid.ParseServedUserID(text)
	if err != nil {
		return matrixid.UserID{}, answer.Invalid("user_id", "is "+err.Error())
	}
	return id, nil
}

func readDeviceID(answer transport.Object) (string, error) {
	id, ok, err := answer.String("device_id")
	if err != nil || !ok {
		return "", err
	}
	switch {
	case id == "":
		return "", answer.Invalid("device_id", "is empty")
	case len(id) > maxDeviceID:
		return "", answer.Invalid("device_id", "is longer than 1 KiB")
	case strings.IndexFunc(id, unicode.IsControl) >= 0:
		return "", answer.Invalid("device_id", "has a control character")
	}
	return id, nil
}

// readWellKnown never fails: the login has happened, and a bad well_known only
// means that the homeserver stays where it is.
func readWellKnown(answer transport.Object) WellKnown {
	if !answer.Has("well_known") {
		return WellKnown{}
	}
	wellKnown, _, _ := answer.Object("well_known")
	homeserver, _, _ := wellKnown.Object("m.homeserver")
	base, _, _ := homeserver.String("base_url")
	return WellKnown{Present: true, BaseURL: base}
}
