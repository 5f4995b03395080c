package session

import (
	"context"
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
	base := a.homeserverAfter(ctx, s.WellKnown)
	entry := a.entry(s, base)
	result := Result{Account: entry, AccessToken: s.AccessToken, RefreshToken: s.RefreshToken}
	if a.keeper.Store == nil {
		return result, nil
	}
	if err := a.save(ctx, entry); err != nil {
		return Result{}, &UnsavedError{Fate: a.undo(ctx, s), Err: err}
	}
	result.Saved = true
	a.endReplaced(ctx, s)
	return result, nil
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

// entry is the account as it is saved.
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
	entry.Name = a.accountName(s.UserID.String())
	return entry
}

// accountName is the name to save under: that of the account which this login
// renews, the one that was asked for, or the user ID.
func (a *Attempt) accountName(userID string) string {
	saved := a.login.Saved
	switch {
	case a.login.Account != "":
		return a.login.Account
	case saved != nil && saved.UserID == userID:
		return saved.Name
	}
	return userID
}

// save writes the entry, in place of the pending one, and makes the first account
// the default. It goes on when the run is interrupted: the server has made the
// session, and a lost token is a stray device.
func (a *Attempt) save(ctx context.Context, entry config.Account) error {
	ctx, cancel := lasting(ctx)
	defer cancel()
	return a.keeper.Store.Update(ctx, func(file *config.File) error {
		if err := checkOwner(file, entry); err != nil {
			return err
		}
		if a.pendingKey != entry.Name {
			a.putBack(file)
		}
		if replaced, ok := file.Account(entry.Name); ok && replaced.HasSession() {
			a.replaced = &replaced
		}
		file.Put(entry)
		if file.DefaultAccount() == "" && len(sessions(file)) == 1 {
			file.SetDefaultAccount(entry.Name)
		}
		return nil
	})
}

// checkOwner holds that an entry is never turned into that of another user.
func checkOwner(file *config.File, entry config.Account) error {
	there, ok := file.Account(entry.Name)
	if !ok || there.UserID == "" || there.UserID == entry.UserID {
		return nil
	}
	return &ChoiceError{Reason: fmt.Sprintf("account %s is that of %s, not of %s", entry.Name, there.UserID, entry.UserID)}
}

// undo ends a session that cannot be kept, where it is of a device that this
// login made; another device may be in use elsewhere.
func (a *Attempt) undo(ctx context.Context, s client.Session) Fate {
	fate := Fate{DeviceID: s.DeviceID}
	if fate.DeviceID == "" {
		fate.DeviceID = a.deviceID
	}
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
	if old == nil || old.DeviceID == s.DeviceID || old.API != a.login.API {
		return
	}
	base, err := matrixid.ParseBaseURL(old.Homeserver)
	if err == nil {
		token := transport.Bind(old.AccessToken, base.Origin())
		err = a.keeper.client(base, old.Prefix).Logout(ctx, token)
	}
	if err != nil && !isUnknownToken(err) {
		a.keeper.Reporter.Warning("old_session", fmt.Sprintf("the old session, device %s, could not be logged out: %v", old.DeviceID, err))
	}
}

func (a *Attempt) homeserver() *client.Client {
	return a.keeper.client(a.login.Base, a.login.Prefix)
}

// credential binds the new token to the origin that issued it.
func (a *Attempt) credential(s client.Session) transport.Credential {
	return transport.Bind(s.AccessToken, a.login.Base.Origin())
}
