package transport

import (
	"context"
	"net/url"
	"strings"

	"mxlogin/client/matrixid"
)

// follow sends r and, where r allows, goes after redirects.
func (c *Client) follow(ctx context.Context, r Request) (*Response, error) {
	where := r.target()
	for hops := 0; ; hops++ {
		resp, err := c.once(ctx, r, where)
		if err != nil || !isRedirect(resp.Status) {
			return resp, err
		}
		next, err := redirectTarget(resp, where)
		if err != nil {
			return nil, err
		}
		mayFollow := r.Redirects > 0 && !r.carriesSecret() && next.origin.Scheme() == "https"
		if !mayFollow || hops == r.Redirects {
			refused := &RedirectError{Request: resp.Request, Status: resp.Status, To: next.origin, TooMany: mayFollow}
			if prefix, ok := strings.CutSuffix(next.path, r.Path); ok {
				refused.Base = next.origin.String() + prefix
			}
			return nil, refused
		}
		if r.OnRedirect != nil {
			redirect := Redirect{Request: resp.Request, Status: resp.Status, Next: next.name(r.Method), To: next.origin}
			if refusal := r.OnRedirect(redirect); refusal != "" {
				return nil, &RedirectError{Request: resp.Request, Status: resp.Status, To: next.origin, Refusal: refusal}
			}
		}
		where = next
	}
}

// target is where one request goes.
type target struct {
	url    string
	origin matrixid.Origin
	path   string // without the query, for people
}

// name says what a request is, for errors and traces: method, origin and path. A
// query is never part of it.
func (t target) name(method string) string {
	return method + " " + t.origin.String() + t.path
}

func (r Request) target() target {
	address := r.Base.Join(r.Path)
	origin := r.Base.Origin()
	where := target{url: address, origin: origin, path: strings.TrimPrefix(address, origin.String())}
	if r.Query != "" {
		where.url += "?" + r.Query
	}
	return where
}

// redirectTarget reads the Location of a redirect. What follows the origin is
// the server's choice; the origin must be one that a base URL may have.
func redirectTarget(resp *Response, from target) (target, error) {
	base, err := url.Parse(from.url)
	if err != nil {
		return target{}, resp.protocolError("the redirect cannot be followed")
	}
	location := resp.Header.Get("Location")
	u, err := base.Parse(location)
	switch {
	case err != nil || location == "":
		return target{}, resp.protocolError("the redirect names no valid location")
	case u.User != nil:
		return target{}, resp.protocolError("the redirect names a user or a password")
	}
	root, err := matrixid.ParseBaseURL(u.Scheme + "://" + u.Host)
	if err != nil {
		return target{}, resp.protocolError("the redirect names no valid location")
	}
	address := root.Join(u.EscapedPath())
	if u.RawQuery != "" {
		address += "?" + u.RawQuery
	}
	return target{url: address, origin: root.Origin(), path: u.EscapedPath()}, nil
}

func isRedirect(status int) bool {
	switch status {
	case 301, 302, 303, 307, 308:
		return true
	}
	return false
}
