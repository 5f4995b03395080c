package choose

import (
	"errors"
	"fmt"
	"strings"

	"mxlogin/client/matrixid"
	"mxlogin/config"
)

// Place is a homeserver as it was named: by a base URL, which is used as it is,
// or by a server name, which is to be discovered.
type Place struct {
	Base   matrixid.BaseURL
	Server matrixid.ServerName
	// Account is a saved account that is at this homeserver, with the authorities
	// and the plain http that were allowed for it.
	Account *config.Account
}

// IsZero reports whether no homeserver was named.
func (p Place) IsZero() bool { return p.Base.IsZero() && p.Server.String() == "" }

// String is the place as it was named.
func (p Place) String() string {
	if !p.Base.IsZero() {
		return p.Base.String()
	}
	return p.Server.String()
}

// Homeserver decides which homeserver is meant. In this order: --homeserver, a
// target that is a server name or a URL, the saved account that is meant, the
// environment, the server of the user ID, the setting in the file, the default
// account. saved is what [ForLogin] found by the names, or nil.
//
// A variable that contradicts the saved account is an [*ElsewhereError].
func Homeserver(s *config.Settings, f *config.File, target Target, saved *config.Account, warn Warn) (Place, error) {
	named, err := namedHomeserver(s, warn)
	if err != nil {
		return Place{}, err
	}
	source := s.Source("homeserver")
	switch {
	case source == config.SourceFlag:
		return named, refuseContradiction(named, target)
	case !target.IsZero() && target.User.IsZero():
		return target.place(), nil
	case saved != nil && (target.User.IsZero() || DecidesPlace(*saved)):
		if source == config.SourceEnv && !IsAt(*saved, named) {
			return Place{}, bySetting(s, "homeserver", Elsewhere(*saved, named.String()))
		}
		return accountPlace(*saved)
	case source == config.SourceEnv:
		return named, nil
	case !target.User.IsZero():
		return target.place(), nil
	case !named.IsZero():
		return named, nil
	}
	return defaultPlace(f)
}

// Discovered decides what is to be discovered: the target as it was written, also
// where an account is saved of it. Without a target it is what a login would use.
func Discovered(s *config.Settings, f *config.File, target Target, warn Warn) (Place, error) {
	if !target.User.IsZero() && s.Source("homeserver") != config.SourceFlag {
		return target.place(), nil
	}
	return Homeserver(s, f, target, nil, warn)
}

// namedHomeserver is what the flag, the variable or the setting names, if anything.
func namedHomeserver(s *config.Settings, warn Warn) (Place, error) {
	if s.Homeserver == "" {
		return Place{}, nil
	}
	return ParseHomeserver(s.Origin("homeserver"), s.Homeserver, warn)
}

// ParseHomeserver reads NAME or URL, as --homeserver takes it. Errors call it what.
func ParseHomeserver(what, text string, warn Warn) (Place, error) {
	target, err := parseTarget(what, text, warn)
	if err == nil && !target.User.IsZero() {
		err = &UsageError{Message: what + " is a user ID", Hint: "name a server, or a URL"}
	}
	return target.place(), err
}

// refuseContradiction holds that a target and --homeserver do not name two
// homeservers. A user ID does not contradict: its server may be found elsewhere.
func refuseContradiction(named Place, target Target) error {
	if target.IsZero() || !target.User.IsZero() || target.place() == named {
		return nil
	}
	return &UsageError{Message: "the target and --homeserver name different homeservers", Hint: "use only one of them"}
}

// DecidesPlace reports whether a login of a saved account's user goes where the
// account is. A pending login may have gone to a place with a typing error in it,
// and a user ID that nobody typed may be one that a foreign server claimed.
func DecidesPlace(a config.Account) bool { return !a.Pending && !a.Unverified }

// IsAt reports whether an account is at a place: where its session is used, or
// where its login was sent. A server name is that of its user ID, unless a server
// had that from nobody, or of its base URL.
func IsAt(a config.Account, p Place) bool {
	base := p.Base
	if base.IsZero() {
		if user, err := matrixid.ParseServedUserID(a.UserID); err == nil && !a.Unverified && user.Server() == p.Server {
			return true
		}
		base = matrixid.HTTPSBaseURL(p.Server)
	}
	return a.Homeserver == base.String() || a.LoginURL == base.String()
}

// LoginBase is where a saved account logs in: the URL that its login was sent to,
// which need not be where its session is used.
func LoginBase(a config.Account) string {
	if a.LoginURL != "" {
		return a.LoginURL
	}
	return a.Homeserver
}

// Elsewhere is the error that an account is not at meant.
func Elsewhere(a config.Account, meant string) *ElsewhereError {
	return &ElsewhereError{Account: a.Name, Saved: a.Homeserver, Meant: meant}
}

func accountPlace(account config.Account) (Place, error) {
	base, err := matrixid.ParseBaseURL(LoginBase(account))
	if err != nil {
		return Place{}, fmt.Errorf("account %s: homeserver: %w", account.Name, err)
	}
	return Place{Base: base, Account: &account}, nil
}

func defaultPlace(f *config.File) (Place, error) {
	account, err := selectAccount(f, "")
	var none *NoSessionError
	if errors.As(err, &none) {
		return Place{}, &UsageError{Message: "no homeserver is named", Hint: "write @user:server, or name one with --homeserver"}
	}
	if err != nil {
		return Place{}, err
	}
	return accountPlace(account)
}

// ParseBaseURL reads the base URL of a homeserver that a person was asked for.
func ParseBaseURL(text string) (matrixid.BaseURL, error) {
	text = strings.TrimSpace(text)
	if !strings.ContainsAny(text, "@/ ") && looksLikeServer(text) {
		text = "https://" + text
	}
	target, err := parseTarget("the answer", text, func(string, string) {})
	if err == nil && target.Base.IsZero() {
		err = &UsageError{Message: "the answer is not a URL", Hint: "write it like https://matrix.example.org"}
	}
	return target.Base, err
}
