package oauth

import (
	"net/url"
	"slices"

	"mxlogin/client/matrixid"
)

// The actions of an account management page that mxlogin sends people to.
const (
	ActionDevicesList  = "org.matrix.devices_list"
	ActionDeviceDelete = "org.matrix.device_delete"
)

// AccountPage is the page on which a person does something with the account or with one
// of its devices; "" where the issuer names none that a browser may be sent to. It leads
// to the action itself where the issuer says that it knows it, else to the front page.
//
// Client-Server API, "Account management URL discovery", since v1.18.
func (m Metadata) AccountPage(action, deviceID string) string {
	text, _, _ := m.object.String("account_management_uri")
	actions, _ := m.object.Strings("account_management_actions_supported")
	page, err := url.Parse(text)
	if err != nil || page.User != nil || page.Fragment != "" {
		return ""
	}
	origin := matrixid.Origin{}
	if base, err := matrixid.ParseBaseURL(page.Scheme + "://" + page.Host); err == nil {
		origin = base.Origin()
	}
	if origin.Scheme() != "https" && !origin.IsLoopback() {
		return ""
	}
	if slices.Contains(actions, action) {
		query := page.Query()
		query.Set("action", action)
		if deviceID != "" {
			query.Set("device_id", deviceID)
		}
		page.RawQuery = query.Encode()
	}
	return page.String()
}
