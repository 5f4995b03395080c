package discovery

import (
	"context"
	"net/http"

	"mxlogin/client/matrixid"
	"mxlogin/client/transport"
)

// wellKnownFile is /.well-known/matrix/client as it was served.
type wellKnownFile struct {
	step    Step
	asked   matrixid.Origin // for it at first, whatever served it after redirects
	members transport.Object
}

// readBaseURL takes the homeserver's base URL out of the file and holds it
// against the rules for one that nobody typed.
func (r *resolver) readBaseURL(file *wellKnownFile, server matrixid.ServerName) (matrixid.BaseURL, error) {
	fail := func(outcome Outcome, reason string) (matrixid.BaseURL, error) {
		r.add(file.step, outcome, reason)
		return matrixid.BaseURL{}, &Error{Server: r.server, Outcome: outcome, Reason: reason}
	}
	homeserver, ok, err := file.members.Object("m.homeserver")
	if err != nil || !ok {
		return fail(FailPrompt, "the well-known file has no m.homeserver object")
	}
	text, ok, err := homeserver.String("base_url")
	if err != nil || !ok || text == "" {
		return fail(FailPrompt, "the well-known file has no base_url in m.homeserver")
	}
	base, err := matrixid.ParseBaseURL(text)
	if err != nil {
		return fail(FailError, "the base_url of the well-known file is "+err.Error())
	}
	if reason := Distrust(base, file.asked, server); reason != "" {
		return fail(FailError, "the base_url of the well-known file "+reason)
	}
	r.add(file.step, Success, "")
	return base, nil
}

// distrustRedirect says why the well-known file must not be asked for where a
// redirect leads to, or "": path and query would be the server's choice, at
// addresses that only whoever logs in can reach.
func distrustRedirect(to, asked matrixid.Origin) string {
	switch {
	case to.IsLoopback() && !asked.IsLoopback():
		return "is a loopback address, which only a server on this machine may name"
	case to.IsIP() && to.Host() != asked.Host():
		return "is an IP address other than that of the server name"
	}
	return ""
}

// Distrust says why a base URL that a server named must not be used, or "". A
// server may send its users to another host, but only by https, and not to
// addresses inside the network of whoever logs in: a CI job would carry the
// request to its neighbours. What is on this machine may name this machine; source
// is where the server was first asked, since a redirect is a server's word too.
func Distrust(base matrixid.BaseURL, source matrixid.Origin, server matrixid.ServerName) string {
	target := base.Origin()
	switch {
	case source.IsLoopback() && target.IsLoopback():
		return ""
	case target.Scheme() != "https":
		return "is not https"
	case target.IsLoopback():
		return "is a loopback address, which only a server on this machine may name"
	case target.IsIP() && target.Host() != matrixid.HTTPSBaseURL(server).Origin().Host():
		return "is an IP address other than that of the server name"
	}
	return ""
}

// identityServer checks the identity server that the file names. Whatever is
// wrong with it is a warning: it is not needed to log in.
func (r *resolver) identityServer(ctx context.Context, file *wellKnownFile) error {
	if !file.members.Has("m.identity_server") {
		return nil
	}
	base, reason := readIdentityServer(file)
	if reason != "" {
		r.found.Warning = "the identity server of the well-known file is unusable: " + reason
		return nil
	}
	step := Step{Request: "GET " + base.Join(identityPath)}
	resp, err := r.transport.ForProbes().Do(ctx, transport.Request{Method: "GET", Base: base, Path: identityPath})
	switch {
	case ctx.Err() != nil:
		return err
	case err != nil:
		r.add(step, FailPrompt, reasonOf(err))
	case resp.Status != http.StatusOK:
		step.Status = resp.Status
		r.add(step, FailPrompt, "no identity server answers there")
	default:
		step.Status = resp.Status
		r.add(step, Success, "")
		r.found.IdentityServer = base
		return nil
	}
	r.found.Warning = "the identity server " + base.String() + " does not answer"
	return nil
}

// readIdentityServer returns the base URL, or says why there is none to use.
func readIdentityServer(file *wellKnownFile) (base matrixid.BaseURL, reason string) {
	identity, _, err := file.members.Object("m.identity_server")
	if err != nil {
		return base, "it is not an object"
	}
	text, ok, err := identity.String("base_url")
	if err != nil || !ok {
		return base, "it has no base_url"
	}
	base, err = matrixid.ParseBaseURL(text)
	switch {
	case err != nil:
		return base, "its base_url is " + err.Error()
	case base.Origin().Scheme() != "https" && !file.asked.IsLoopback():
		return base, "it is not https"
	}
	return base, ""
}
