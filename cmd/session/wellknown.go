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
// homeserver is, if that holds, else the one that was logged in to. A move is
// always told.
//
// Client-Server API, POST /login, "well_known".
func (a *Attempt) homeserverAfter(ctx context.Context, wellKnown client.WellKnown) matrixid.BaseURL {
	used := a.login.Base
	if !wellKnown.Present {
		return used
	}
	base, err := matrixid.ParseBaseURL(wellKnown.BaseURL)
	if err == nil && base == used {
		return used
	}
	stay := func(why string) matrixid.BaseURL {
		a.keeper.Reporter.Warning("well_known", fmt.Sprintf("the server names another homeserver, %s; staying with %s", why, used))
		return used
	}
	switch {
	case a.login.KeepHomeserver:
		return stay("and --keep-homeserver is set")
	case err != nil:
		return stay("but what it names is " + err.Error())
	}
	if reason := a.distrust(base); reason != "" {
		return stay("but " + base.String() + " " + reason)
	}
	if _, err := discovery.Probe(ctx, a.keeper.Transport, base); err != nil {
		return stay("but none answers at " + base.String())
	}
	a.keeper.Reporter.Notice("homeserver_moved", fmt.Sprintf("the homeserver moved: %s -> %s", used, base),
		map[string]any{"from": used.String(), "to": base.String()})
	return base
}

// distrust says why the token must not go to where a login's answer points. The
// server that said so knows the token, so another host is no new risk; plain http
// is one, and an address of this machine that another machine names.
func (a *Attempt) distrust(base matrixid.BaseURL) string {
	used, target := a.login.Base.Origin(), base.Origin()
	switch {
	case target == used:
		return ""
	case target.IsLoopback() && !used.IsLoopback():
		return "is on this machine, which another machine cannot know of"
	case used.Scheme() == "https" && target.Scheme() != "https":
		return "is not https"
	case target.IsLoopback() && used.IsLoopback() && target.Host() == used.Host():
		return ""
	case target.Scheme() != "https" && (target.IsLoopback() || !transport.MayDial(target, a.keeper.AllowHTTP)):
		return "is not https"
	}
	return ""
}
