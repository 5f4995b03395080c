package oauth

import (
	"slices"
	"strings"

	"mxlogin/client/transport"
)

const (
	scopeAPI    = "urn:matrix:client:api:*"
	scopeDevice = "urn:matrix:client:device:"

	// Servers may answer with the names that the scopes had before they were stable.
	unstableAPI    = "urn:matrix:org.matrix.msc2967.client:api:*"
	unstableDevice = "urn:matrix:org.matrix.msc2967.client:device:"
)

// minDeviceID is the length from which servers take a device ID.
const minDeviceID = 10

// IsDeviceID reports whether a device ID can be granted anywhere: ten characters or more,
// unreserved ones.
//
// Client-Server API, "Scope": device IDs should be of A-Z a-z 0-9 - . _ ~.
func IsDeviceID(id string) bool {
	const unreserved = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
	return len(id) >= minDeviceID && strings.Trim(id, unreserved) == ""
}

// scopeOf is the scope of a session on one device.
func scopeOf(deviceID string) string { return scopeAPI + " " + scopeDevice + deviceID }

// checkScope holds the scope that was granted, where the answer has one, against the one
// that was asked for: the whole client-server API, on one device and no other.
func checkScope(answer transport.Object, deviceID string) error {
	text, ok, err := answer.String("scope")
	if err != nil || !ok {
		return err
	}
	granted := strings.Fields(text)
	var devices []string
	for _, scope := range granted {
		for _, prefix := range []string{scopeDevice, unstableDevice} {
			if device, ok := strings.CutPrefix(scope, prefix); ok {
				devices = append(devices, device)
			}
		}
	}
	switch {
	case !slices.Contains(granted, scopeAPI) && !slices.Contains(granted, unstableAPI):
		return answer.Invalid("scope", "does not include the client-server API")
	case len(devices) == 0:
		return answer.Invalid("scope", "has no device")
	case slices.ContainsFunc(devices, func(device string) bool { return device != deviceID }):
		return answer.Invalid("scope", "names another device than the one requested")
	}
	return nil
}
