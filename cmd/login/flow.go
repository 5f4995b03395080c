package login

import (
	"context"
	"fmt"

	"mxlogin/client"
	"mxlogin/client/discovery"
	"mxlogin/client/oauth"
	"mxlogin/cmd/choose"
	"mxlogin/cmd/terminal"
	"mxlogin/config"
)

// takeFlow sees to it that the homeserver offers the flow, before anybody is asked
// for a secret, and that the user is known where the flow names one. Where the
// lookup cannot be confirmed and somebody is there, a base URL is asked for.
func takeFlow(ctx context.Context, r Request, lookup *discovery.Lookup) (Request, error) {
	took, err := r.checkFlow(ctx, lookup)
	for r.asksForBase(err) {
		if r, err = r.goWhereTold(ctx, r.Saved, err); err != nil {
			return r, err
		}
		if r.Saved, err = r.savedAt(r.Saved); err != nil {
			return r, err
		}
		took, err = r.checkFlow(ctx, nil)
	}
	if err != nil {
		return r, err
	}
	return took.askWho(ctx)
}

// checkFlow asks the homeserver what it offers. A saved account that has logged in
// by this flow before need not ask.
func (r Request) checkFlow(ctx context.Context, lookup *discovery.Lookup) (Request, error) {
	if r.By == nil {
		return r.chooseFlow(ctx, lookup)
	}
	kind := r.By.Kind()
	r.Type, r.API = kind.Type, kind.API
	if r.Saved != nil && r.Saved.Flow == kind.Type {
		r.Prefix = client.Prefix(r.Saved.Prefix)
		return r, confirm(ctx, lookup)
	}
	if r.SkipFlows {
		return r, confirm(ctx, lookup)
	}
	if kind.API == config.APIOAuth {
		return r, r.checkOAuth(ctx, kind, lookup)
	}
	offer, err := askLegacy(ctx, r.Connection.Transport, r.Base, lookup)
	if err != nil {
		return r, err
	}
	if !kind.Unlisted && !offer.Has(kind) {
		return r, r.notOffered(ctx, kind, offer)
	}
	if !kind.Unlisted && offer.PrefersOAuth() {
		r.Keeper.Reporter.Notice("oauth_preferred", fmt.Sprintf("%s prefers OAuth 2.0; continuing with %s", r.Base, kind.Type), nil)
	}
	r.Prefix, r.Offered = offer.Prefix, offer.Flows
	return r, nil
}

// checkOAuth sees to it that the homeserver has the OAuth 2.0 API. The flow asks for the
// same again, and gets what is kept of it.
func (r Request) checkOAuth(ctx context.Context, kind Kind, lookup *discovery.Lookup) error {
	var metadata *oauth.Metadata
	err := together(
		func() error { return confirm(ctx, lookup) },
		func() (err error) {
			metadata, err = askOAuth(ctx, r.Connection, r.Base)
			return err
		},
	)
	if err != nil || metadata != nil {
		return err
	}
	offer, err := askLegacy(ctx, r.Connection.Transport, r.Base, nil)
	if err != nil {
		return err
	}
	if offer.IsEmpty() {
		return &NoHomeserverError{URL: r.Base.String()}
	}
	return &NotOfferedError{Wanted: kind.Words(), Offer: offer}
}

// chooseFlow takes the flow that suits what the homeserver offers, and says which.
func (r Request) chooseFlow(ctx context.Context, lookup *discovery.Lookup) (Request, error) {
	offer, err := Ask(ctx, r.Connection, r.Base, lookup)
	if err != nil {
		return r, err
	}
	if offer.IsEmpty() {
		return r, &NoHomeserverError{URL: r.Base.String()}
	}
	flow, why, err := r.Choose(offer)
	if err != nil {
		return r, err
	}
	kind := flow.Kind()
	r.By, r.Type, r.API, r.Prefix, r.Offered = flow, kind.Type, kind.API, offer.Prefix, offer.Flows
	r.Keeper.Reporter.Notice("flow_chosen", fmt.Sprintf("logging in by %s: %s; for other ways, see mxlogin flows", kind.Words(), why),
		map[string]any{"flow": kind.Type, "reason": why})
	return r, nil
}

// notOffered is the error that names what would work.
func (r Request) notOffered(ctx context.Context, kind Kind, offer Offer) error {
	var err error
	if offer.OAuth, err = askOAuth(ctx, r.Connection, r.Base); ctx.Err() != nil {
		return err
	}
	if offer.IsEmpty() {
		return &NoHomeserverError{URL: r.Base.String()}
	}
	return &NotOfferedError{Wanted: kind.Type, Offer: offer}
}

// askWho asks for the user where the flow names one and nobody has.
func (r Request) askWho(ctx context.Context) (Request, error) {
	if !r.By.Kind().NamesUser || !r.Who.IsZero() {
		return r, nil
	}
	needed := terminal.InteractionError{Needed: "a user", Hint: "write mxlogin login @user:server"}
	answer, err := r.Person.Line(ctx, needed, fmt.Sprintf("User at %s: ", r.Base))
	if err != nil {
		return r, err
	}
	if r.Who, err = choose.ParseUser(answer, r.Keeper.Reporter.Warning); err != nil {
		return r, err
	}
	r.Typed = !r.Who.User.IsZero()
	r.Saved, err = choose.ForLogin(r.File, r.Account, r.Who, choose.Place{Base: r.Base})
	return r, err
}
