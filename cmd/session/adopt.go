package session

import (
	"context"
	"fmt"

	"mxlogin/client"
	"mxlogin/client/secret"
)

// Adopt saves a session that another program has made. The server says who it is
// of; nothing on the server changes.
func (k *Keeper) Adopt(ctx context.Context, l Login, token secret.Value) (Result, error) {
	a := &Attempt{keeper: k, login: l}
	homeserver := a.homeserver()
	who, err := homeserver.WhoAmI(ctx, homeserver.Bind(token))
	if err != nil {
		return Result{}, err
	}
	if !l.AllowOtherUser && !l.Asked.Accepts(who.UserID) {
		return Result{}, &OtherUserError{Asked: l.Asked.String(), Got: who.UserID.String(), Fate: Fate{Untouched: true}}
	}
	entry := a.entry(client.Session{UserID: who.UserID, DeviceID: who.DeviceID, AccessToken: token}, l.Base)
	if err := a.save(ctx, &entry); err != nil {
		return Result{}, err
	}
	if old := a.replaced; old != nil && old.DeviceID != entry.DeviceID {
		k.Reporter.Warning("old_session", fmt.Sprintf("the session that was saved before, device %s, lives on at the server", old.DeviceID))
	}
	return Result{Account: entry, Saved: true, AccessToken: token}, nil
}
