package client

import (
	"context"
	"net/http"
	"time"

	"mxlogin/client/transport"
)

// Device is a device of a user, as the homeserver has it.
type Device struct {
	ID         string
	Name       string    // public; "" where it has none
	LastSeen   time.Time // zero where the homeserver does not say
	LastSeenIP string
}

// Devices lists the devices of the token's user.
//
// Client-Server API, GET /devices.
func (c *Client) Devices(ctx context.Context, token transport.Credential) ([]Device, error) {
	answer, err := c.get(ctx, "/devices", token)
	if err != nil {
		return nil, err
	}
	elements, ok, err := answer.Array("devices")
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, answer.Invalid("devices", "is missing")
	}
	devices := make([]Device, len(elements))
	for i, raw := range elements {
		element, err := answer.Element("devices", raw)
		if err != nil {
			return nil, err
		}
		if devices[i], err = readDevice(element); err != nil {
			return nil, err
		}
	}
	return devices, nil
}

// RenameDevice gives a device another name.
//
// Client-Server API, PUT /devices/{deviceId}.
func (c *Client) RenameDevice(ctx context.Context, token transport.Credential, deviceID, name string) error {
	_, err := c.do(ctx, transport.Request{
		Method: http.MethodPut, Path: c.path("/devices/" + pathSegment(deviceID)), Bearer: token,
		JSON: transport.Fields{"display_name": name},
	})
	return err
}

// DeleteDevices ends the sessions of devices of the token's user and deletes them. The
// homeserver wants to know that it is the user who asks: prove answers it. A device
// that is gone is no error.
//
// Client-Server API, POST /delete_devices.
func (c *Client) DeleteDevices(ctx context.Context, token transport.Credential, deviceIDs []string, prove Prove) error {
	_, err := c.interact(ctx, transport.Request{
		Method: http.MethodPost, Path: c.path("/delete_devices"), Bearer: token,
		JSON: transport.Fields{"devices": deviceIDs},
	}, prove)
	return err
}

// readDevice reads an entry of the list. Only the ID is required.
func readDevice(element transport.Object) (Device, error) {
	id, ok, err := element.String("device_id")
	if err != nil {
		return Device{}, err
	}
	if !ok || id == "" {
		return Device{}, element.Invalid("device_id", "is missing")
	}
	device := Device{ID: id}
	device.Name, _, _ = element.String("display_name")
	device.LastSeenIP, _, _ = element.String("last_seen_ip")
	if ms, ok, err := element.Integer("last_seen_ts"); err == nil && ok && ms > 0 {
		device.LastSeen = time.UnixMilli(ms).UTC()
	}
	return device, nil
}
