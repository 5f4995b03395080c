package client

import (
	"net/url"
)

// SSORedirectURL is where a browser begins a single sign-on: the homeserver sends it
// to the identity provider, and in the end to callback with a loginToken added, which
// is good for [Client.LoginToken] once and for seconds. provider is the ID of one of
// the flow's IdentityProviders, or empty where the homeserver is to ask.
//
// The page is for a browser; nothing here fetches it. It is on the homeserver's own
// base URL, whatever the provider's ID holds.
//
// Client-Server API, GET /login/sso/redirect.
func (c *Client) SSORedirectURL(provider, callback string) string {
	path := c.path("/login/sso/redirect")
	if provider != "" {
		path += "/" + pathSegment(provider)
	}
	query := url.Values{"redirectUrl": {callback}, "action": {"login"}}
	return c.base.String() + path + "?" + query.Encode()
}

// pathSegment escapes text to be one segment of a path. "." and ".." would be
// resolved by whoever reads the URL.
func pathSegment(text string) string {
	switch text {
	case ".":
		return "%2E"
	case "..":
		return "%2E%2E"
	}
	return url.PathEscape(text)
}
