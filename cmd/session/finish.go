package session

import (
	"context"
	"errors"
	"fmt"

	"mxlogin/client/matrixid"
	"mxlogin/client/transport"
	"mxlogin/cmd/choose"
	"mxlogin/config"
)

// Finish is the path on which every login ends: the answer is checked, the
// session saved, and only then given out. Until it is saved nothing but whoami
// uses the token.
func (a *Attempt) Finish(ctx context.Context, answer Answer) (Result, error) {
	defer a.release()
	a.keeper.Hide(answer.AccessToken)
	a.keeper.Hide(answer.RefreshToken)
	if !a.AllowOtherUser && !a.accepts(answer.UserID) {
		fate := a.undo(ctx, answer)
		a.forget(ctx)
		return Result{}, &OtherUserError{Asked: a.Who.String(), Got: answer.UserID.String(), Fate: fate}
	}
	answer.DeviceID = a.deviceOf(ctx, answer)
	entry := a.entry(answer, a.homeserverAfter(ctx, answer.WellKnown))
	if a.keeper.Store == nil {
		a.nameDevice(ctx, answer)
		return Result{Account: entry}, nil
	}
	if err := a.save(ctx, answer, &entry); err != nil {
		return Result{}, a.unsaved(ctx, answer, err)
	}
	a.endReplaced(ctx, answer)
	a.nameDevice(ctx, answer)
	return Result{Account: entry, Saved: true}, nil
}

// nameDevice gives the device of an OAuth session its name, which a grant cannot hold.
func (a *Attempt) nameDevice(ctx context.Context, answer Answer) {
	if a.API != config.APIOAuth || a.DeviceName == "" {
		return
	}
	if err := a.Client().RenameDevice(ctx, a.credential(answer), answer.DeviceID, a.DeviceName); err != nil {
		a.keeper.Reporter.Warning("device_name", fmt.Sprintf("the device could not be named %s: %v", a.DeviceName, err))
	}
}

// accepts reports whether the answer may be of user: the one that was asked for, or
// the one whom that name has meant before.
func (a *Attempt) accepts(user matrixid.UserID) bool {
	known := a.Saved != nil && a.Saved.LoginAs != "" && a.Saved.LoginAs == a.Who.String() && a.Saved.UserID == user.String()
	return known || a.Who.Accepts(user)
}

// deviceOf returns the device ID to save. A server may leave it out; whoami tells
// then.
func (a *Attempt) deviceOf(ctx context.Context, answer Answer) string {
	if answer.Foreign {
		return answer.DeviceID
	}
	deviceID := answer.DeviceID
	if deviceID == "" {
		who, err := a.Client().WhoAmI(ctx, a.credential(answer))
		if err != nil || who.DeviceID == "" {
			a.keeper.Reporter.Warning("no_device", "the server named no device; the session is saved without one")
			return ""
		}
		deviceID = who.DeviceID
	}
	if deviceID != a.deviceID {
		a.keeper.Reporter.Warning("other_device", fmt.Sprintf("asked for device %s, but the server made %s", a.deviceID, deviceID))
	}
	return deviceID
}

// entry is the account as it is saved, but for its name.
func (a *Attempt) entry(answer Answer, base matrixid.BaseURL) config.Account {
	entry := config.Account{
		UserID: answer.UserID.String(), Homeserver: base.String(), DeviceID: answer.DeviceID,
		AccessToken: answer.AccessToken, RefreshToken: answer.RefreshToken,
		Flow: a.Type, API: a.API, OAuth: answer.OAuth, Prefix: savedPrefix(a.Prefix),
		CAFile: a.Connection.CAFile, AllowHTTP: a.Connection.AllowHTTP,
		LoginAs: a.loginAs(answer.UserID), Unverified: !a.vouchedFor(answer.UserID),
	}
	if base != a.Base {
		entry.LoginURL = a.Base.String()
	}
	entry.SetStorage(a.Storage)
	entry.ExpiresAt, entry.Lifetime = a.keeper.endOf(answer.Tokens)
	return entry
}

// loginAs is how the person was named, where the user ID does not say it.
func (a *Attempt) loginAs(user matrixid.UserID) string {
	if a.Who.Address == "" && a.Who.Accepts(user) {
		return ""
	}
	return a.Who.String()
}

// vouchedFor reports whether the user ID is of this homeserver by more than the
// server's own word: the person typed it, or discovery of its server name led here.
func (a *Attempt) vouchedFor(user matrixid.UserID) bool {
	return a.Typed && a.Who.User.Names(user) || a.Server == user.Server()
}

// save writes the entry, in place of the pending one, and makes the first account
// the default. It goes on when the run is interrupted: the server has made the
// session, and a lost token is a stray device.
func (a *Attempt) save(ctx context.Context, answer Answer, entry *config.Account) error {
	ctx, cancel := Lasting(ctx)
	defer cancel()
	return a.keeper.Store.Update(ctx, func(file *config.File) error {
		name, err := a.accountName(file, entry.UserID)
		if err != nil {
			return err
		}
		there, ok := file.Account(name)
		if err := a.mayOverwrite(there, entry.UserID); ok && err != nil {
			return err
		}
		if a.isSuperseded(ctx, there, answer) {
			*entry = there
			return nil
		}
		if a.pendingKey != name {
			a.dropPending(file)
		}
		entry.Name = name
		a.inherit(entry, there)
		if there.HasSession() {
			if !a.isOfDevice(there, answer) {
				there = a.atHand(ctx, there)
			}
			a.replaced = &there
		}
		a.made = *entry
		file.Put(a.made)
		if file.DefaultAccount() == "" && countSessions(file) == 1 {
			file.SetDefaultAccount(name)
			a.defaulted = true
		}
		return nil
	})
}

// atHand is a session that is about to be overwritten, with the tokens that end it: the
// keyring gives them up with its entry.
func (a *Attempt) atHand(ctx context.Context, there config.Account) config.Account {
	with, err := a.keeper.unlocked(ctx, there)
	if err != nil {
		a.keeper.Reporter.Warning("old_session", fmt.Sprintf("the session saved before, device %s, cannot be ended: %v", there.DeviceID, err))
		return there
	}
	return with
}

// accountName is the name to save under: the one that was asked for, that of the
// account of this user at this homeserver, or the user ID. A server speaks only for
// the accounts that were made at it: where the user ID is saved for another
// homeserver alone, that is a [choose.ElsewhereError].
func (a *Attempt) accountName(file *config.File, userID string) (string, error) {
	if a.Account != "" {
		return a.Account, nil
	}
	if a.Saved != nil && a.Saved.UserID == userID {
		return a.Saved.Name, nil
	}
	var here, elsewhere []config.Account
	for _, same := range file.AccountsOf(userID) {
		switch {
		case same.Pending:
		case a.isHere(same):
			here = append(here, same)
		default:
			elsewhere = append(elsewhere, same)
		}
	}
	switch {
	case len(here) == 1:
		return here[0].Name, nil
	case len(here) == 0 && len(elsewhere) > 0:
		return "", choose.Elsewhere(elsewhere[0], a.Base.String())
	}
	return userID, nil
}

// mayOverwrite is mayReplace for the entry that stands in the place of the new one.
// A pending entry names who was asked for, which makes it nobody's yet; but one
// that this attempt has made of another may be somebody's.
func (a *Attempt) mayOverwrite(there config.Account, userID string) error {
	there = a.before(there)
	switch {
	case there.Pending:
		return nil
	case there.UserID != "" && there.UserID != userID:
		return choose.OtherOwner(there, userID)
	case a.MayMove || a.isHere(there):
		return nil
	}
	return choose.Elsewhere(there, a.Base.String())
}

// before is an entry as it was before this attempt made it pending.
func (a *Attempt) before(there config.Account) config.Account {
	if there.Pending && there.Name == a.pendingKey && a.previous != nil {
		return *a.previous
	}
	return there
}

// isSuperseded reports whether another login of the same device has come in between
// and ended the session of this one: only one of the two tokens lives, and whoami
// tells which.
func (a *Attempt) isSuperseded(ctx context.Context, there config.Account, answer Answer) bool {
	before := a.Saved
	if before == nil {
		before = a.previous
	}
	changed := before == nil || !there.SameSession(*before)
	if answer.Foreign || !there.HasSession() || there.DeviceID != a.deviceMade(answer) || !changed || there.AccessToken.Equal(answer.AccessToken) {
		return false
	}
	_, err := a.Client().WhoAmI(ctx, a.credential(answer))
	return isUnknownToken(err)
}

// inherit keeps what is known of the account already: how the person was named, and
// that somebody has vouched for its user ID at this homeserver.
func (a *Attempt) inherit(entry *config.Account, there config.Account) {
	there = a.before(there)
	if there.Pending || there.UserID != entry.UserID || !a.isHere(there) {
		return
	}
	if entry.LoginAs == "" {
		entry.LoginAs = there.LoginAs
	}
	entry.Unverified = entry.Unverified && there.Unverified
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
func (a *Attempt) unsaved(ctx context.Context, answer Answer, err error) error {
	fate := a.undo(ctx, answer)
	var elsewhere *choose.ElsewhereError
	isForeign := errors.As(err, &elsewhere)
	if fate.LoggedOut || isForeign {
		a.forget(ctx)
	}
	if isForeign {
		return &ForeignUserError{Got: answer.UserID.String(), Elsewhere: elsewhere, Fate: fate}
	}
	if answer.Foreign {
		return err
	}
	return &UnsavedError{Fate: fate, Err: err}
}

// undo ends a session that cannot be kept, where it is of a device that this
// login made; another device may be in use elsewhere. The session of a grant is always
// its own, and may be of an account that is nobody's here.
func (a *Attempt) undo(ctx context.Context, answer Answer) Fate {
	fate := Fate{DeviceID: a.deviceMade(answer), Untouched: answer.Foreign}
	if a.makesOwn || a.API == config.APIOAuth {
		ctx, cancel := Lasting(ctx)
		defer cancel()
		made := a.entry(answer, a.Base)
		fate.LoggedOut = apiOf(a.Connection, made).end(ctx, made) == nil
	}
	return fate
}

// endReplaced logs out the session whose entry was overwritten, where it was of
// another device: nobody knows its token from now on. One that another program has
// made, or that such a one takes the place of, lives on.
func (a *Attempt) endReplaced(ctx context.Context, answer Answer) {
	old := a.replaced
	if old == nil || old.AccessToken.IsZero() || old.AccessToken.Equal(answer.AccessToken) || a.isOfDevice(*old, answer) {
		return
	}
	if answer.Foreign || old.Flow == FlowImport {
		a.keeper.Reporter.Warning("old_session", fmt.Sprintf("the session saved before, device %s, stays on the server", old.DeviceID))
		return
	}
	ctx, cancel := Lasting(ctx)
	defer cancel()
	_, err := a.keeper.Unsaved().end(ctx, *old, api.end)
	if _, err = whatEnded(err); err != nil {
		a.keeper.Reporter.Warning("old_session", fmt.Sprintf("the old session, device %s, could not be logged out: %v", old.DeviceID, err))
	}
}

// isOfDevice reports whether a saved session is of the device of the new one, which has
// ended it by that.
func (a *Attempt) isOfDevice(saved config.Account, answer Answer) bool {
	return a.isHere(saved) && saved.DeviceID == a.deviceMade(answer)
}

// deviceMade is the device of the new session: where the server names none it is
// taken to be the one that was asked for.
func (a *Attempt) deviceMade(answer Answer) string {
	if answer.DeviceID == "" {
		return a.deviceID
	}
	return answer.DeviceID
}

// credential binds the new token to the origin that issued it.
func (a *Attempt) credential(answer Answer) transport.Credential {
	return a.Client().Bind(answer.AccessToken)
}

func countSessions(file *config.File) (n int) {
	for _, account := range file.Accounts() {
		if account.HasSession() {
			n++
		}
	}
	return n
}
