package discovery

import (
	"errors"

	"mxlogin/client/transport"
)

// readVersions reads the answer of /versions: an object with a list of strings.
// Which versions it lists does not matter, unknown ones included, but an empty
// list is no homeserver.
//
// Client-Server API, "API Versioning".
func readVersions(resp *transport.Response) ([]string, error) {
	if err := resp.Refusal(); err != nil {
		return nil, err
	}
	object, err := resp.Object()
	if err != nil {
		return nil, err
	}
	versions, err := object.Strings("versions")
	if err != nil {
		return nil, err
	}
	if len(versions) == 0 {
		return nil, object.Invalid("versions", "is missing or empty")
	}
	return versions, nil
}

// reasonOf says in one clause why a request failed, without repeating which.
func reasonOf(err error) string {
	var network *transport.NetworkError
	var tls *transport.TLSError
	var protocol *transport.ProtocolError
	var server *transport.ServerError
	var refusal *transport.MatrixError
	switch {
	case errors.As(err, &network):
		return network.Reason
	case errors.As(err, &tls):
		return tls.Reason
	case errors.As(err, &protocol):
		return protocol.Reason
	case errors.As(err, &server):
		return "the server failed to answer"
	case errors.As(err, &refusal):
		return "the server refused with " + refusal.Code
	}
	return err.Error()
}
