package callback

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// maxValue bounds a token or a code in bytes; honest ones have a few hundred.
const maxValue = 4 << 10

// LoginToken accepts the answer of single sign-on: a loginToken, once.
//
// Client-Server API, "Client login via SSO".
func LoginToken(query url.Values) error { return one(query, "loginToken") }

// Authorization accepts the answer of an authorization server: the state that was made
// for this login, and with it either a code or an error.
//
// RFC 6749, 4.1.2.
func Authorization(state string) Accept {
	return func(query url.Values) error {
		if err := one(query, "state"); err != nil {
			return err
		}
		if !equal(query.Get("state"), state) {
			return errors.New("it belongs to another login")
		}
		if len(query["iss"]) > 1 {
			return errors.New("it has several issuers")
		}
		switch {
		case query.Has("code") && query.Has("error"):
			return errors.New("it has both a code and an error")
		case query.Has("error"):
			return one(query, "error")
		}
		return one(query, "code")
	}
}

// one holds that a parameter is there once and can be what it should be.
func one(query url.Values, name string) error {
	values := query[name]
	switch {
	case len(values) == 0 || values[0] == "":
		return fmt.Errorf("it has no %s", name)
	case len(values) > 1:
		return fmt.Errorf("it has %s more than once", name)
	case len(values[0]) > maxValue:
		return fmt.Errorf("its %s is too long", name)
	case strings.IndexFunc(values[0], func(r rune) bool { return r <= ' ' || r >= 0x7f }) >= 0:
		return fmt.Errorf("its %s has an invalid character", name)
	}
	return nil
}
