package oauth

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"mxlogin/client/transport"
)

// Registration is what a client says of itself, to the server and to the person who has
// to agree.
type Registration struct {
	ClientName string
	ClientURI  string // https
	// RedirectURI is where the browser comes back to, at http://127.0.0.1 and the port
	// in use. Empty: the client logs in by a device code.
	RedirectURI string
}

// maxClientID bounds a client ID in bytes.
const maxClientID = 1 << 10

// Register makes a client and returns its ID, which belongs to the session that is
// granted to it. Each login is to have a client of its own.
//
// Client-Server API, "Client registration"; RFC 7591. A loopback redirect is registered
// without its port, which may be any (RFC 8252, 7.3).
func (c *Client) Register(ctx context.Context, r Registration) (clientID string, err error) {
	redirects, responses, grant := []string{}, []string{}, grantDevice
	if r.RedirectURI != "" {
		redirects, responses, grant = []string{withoutPort(r.RedirectURI)}, []string{"code"}, grantCode
	}
	// Registered twice it is another client, which nobody uses.
	resp, err := c.send(ctx, c.endpoints.registration, transport.Request{Repeatable: true, JSON: transport.Fields{
		"client_name":                r.ClientName,
		"client_uri":                 r.ClientURI,
		"application_type":           "native",
		"token_endpoint_auth_method": "none",
		"grant_types":                []string{grant, grantRefresh},
		"response_types":             responses,
		"redirect_uris":              redirects,
	}})
	if err != nil {
		return "", err
	}
	answer, err := resp.Object()
	if err != nil {
		return "", err
	}
	return readRegistration(answer, grant, redirects)
}

// readRegistration returns the client ID. A server leaves out what it does not take: a
// client without the grant would fail after a person has gone through the login. A client
// secret is not asked for, and left where it is.
func readRegistration(answer transport.Object, grant string, redirects []string) (clientID string, err error) {
	clientID, ok, err := answer.String("client_id")
	switch {
	case err != nil:
		return "", err
	case !ok || clientID == "":
		return "", answer.Invalid("client_id", "is missing")
	case len(clientID) > maxClientID:
		return "", answer.Invalid("client_id", "is longer than 1 KiB")
	case strings.IndexFunc(clientID, func(r rune) bool { return r < ' ' || r >= 0x7f }) >= 0:
		return "", answer.Invalid("client_id", "has an invalid character")
	}
	if err := holds(answer, "grant_types", grant); err != nil {
		return "", err
	}
	for _, redirect := range redirects {
		if err := holds(answer, "redirect_uris", redirect); err != nil {
			return "", err
		}
	}
	method, ok, err := answer.String("token_endpoint_auth_method")
	if err != nil {
		return "", err
	}
	if ok && method != "none" {
		return "", answer.Invalid("token_endpoint_auth_method", "is not none")
	}
	return clientID, nil
}

// holds checks that a list which the answer may leave out has a value.
func holds(answer transport.Object, member, value string) error {
	listed, err := answer.Strings(member)
	if err != nil || !answer.Has(member) || slices.Contains(listed, value) {
		return err
	}
	return answer.Invalid(member, "does not have "+value)
}

func withoutPort(redirect string) string {
	u, err := url.Parse(redirect)
	if err != nil {
		return redirect
	}
	u.Host = u.Hostname()
	return u.String()
}
