package oauth

import (
	"net/url"
	"slices"

	"mxlogin/client/matrixid"
	"mxlogin/client/transport"
)

// The actions of an account management page that mxlogin sends people to.
const (
	ActionDevicesList  = "org.matrix.devices_list"
	ActionDeviceDelete = "org.matrix.device_delete"
)

// AccountPage is the page on which a person does something with the account at the
// homeserver at base or with one of its devices; "" where none is named that a browser
// may be sent to. It leads to the action itself where the server says that it knows it,
// else to the front page.
//
// Client-Server API, "Account management URL discovery", since v1.18.
func (m Metadata) AccountPage(t *transport.Client, base matrixid.BaseURL, action, deviceID string) string {
	text, _, _ := m.object.String("account_management_uri")
	page, fault := parseEndpoint(text, t, base)
	if fault != "" {
		return ""
	}
	add := url.Values{}
	if actions, _ := m.object.Strings("account_management_actions_supported"); slices.Contains(actions, action) {
		add.Set("action", action)
		if deviceID != "" {
			add.Set("device_id", deviceID)
		}
	}
	return page.url(add)
}
