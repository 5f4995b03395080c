package client

import "mxlogin/client/transport"

// Identifier says who wants to log in.
//
// Client-Server API, "Identifier types".
type Identifier struct {
	fields transport.Fields // the identifier object
}

// User identifies by a full user ID or by its localpart (m.id.user).
func User(user string) Identifier {
	return Identifier{fields: transport.Fields{"type": "m.id.user", "user": user}}
}

func (id Identifier) addTo(body transport.Fields) {
	body["identifier"] = id.fields
}
