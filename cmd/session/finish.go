package session

import (
	"context"
	"errors"
	"fmt"
	"time"

	"mxlogin/client"
	"mxlogin/client/matrixid"
	"mxlogin/client/transport"
	"mxlogin/config"
)

// Finish is the path on which every login ends: the answer is checked, the
// session saved, and only then given out. Until it is saved nothing but whoami
// uses the token.
func (a *Attempt) Finish(ctx context.Context, s client.Session) (Result, error) {
	if !a.login.AllowOtherUser && !a.login.Asked.Accepts(s.UserID) {
		fate := a.undo(ctx, s)
		a.forget(ctx)
		return Result{}, &OtherUserError{Asked: a.login.Asked.String(), Got: s.UserID.String(), Fate: fate}
	}
	s.DeviceID = a.deviceOf(ctx, s)
	entry := a.entry(s, a.homeserverAfter(ctx, s.WellKnown))
	if a.keeper.Store != nil {
		if err := a.save(ctx, &entry); err != nil {
			return Result{}, a.unsaved(ctx, s, err)
		}
		a.endReplaced(ctx, s)
	}
	return Result{
		Account: entry, Saved: a.keeper.Store != nil,
		AccessToken: s.AccessToken, RefreshToken: s.RefreshToken,
	}, nil
}

// deviceOf returns the device ID to save. A server may leave it out; whoami tells
// then.
func (a *Attempt) deviceOf(ctx context.Context, s client.Session) string {
	deviceID := s.DeviceID
	if deviceID == "" {
		who, err := a.homeserver().WhoAmI(ctx, a.credential(s))
		if err != nil || who.DeviceID == "" {
			a.keeper.Reporter.Warning("no_device", "the server named no device; the session is saved without one")
			return ""
		}
		deviceID = who.DeviceID
	}
	if deviceID != a.deviceID {
		a.keeper.Reporter.Warning("other_device", fmt.Sprintf("asked for device %s, the server made %s", a.deviceID, deviceID))
	}
	return deviceID
}

// entry is the account as it is saved, but for its name.
func (a *Attempt) entry(s client.Session, base matrixid.BaseURL) config.Account {
	entry := config.Account{
		UserID: s.UserID.String(), Homeserver: base.String(), DeviceID: s.DeviceID,
		AccessToken: s.AccessToken, RefreshToken: s.RefreshToken,
		Flow: a.login.Flow, API: a.login.API, Prefix: a.login.Prefix,
		CAFile: a.login.CAFile, AllowHTTP: a.login.AllowHTTP,
	}
	if base != a.login.Base {
		entry.LoginURL = a.login.Base.String()
	}
	if s.Expires {
		entry.ExpiresAt = a.keeper.Now().Add(s.Lifetime).UTC().Truncate(time.Second)
	}
	return entry
}

// save writes the entry, in place of the pending one, and makes the first account
// the default. It goes on when the run is interrupted: the server has made the
// session, and a lost token is a stray device.
func (a *Attempt) save(ctx context.Context, entry *config.Account) error {
	ctx, cancel := lasting(ctx)
	defer cancel()
	return a.keeper.Store.Update(ctx, func(file *config.File) error {
		entry.Name = a.accountName(file, entry.UserID)
		there, _ := file.Account(entry.Name)
		if owner := a.ownerOf(there); owner != "" && owner != entry.UserID {
			return otherOwner(there, entry.UserID)
		}
		if there.HasSession() {
			a.replaced = &there
		}
		if a.pendingKey != entry.Name {
			a.dropPending(file)
		}
		file.Put(*entry)
		if file.DefaultAccount() == "" && len(sessions(file)) == 1 {
			file.SetDefaultAccount(entry.Name)
		}
		return nil
	})
}

// accountName is the name to save under: the one that was asked for, that of the
// account of this user, or the user ID.
func (a *Attempt) accountName(file *config.File, userID string) string {
	if a.login.Account != "" {
		return a.login.Account
	}
	if saved := a.login.Saved; saved != nil && saved.UserID == userID {
		return saved.Name
	}
	if same := file.AccountsOf(userID); len(same) == 1 {
		return same[0].Name
	}
	return userID
}

// ownerOf returns whose the account is that stands in the place of the new one:
// it is never turned into that of another user. A pending entry names who was
// asked for, which makes it nobody's yet.
func (a *Attempt) ownerOf(there config.Account) string {
	if !there.Pending {
		return there.UserID
	}
	if there.Name == a.pendingKey && a.previous != nil && !a.previous.Pending {
		return a.previous.UserID
	}
	return ""
}

// dropPending takes out a pending entry of another name than the session's. An
// earlier login that was cut is over with this one.
func (a *Attempt) dropPending(file *config.File) {
	if a.previous != nil && a.previous.Pending {
		a.previous = nil
	}
	a.putBack(file)
}

// unsaved ends a login that could not be saved. The pending entry stays where it
// leads the next login to a device that is still there.
func (a *Attempt) unsaved(ctx context.Context, s client.Session, err error) error {
	fate := a.undo(ctx, s)
	if fate.LoggedOut {
		a.forget(ctx)
	}
	return &UnsavedError{Fate: fate, Err: err}
}

// undo ends a session that cannot be kept, where it is of a device that this
// login made; another device may be in use elsewhere.
func (a *Attempt) undo(ctx context.Context, s client.Session) Fate {
	fate := Fate{DeviceID: a.deviceMade(s)}
	if a.makesOwn {
		ctx, cancel := lasting(ctx)
		defer cancel()
		fate.LoggedOut = a.homeserver().Logout(ctx, a.credential(s)) == nil
	}
	return fate
}

// endReplaced logs out the session whose entry was overwritten, where it was of
// another device: nobody knows its token from now on.
func (a *Attempt) endReplaced(ctx context.Context, s client.Session) {
	old := a.replaced
	if old == nil || old.DeviceID == a.deviceMade(s) || old.AccessToken.Equal(s.AccessToken) {
		return
	}
	ctx, cancel := lasting(ctx)
	defer cancel()
	if err := a.logOutReplaced(ctx, *old); err != nil && !isUnknownToken(err) {
		a.keeper.Reporter.Warning("old_session", fmt.Sprintf("the old session, device %s, could not be logged out: %v", old.DeviceID, err))
	}
}

func (a *Attempt) logOutReplaced(ctx context.Context, old config.Account) error {
	if old.API != a.login.API {
		return errors.New("it was made by another API")
	}
	base, err := matrixid.ParseBaseURL(old.Homeserver)
	if err != nil {
		return err
	}
	homeserver := a.keeper.client(base, old.Prefix)
	return homeserver.Logout(ctx, homeserver.Bind(old.AccessToken))
}

// deviceMade is the device of the new session: where the server names none it is
// taken to be the one that was asked for.
func (a *Attempt) deviceMade(s client.Session) string {
	if s.DeviceID == "" {
		return a.deviceID
	}
	return s.DeviceID
}

func (a *Attempt) homeserver() *client.Client {
	return a.keeper.client(a.login.Base, a.login.Prefix)
}

// credential binds the new token to the origin that issued it.
func (a *Attempt) credential(s client.Session) transport.Credential {
	return a.homeserver().Bind(s.AccessToken)
}
