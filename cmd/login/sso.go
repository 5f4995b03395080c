package login

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"mxlogin/client"
	"mxlogin/client/secret"
	"mxlogin/cmd/callback"
	"mxlogin/cmd/choose"
	"mxlogin/cmd/session"
	"mxlogin/cmd/terminal"
)

// SSO logs in with m.login.sso: the person logs in to the homeserver's identity provider
// with a browser, which comes back with a login token.
type SSO struct{ Provider string } // the ID of an identity provider; "": the person chooses

// Kind is the row of m.login.sso.
func (SSO) Kind() Kind { return kindOf(client.FlowSSO) }

// Login sends the person to the browser, waits for the login token, and sends it at once:
// it is good for seconds.
func (f SSO) Login(ctx context.Context, a *session.Attempt, p Person) (session.Answer, error) {
	provider, err := f.provider(ctx, a, p)
	if err != nil {
		return session.Answer{}, err
	}
	receiver, err := callback.Listen(ctx, callback.LoginToken)
	if err != nil {
		return session.Answer{}, err
	}
	defer func() { _ = receiver.Close() }()
	homeserver := a.Client()
	answer, err := fromBrowser(ctx, p, receiver, page{
		needed:  needsBrowserForSSO(),
		message: fmt.Sprintf("log in to %s with a browser:", a.Base.Origin()),
		url:     homeserver.SSORedirectURL(provider, receiver.URL()),
		alone:   "loginToken",
	})
	if err != nil {
		return session.Answer{}, err
	}
	token := homeserver.Bind(secret.New(answer.Get("loginToken")))
	if ctx, err = a.Begin(ctx); err != nil {
		return session.Answer{}, err
	}
	made, err := homeserver.LoginToken(ctx, token, a.Options())
	return session.Answer{Session: made}, err
}

// provider is the ID of the identity provider to go to, or "" where the homeserver has
// one or asks itself.
func (f SSO) provider(ctx context.Context, a *session.Attempt, p Person) (string, error) {
	offered, known := a.Offered.Find(client.FlowSSO)
	providers := offered.IdentityProviders
	isOffered := slices.ContainsFunc(providers, func(p client.IdentityProvider) bool { return p.ID == f.Provider })
	switch {
	case f.Provider != "" && known && !isOffered:
		return "", noSuchProvider(a, providers)
	case f.Provider != "" || len(providers) < 2:
		return f.Provider, nil
	}
	names := make([]string, len(providers))
	for i, provider := range providers {
		names[i] = fmt.Sprintf("%s (%s)", provider.Name, provider.ID)
	}
	chosen, err := p.Choose(ctx, needsBrowserForSSO(), fmt.Sprintf("%s lets you log in by:", a.Base.Origin()), names)
	if isAlone(err) {
		return "", nil // the homeserver's own page asks
	}
	if err != nil {
		return "", err
	}
	return providers[chosen].ID, nil
}

func noSuchProvider(a *session.Attempt, providers []client.IdentityProvider) error {
	ids := make([]string, len(providers))
	for i, provider := range providers {
		ids[i] = provider.ID
	}
	err := &choose.UsageError{Message: fmt.Sprintf("%s has no identity provider with this ID", a.Base)}
	if err.Hint = "it has " + strings.Join(ids, ", "); len(ids) == 0 {
		err.Hint = "it names none; leave out --idp"
	}
	return err
}

func needsBrowserForSSO() terminal.InteractionError {
	return needsBrowser("; or use mxlogin token")
}
