package login

import (
	"context"
	"errors"
	"sync"

	"mxlogin/client"
	"mxlogin/client/discovery"
	"mxlogin/client/matrixid"
	"mxlogin/client/oauth"
	"mxlogin/client/transport"
	"mxlogin/cmd/session"
	"mxlogin/config"
)

// Offer is what a homeserver has of login APIs.
type Offer struct {
	client.Flows
	HasLegacy bool            // it has the login API that Flows are of
	OAuth     *oauth.Metadata // nil: it has no OAuth 2.0 API, or was not asked
	OAuthErr  error           // why nobody can log in by what OAuth says; else nil
	Base      matrixid.BaseURL
}

// Has reports whether the homeserver lists a kind of login.
func (o Offer) Has(k Kind) bool {
	if k.API == config.APIOAuth {
		return o.OAuth != nil
	}
	_, ok := o.Find(k.Type)
	return ok
}

// IsOAuthOnly reports whether the homeserver has no other way to log in.
func (o Offer) IsOAuthOnly() bool { return o.OAuth != nil && len(o.List) == 0 }

// takesOAuth reports whether one can log in by the OAuth 2.0 API.
func (o Offer) takesOAuth() bool { return o.OAuth != nil && o.OAuthErr == nil }

// IsEmpty reports whether the homeserver has no login API at all.
func (o Offer) IsEmpty() bool { return !o.HasLegacy && o.OAuth == nil }

// Ask asks a homeserver for all its ways to log in, side by side. lookup, where it
// is not nil, is confirmed meanwhile; an error of that goes before the others.
func Ask(ctx context.Context, c session.Connection, base matrixid.BaseURL, lookup *discovery.Lookup) (Offer, error) {
	var metadata *oauth.Metadata
	offer, err := askLegacy(ctx, c.Transport, base, lookup, func() (err error) {
		metadata, err = askOAuth(ctx, c, base)
		return err
	})
	if offer.OAuth = metadata; metadata != nil {
		_, offer.OAuthErr = oauth.New(c.Transport, base, *metadata, c.Clock)
	}
	return offer, err
}

// askLegacy is Ask for the flows of the legacy API alone, and does what else there
// is to do meanwhile.
func askLegacy(ctx context.Context, t *transport.Client, base matrixid.BaseURL, lookup *discovery.Lookup, meanwhile ...func() error) (Offer, error) {
	offer := Offer{Base: base}
	err := together(append([]func() error{
		func() error { return confirm(ctx, lookup) },
		func() (err error) {
			offer.Flows, offer.HasLegacy, err = askFlows(ctx, t, base)
			return err
		},
	}, meanwhile...)...)
	return offer, err
}

func confirm(ctx context.Context, lookup *discovery.Lookup) error {
	if lookup == nil {
		return nil
	}
	_, err := lookup.Confirm(ctx)
	return err
}

func askFlows(ctx context.Context, t *transport.Client, base matrixid.BaseURL) (client.Flows, bool, error) {
	flows, err := client.New(t, base).LoginFlows(ctx)
	var protocol *transport.ProtocolError
	switch {
	case errors.Is(err, client.ErrNoLoginAPI):
		return client.Flows{}, false, nil
	case errors.As(err, &protocol) && protocol.Unreadable:
		err = &NoHomeserverError{URL: base.String(), Err: err}
	}
	return flows, err == nil, err
}

func askOAuth(ctx context.Context, c session.Connection, base matrixid.BaseURL) (*oauth.Metadata, error) {
	metadata, ok, err := c.Metadata.Fetch(ctx, c.Transport, base)
	if err != nil || !ok {
		return nil, err
	}
	return &metadata, nil
}

// together does things that do not depend on each other at the same time, and
// returns the error of the first in the list that failed. A panic becomes one of the
// caller: in a goroutine of its own it would end the process, and show what it holds.
func together(things ...func() error) error {
	errs, faults := make([]error, len(things)), make([]any, len(things))
	var wg sync.WaitGroup
	for i, do := range things {
		wg.Go(func() {
			defer func() { faults[i] = recover() }()
			errs[i] = do()
		})
	}
	wg.Wait()
	for i := range things {
		switch {
		case faults[i] != nil:
			panic(faults[i])
		case errs[i] != nil:
			return errs[i]
		}
	}
	return nil
}
