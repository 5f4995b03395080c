package client

import (
	"maps"
	"strings"

	"mxlogin/client/transport"
)

// Identifier says who wants to log in.
//
// Client-Server API, "Identifier types".
type Identifier struct {
	object     transport.Fields // the identifier
	deprecated transport.Fields // the same in the form before r0.4.0; nil where there was none
	legacy     bool
	name       string
}

// IsZero reports whether nobody is identified.
func (i Identifier) IsZero() bool { return i.object == nil }

// User identifies by a full user ID or by its localpart (m.id.user).
func User(user string) Identifier {
	return Identifier{
		object:     transport.Fields{"type": "m.id.user", "user": user},
		deprecated: transport.Fields{"user": user},
		name:       user,
	}
}

// Email identifies by an e-mail address of the account (m.id.thirdparty), in its
// canonical form: all in lower case.
func Email(address string) Identifier {
	address = strings.ToLower(address)
	return thirdParty("email", address, address)
}

// Phone identifies by a phone number as it is written in a country (m.id.phone).
// The country is two letters of ISO 3166-1. The number is sent under both names
// that servers look for it: the specification says phone, Synapse reads number.
func Phone(country, number string) Identifier {
	country = strings.ToUpper(country)
	return Identifier{
		object: transport.Fields{"type": "m.id.phone", "country": country, "phone": number, "number": number},
		name:   country + " " + digits(number),
	}
}

// MSISDN identifies by an international phone number (m.id.thirdparty), in its
// canonical form: digits only, without the sign before them.
func MSISDN(number string) Identifier {
	number = digits(number)
	identifier := thirdParty("msisdn", number, "+"+number)
	identifier.deprecated = nil // "Must be 'email'", r0.5.0 says of the medium
	return identifier
}

func thirdParty(medium, address, name string) Identifier {
	return Identifier{
		object:     transport.Fields{"type": "m.id.thirdparty", "medium": medium, "address": address},
		deprecated: transport.Fields{"medium": medium, "address": address},
		name:       name,
	}
}

// String names who it is for a person. It is the same however an address or a
// number was written.
func (id Identifier) String() string { return id.name }

func digits(number string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, number)
}

// Deprecated returns the identifier in the form that servers before r0.4.0 of the
// specification know: user, or medium and address, beside the type. There is none
// of a phone number: ok is false.
func (id Identifier) Deprecated() (deprecated Identifier, ok bool) {
	id.legacy = true
	return id, id.deprecated != nil
}

func (id Identifier) addTo(body transport.Fields) {
	if !id.legacy {
		body["identifier"] = id.object
		return
	}
	maps.Copy(body, id.deprecated)
}
