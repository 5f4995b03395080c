package session

import (
	"context"
	"fmt"

	"mxlogin/client"
	"mxlogin/client/discovery"
	"mxlogin/client/matrixid"
	"mxlogin/client/transport"
)

// homeserverAfter returns the base URL to save: where the login's answer says the
// homeserver is, if that holds, else the one that the account had. A move is
// always told.
//
// Client-Server API, POST /login, "well_known".
func (a *Attempt) homeserverAfter(ctx context.Context, wellKnown client.WellKnown) matrixid.BaseURL {
	if a.KeepHomeserver {
		return a.keepHomeserver(wellKnown)
	}
	current := a.currentHomeserver()
	if !wellKnown.Present {
		return current
	}
	base, err := matrixid.ParseBaseURL(wellKnown.BaseURL)
	if err == nil && base == current {
		return current
	}
	why := ""
	switch {
	case err != nil:
		why = "what it names is " + err.Error()
	case a.distrust(base) != "":
		why = base.String() + " " + a.distrust(base)
	default:
		if _, err := discovery.Probe(ctx, a.Connection.Transport.ForProbes(), base); err != nil {
			why = "none answers at " + base.String()
		}
	}
	if why != "" {
		a.keeper.Reporter.Warning("well_known", fmt.Sprintf("the server names another homeserver, but %s; staying with %s", why, current))
		return current
	}
	a.keeper.Reporter.Notice("homeserver_moved", fmt.Sprintf("the homeserver moved: %s -> %s", current, base),
		map[string]any{"from": current.String(), "to": base.String()})
	return base
}

// keepHomeserver is what --keep-homeserver asks: the one that was logged in to.
func (a *Attempt) keepHomeserver(wellKnown client.WellKnown) matrixid.BaseURL {
	used := a.Base
	if base, err := matrixid.ParseBaseURL(wellKnown.BaseURL); wellKnown.Present && (err != nil || base != used) {
		a.keeper.Reporter.Warning("well_known", fmt.Sprintf("the server names another homeserver, and --keep-homeserver is set; staying with %s", used))
	}
	return used
}

// currentHomeserver is where the account's session was used so far. An earlier
// login may have moved it away from where one logs in.
func (a *Attempt) currentHomeserver() matrixid.BaseURL {
	if saved := a.Saved; saved != nil && saved.LoginURL == a.Base.String() {
		if base, err := matrixid.ParseBaseURL(saved.Homeserver); err == nil {
			return base
		}
	}
	return a.Base
}

// distrust says why the token must not go to where a login's answer points. The
// server that said so knows the token, so another host is no new risk; plain http
// is one, and an address of this machine that another machine names.
func (a *Attempt) distrust(base matrixid.BaseURL) string {
	used, target := a.Base.Origin(), base.Origin()
	switch {
	case target == used:
		return ""
	case target.IsLoopback() && !used.IsLoopback():
		return "is a loopback address, which only a server on this machine may name"
	case used.Scheme() == "https" && target.Scheme() != "https":
		return "is not https"
	case target.IsLoopback() && used.IsLoopback() && target.Host() == used.Host():
		return ""
	case target.Scheme() != "https" && (target.IsLoopback() || !transport.MayDial(target, a.Connection.plain)):
		return "is not https"
	}
	return ""
}
