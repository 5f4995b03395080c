package login

import (
	"context"
	"errors"
	"fmt"

	"mxlogin/client/discovery"
	"mxlogin/client/matrixid"
	"mxlogin/client/transport"
	"mxlogin/cmd/choose"
	"mxlogin/cmd/terminal"
	"mxlogin/config"
)

// locate finds out which saved account is meant, where its homeserver is, and how
// that is reached. The lookup is to be confirmed yet; it is nil where a base URL was
// named, which is used as it is.
func locate(ctx context.Context, r Request) (Request, *discovery.Lookup, error) {
	saved, place, err := r.decide()
	if err != nil {
		return r, nil, err
	}
	if r.Connection, err = r.Keeper.Network.For(place.Account); err != nil {
		return r, nil, err
	}
	r.Base = place.Base
	var lookup *discovery.Lookup
	if r.Base.IsZero() {
		if r, lookup, err = r.discover(ctx, place.Server, saved); err != nil {
			return r, nil, err
		}
	}
	r.Saved, err = r.savedAt(saved)
	r.Storage = r.storage()
	return r, lookup, err
}

// storage is what is to keep the tokens. Those of a saved account stay where they are
// unless the person says otherwise for this login.
func (r Request) storage() string {
	source := r.Settings.Source("storage")
	if r.Saved == nil || source == config.SourceFlag || source == config.SourceEnv {
		return r.Settings.Storage
	}
	return r.Saved.Storage
}

// discover finds the base URL behind a server name, or asks for one.
func (r Request) discover(ctx context.Context, server matrixid.ServerName, saved *config.Account) (Request, *discovery.Lookup, error) {
	lookup, err := discovery.Locate(ctx, r.Connection.Transport, server)
	if err != nil {
		r, err = r.goWhereTold(ctx, saved, err)
		return r, nil, err
	}
	r.Base, r.Server = lookup.Base(), server
	return r, lookup, nil
}

// decide is what the names and the place say, before anything is asked: the saved
// account that is meant, if any, and the homeserver. Names go first, since they may
// tell the place.
func (r Request) decide() (*config.Account, choose.Place, error) {
	saved, err := choose.ForLogin(r.File, r.Account, r.Who, choose.Place{})
	if isChoice(err) && r.namesPlace() {
		err = nil // the place may tell which
	}
	if err = r.mindChoice(err); err != nil {
		return nil, choose.Place{}, err
	}
	place, err := choose.Homeserver(r.Settings, r.File, r.Target, saved, r.Keeper.Reporter.Warning)
	if err != nil || saved != nil {
		return saved, withAccount(place, saved), err
	}
	saved, err = choose.ForLogin(r.File, r.Account, r.Who, place)
	return saved, withAccount(place, saved), r.mindChoice(err)
}

// mindChoice drops the error that several accounts are meant where none is changed.
func (r Request) mindChoice(err error) error {
	if isChoice(err) && !r.saves() {
		return nil
	}
	return err
}

// saves reports whether the session is to be kept.
func (r Request) saves() bool { return r.Keeper.Store != nil }

// namesPlace reports whether the homeserver was named beside the user.
func (r Request) namesPlace() bool {
	source := r.Settings.Source("homeserver")
	return source == config.SourceFlag || source == config.SourceEnv
}

func isChoice(err error) bool {
	var choice *choose.ChoiceError
	return errors.As(err, &choice)
}

// withAccount adds the account to a place that it is at: what it remembers of its
// homeserver counts for no other, also where the homeserver itself has named that.
func withAccount(place choose.Place, saved *config.Account) choose.Place {
	if saved == nil || !choose.IsAt(*saved, place) {
		return place
	}
	if choose.DecidesPlace(*saved) || choose.LoginBase(*saved) == place.Base.String() {
		place.Account = saved
	}
	return place
}

// savedAt holds that the account which is meant is one of the homeserver that was
// found. Only who names the account may have it replaced by one of another.
func (r Request) savedAt(saved *config.Account) (*config.Account, error) {
	if saved == nil || r.MayMove || choose.IsAt(*saved, choose.Place{Base: r.Base}) {
		return saved, nil
	}
	if !r.saves() {
		return nil, nil
	}
	return nil, choose.Elsewhere(*saved, r.Base.String())
}

// goWhereTold takes the base URL that a person gives after discovery, or the last one that
// was given, has failed with cause. It is reached by what is remembered of that place
// alone.
func (r Request) goWhereTold(ctx context.Context, saved *config.Account, cause error) (Request, error) {
	if !r.asksForBase(cause) {
		return r, cause
	}
	base, err := askForBase(ctx, r.Person, cause)
	if err != nil {
		return r, err
	}
	r.told++
	r.Base, r.Server = base, matrixid.ServerName{}
	r.Connection, err = r.Keeper.Network.For(withAccount(choose.Place{Base: base}, saved).Account)
	return r, err
}

// asksForBase reports whether a base URL is asked for after err: where discovery leaves it
// to the person, and where the one that a person gave leads to no homeserver.
//
// Client-Server API, "Server Discovery", FAIL_PROMPT.
func (r Request) asksForBase(err error) bool {
	var failed *discovery.Error
	var network *transport.NetworkError
	var tls *transport.TLSError
	var nothing *NoHomeserverError
	switch {
	case r.told == asks:
		return false
	case errors.As(err, &failed):
		return failed.Outcome == discovery.FailPrompt
	}
	return r.told > 0 && (errors.As(err, &network) || errors.As(err, &tls) || errors.As(err, &nothing))
}

// askForBase asks for a base URL where somebody is there; else the error is cause.
func askForBase(ctx context.Context, person Person, cause error) (matrixid.BaseURL, error) {
	needed := terminal.InteractionError{Needed: "a base URL"}
	answer, err := person.Line(ctx, needed, fmt.Sprintf("%s. Base URL of the homeserver: ", cause))
	if isAlone(err) {
		return matrixid.BaseURL{}, cause
	}
	if err != nil {
		return matrixid.BaseURL{}, err
	}
	return choose.ParseBaseURL(answer)
}
