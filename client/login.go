package client

import (
	"context"
	"net/http"

	"mxlogin/client/transport"
)

// LoginOptions are the members of a login that every flow has.
type LoginOptions struct {
	DeviceID   string // "" lets the server choose
	DeviceName string // public; servers keep the first one of a device
	Renewable  bool   // asks for a refresh token, and some servers then issue short-lived tokens; since v1.3
}

// LoginPassword logs in with m.login.password. The password is bound to the origin
// of the homeserver. One POST is sent, and again only after a 429: whether a login
// that failed may have made a session is told by [transport.MayHaveActed].
//
// Client-Server API, POST /login.
func (c *Client) LoginPassword(ctx context.Context, who Identifier, password transport.Credential, o LoginOptions) (Session, error) {
	body := o.body(FlowPassword)
	who.addTo(body)
	body["password"] = password
	return c.login(ctx, transport.Request{JSON: body}, password, who.String())
}

// LoginToken logs in with m.login.token: a token that another session has minted
// or that a single sign-on ended with. It names the user, and is good once. It is sent
// as in [Client.LoginPassword].
//
// Client-Server API, POST /login, "Token-based".
func (c *Client) LoginToken(ctx context.Context, token transport.Credential, o LoginOptions) (Session, error) {
	body := o.body(FlowToken)
	body["token"] = token
	return c.login(ctx, transport.Request{JSON: body}, token, "")
}

// LoginJWT logs in with a JSON Web Token that the homeserver's operator has signed.
// The token names the user; Synapse makes one that it does not know. It is sent as in
// [Client.LoginPassword].
//
// The type org.matrix.login.jwt is Synapse's, not the specification's.
func (c *Client) LoginJWT(ctx context.Context, token transport.Credential, o LoginOptions) (Session, error) {
	body := o.body(FlowJWT)
	body["token"] = token
	return c.login(ctx, transport.Request{JSON: body}, token, "")
}

// LoginApplicationService logs a user of an application service in, by the token of
// that service. It is sent as in [Client.LoginPassword].
//
// Client-Server API, "Appservice Login".
func (c *Client) LoginApplicationService(ctx context.Context, who Identifier, asToken transport.Credential, o LoginOptions) (Session, error) {
	body := o.body(FlowApplicationService)
	who.addTo(body)
	return c.login(ctx, transport.Request{JSON: body, Bearer: asToken}, asToken, who.String())
}

// login sends a login that carries a secret, and names the user as asked, if at all.
func (c *Client) login(ctx context.Context, r transport.Request, sent transport.Credential, asked string) (Session, error) {
	r.Method, r.Path = http.MethodPost, c.path("/login")
	r.Trace = []string{"type", "device_id", "refresh_token"}
	answer, err := c.send(ctx, r)
	if err != nil {
		return Session{}, err
	}
	session, err := readSession(answer)
	if err != nil {
		return Session{}, err
	}
	if sent.IsRepeatedBy(asked) {
		// A weak password is part of the name of its user: that the answer has it
		// tells nothing.
		return session, nil
	}
	return session, refuseEcho(answer, sent, "user_id", "device_id", "access_token", "refresh_token")
}

func (o LoginOptions) body(flow string) transport.Fields {
	body := transport.Fields{"type": flow}
	if o.DeviceID != "" {
		body["device_id"] = o.DeviceID
	}
	if o.DeviceName != "" {
		body["initial_device_display_name"] = o.DeviceName
	}
	if o.Renewable {
		body["refresh_token"] = true
	}
	return body
}
