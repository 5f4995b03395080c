package login

import (
	"context"
	"errors"

	"mxlogin/cmd/session"
	"mxlogin/config"
)

// reuse does what --if-needed asks: it reports whether the saved session is good.
// One that is over, or whose token somebody has taken out of the keyring, is not part of
// the request any more, but for the device that the server keeps.
func reuse(ctx context.Context, r Request) (Request, bool, error) {
	if !r.IfNeeded || r.Saved == nil || !r.Saved.HasSession() {
		return r, false, nil
	}
	opened, err := r.Keeper.Open(ctx, *r.Saved)
	if err == nil {
		_, err = opened.WhoAmI(ctx)
	}
	var over *session.OverError
	isOver := errors.As(err, &over)
	if isOver || errors.Is(err, config.ErrNoItem) {
		ended := session.WithoutSession(*r.Saved)
		if isOver {
			ended.DeviceID = over.DeviceID
		}
		r.Saved = &ended
		return r, false, nil
	}
	if err != nil {
		return r, false, err
	}
	r.Saved = &opened.Account
	return r, true, nil
}
