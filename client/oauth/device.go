package oauth

import (
	"context"
	"errors"
	"strings"
	"time"

	"mxlogin/client"
	"mxlogin/client/transport"
)

// DeviceCode is one login that a person approves on any device.
type DeviceCode struct {
	UserCode    string        // that the person types; printable ASCII
	URL         string        // of the page where
	CompleteURL string        // of the same with the code filled in; "" where there is none
	Lifetime    time.Duration // of the code, from when it was issued

	code     transport.Credential
	clientID string
	deviceID string
	interval time.Duration // between two polls, at least
	ends     time.Time
}

const (
	defaultInterval = 5 * time.Second // RFC 8628, 3.2
	minInterval     = time.Second
	slowDownBy      = 5 * time.Second  // RFC 8628, 3.5
	maxBackoff      = 30 * time.Second // after answers that did not come
	maxUserCode     = 64               // bytes

	// lastPoll is how long before its end the code is asked about once more.
	lastPoll = time.Second
)

// RequestDeviceCode asks for a code by which a person approves a session on the device.
//
// Client-Server API, "Device authorization flow", since v1.18; RFC 8628, 3.1.
func (c *Client) RequestDeviceCode(ctx context.Context, clientID, deviceID string) (DeviceCode, error) {
	// Asked for twice it is another code, which nobody sees.
	resp, err := c.post(ctx, c.endpoints.device, transport.Fields{"client_id": clientID, "scope": scopeOf(deviceID)}, true)
	if err != nil {
		return DeviceCode{}, err
	}
	answer, err := resp.Object()
	if err != nil {
		return DeviceCode{}, err
	}
	d, err := c.readDeviceCode(answer)
	d.clientID, d.deviceID = clientID, deviceID
	return d, err
}

func (c *Client) readDeviceCode(answer transport.Object) (d DeviceCode, err error) {
	code, err := answer.Secret("device_code")
	if err != nil {
		return DeviceCode{}, err
	}
	if code.IsZero() {
		return DeviceCode{}, answer.Invalid("device_code", "is missing")
	}
	d.code = c.bind(code)
	if d.UserCode, err = readUserCode(answer); err != nil {
		return DeviceCode{}, err
	}
	if d.URL, err = c.readPage(answer, "verification_uri"); err != nil {
		return DeviceCode{}, err
	}
	if d.URL == "" {
		return DeviceCode{}, answer.Invalid("verification_uri", "is missing")
	}
	if d.CompleteURL, err = c.readPage(answer, "verification_uri_complete"); err != nil {
		return DeviceCode{}, err
	}
	lifetime, ok, err := answer.Lifetime("expires_in", time.Second)
	if err != nil {
		return DeviceCode{}, err
	}
	if !ok || lifetime == 0 {
		return DeviceCode{}, answer.Invalid("expires_in", "is missing or 0")
	}
	d.Lifetime, d.ends = lifetime, c.now().Add(lifetime)
	if d.interval, ok, err = answer.Lifetime("interval", time.Second); !ok {
		d.interval = defaultInterval
	}
	d.interval = max(d.interval, minInterval)
	return d, err
}

func readUserCode(answer transport.Object) (string, error) {
	code, ok, err := answer.String("user_code")
	switch {
	case err != nil:
		return "", err
	case !ok || strings.TrimSpace(code) == "":
		return "", answer.Invalid("user_code", "is missing")
	case len(code) > maxUserCode:
		return "", answer.Invalid("user_code", "is longer than 64 bytes")
	case strings.IndexFunc(code, func(r rune) bool { return r < ' ' || r >= 0x7f }) >= 0:
		return "", answer.Invalid("user_code", "has a character that not every keyboard can type")
	}
	return code, nil
}

// readPage reads the URL of a page that a person is sent to.
func (c *Client) readPage(answer transport.Object, member string) (string, error) {
	text, ok, err := answer.String(member)
	if err != nil || !ok {
		return "", err
	}
	if _, fault := parseEndpoint(text, c.transport, c.endpoints.device.root); fault != "" {
		return "", answer.Invalid(member, fault)
	}
	return text, nil
}

// AwaitApproval asks for the tokens until the person has approved the login, no more
// often than the server wants. A code that ends meanwhile is an [ExpiredError], a person
// who denies it an [Error]. Answers that do not come and 5xx are waited out.
//
// Where the tokens that were issued are not those that were asked for, they come with the
// error, and are to be revoked.
//
// RFC 8628, 3.4 and 3.5.
func (c *Client) AwaitApproval(ctx context.Context, d DeviceCode) (client.Tokens, error) {
	var lost error // by which the last answer did not come
	for {
		left := d.ends.Sub(c.now())
		if left <= 0 {
			return client.Tokens{}, &ExpiredError{Err: lost}
		}
		if err := c.sleep(ctx, min(d.interval, max(left-lastPoll, minInterval))); err != nil {
			return client.Tokens{}, err
		}
		tokens, err := c.poll(ctx, d)
		switch code := codeOf(err); {
		case err == nil:
			return tokens, nil
		case isLost(err):
			lost = err
			d.interval = min(2*d.interval, max(maxBackoff, d.interval))
		case code == SlowDown:
			lost = nil
			d.interval += slowDownBy
		case code == AuthorizationPending:
			lost = nil
		case code == ExpiredToken, code == InvalidGrant && lost != nil:
			return client.Tokens{}, &ExpiredError{Err: lost}
		default:
			return tokens, err
		}
	}
}

func (c *Client) poll(ctx context.Context, d DeviceCode) (client.Tokens, error) {
	return c.askForTokens(ctx, d.deviceID, false, transport.Fields{
		"grant_type":  grantDevice,
		"device_code": d.code,
		"client_id":   d.clientID,
	})
}

// codeOf is the code of a refusal, "" of any other error.
func codeOf(err error) string {
	var refused *Error
	if errors.As(err, &refused) {
		return refused.Code
	}
	return ""
}

// isLost reports whether no answer came that says how the login stands. One server
// answers 500 after the approval, while its homeserver is away, and goes on later.
func isLost(err error) bool {
	var network *transport.NetworkError
	var server *transport.ServerError
	return errors.As(err, &network) || errors.As(err, &server)
}
