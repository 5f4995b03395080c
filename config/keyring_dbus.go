//go:build linux || netbsd || openbsd || (freebsd && cgo) || (dragonfly && cgo)

package config

import (
	"errors"
	"fmt"
	"net"
	"os"

	"github.com/godbus/dbus/v5"
)

// hasKeyring reports whether there is a session bus, where the library looks for one.
// Without one it would start one by dbus-launch, which stays when we have ended.
func hasKeyring() bool {
	address := os.Getenv("DBUS_SESSION_BUS_ADDRESS") //nolint:forbidigo // as the library does
	if address != "" && address != "autolaunch:" {
		return true
	}
	for _, name := range []string{"bus", "dbus-session"} {
		if _, err := os.Stat(fmt.Sprintf("/run/user/%d/%s", os.Getuid(), name)); err == nil {
			return true
		}
	}
	return false
}

// isNoService reports whether nobody listens: no bus, or no Secret Service on it.
func isNoService(err error) bool {
	var refused dbus.Error
	var network *net.OpError
	switch {
	case errors.As(err, &refused):
		return refused.Name == "org.freedesktop.DBus.Error.ServiceUnknown" || refused.Name == "org.freedesktop.DBus.Error.NameHasNoOwner"
	case errors.As(err, &network):
		return true
	}
	return false
}
