package client

import (
	"context"

	"mxlogin/client/matrixid"
	"mxlogin/client/transport"
)

// Identity is who an access token belongs to.
type Identity struct {
	UserID   matrixid.UserID
	DeviceID string // since v1.1; "" where the token has no device
	IsGuest  *bool  // since v1.2; nil where the server does not say
}

// WhoAmI asks the homeserver who the token belongs to. A session that is over is a
// [transport.MatrixError] with the code M_UNKNOWN_TOKEN; its SoftLogout says
// whether the device can be logged in again.
//
// Client-Server API, GET /account/whoami.
func (c *Client) WhoAmI(ctx context.Context, token transport.Credential) (Identity, error) {
	answer, err := c.get(ctx, "/account/whoami", token)
	if err != nil {
		return Identity{}, err
	}
	if err := refuseEcho(answer, token, "user_id", "device_id"); err != nil {
		return Identity{}, err
	}
	var id Identity
	if id.UserID, err = readUserID(answer); err != nil {
		return Identity{}, err
	}
	if id.DeviceID, err = readDeviceID(answer); err != nil {
		return Identity{}, err
	}
	if guest, ok, err := answer.Bool("is_guest"); err != nil {
		return Identity{}, err
	} else if ok {
		id.IsGuest = &guest
	}
	return id, nil
}
