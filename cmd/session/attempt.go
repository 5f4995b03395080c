package session

import (
	"context"
	"crypto/rand"
	"fmt"

	"mxlogin/client/matrixid"
	"mxlogin/client/transport"
	"mxlogin/config"
)

// Login is what a login command is about to do.
type Login struct {
	Asked   Asked
	Flow    string
	API     string
	Base    matrixid.BaseURL // that gets the secret
	Prefix  string           // of the paths, "" for the usual one
	Account string           // the name to save under; "" for the user ID
	Saved   *config.Account  // the account that this login renews; nil for a new one

	DeviceID       string // that the person chose
	NewDevice      bool
	AllowOtherUser bool
	KeepHomeserver bool // ignore where the answer says the homeserver is

	CAFile    string // remembered with the account, as is AllowHTTP
	AllowHTTP []string
}

// Attempt is a login under way: its device ID is chosen and the config file has
// been written once, so that nothing but a crash can lose the answer, and not
// even a crash leaves a device that nobody knows.
type Attempt struct {
	keeper     *Keeper
	login      Login
	deviceID   string
	makesOwn   bool            // the device is new and of our choosing
	pendingKey string          // the name of the pending entry; "" where there is none
	previous   *config.Account // what stood there before; nil for nothing
	replaced   *config.Account // the session that the new entry overwrote
}

// Begin chooses the device ID and saves the account as pending. It is called with
// the secret at hand and before it is sent; where it fails nothing may be sent.
// It fails with a FileError of config, and with a ChoiceError where the account
// to save under is another user's.
func (k *Keeper) Begin(ctx context.Context, l Login) (*Attempt, error) {
	a := &Attempt{keeper: k, login: l}
	a.chooseDevice(l.Saved)
	switch {
	case k.Store == nil:
		return a, nil
	case l.Saved != nil && l.Saved.HasSession() && l.Saved.DeviceID == a.deviceID:
		// The entry knows its device and its token is good until the answer
		// comes: only show that the file can be written.
		return a, k.Store.Check(ctx)
	}
	return a, k.Store.Update(ctx, a.savePending)
}

// DeviceID returns the device that the login is to make or to take over.
func (a *Attempt) DeviceID() string { return a.deviceID }

// Abandon ends an attempt whose login failed with cause. A refusal made no
// device, so the pending entry goes; where the server may have made one the
// entry stays, the next login takes that device over, and the error names it.
func (a *Attempt) Abandon(ctx context.Context, cause error) error {
	if transport.MayHaveActed(cause) {
		return &UnfinishedError{DeviceID: a.deviceID, Pending: a.keeper.Store != nil, Err: cause}
	}
	a.forget(ctx)
	return cause
}

// forget puts the entry back as it was before the attempt.
func (a *Attempt) forget(ctx context.Context) {
	if a.pendingKey == "" {
		return
	}
	ctx, cancel := lasting(ctx)
	defer cancel()
	err := a.keeper.Store.Update(ctx, func(file *config.File) error {
		a.putBack(file)
		return nil
	})
	if err != nil {
		a.keeper.Reporter.Warning("storage", "the pending entry could not be taken out of the config file: "+err.Error())
	}
}

func (a *Attempt) putBack(file *config.File) {
	switch there, ok := file.Account(a.pendingKey); {
	case !ok || !there.Pending || there.DeviceID != a.deviceID:
		// It is that of another process, which logs in or has logged in
		// meanwhile.
	case a.previous != nil:
		file.Put(*a.previous)
	default:
		file.Remove(a.pendingKey)
	}
}

// chooseDevice takes the device ID that was asked for, else that of the saved
// account, so that logging in daily leaves one device, else a new one. Without a
// place to save to, a saved account's device is left alone: its session would
// end.
func (a *Attempt) chooseDevice(saved *config.Account) {
	switch {
	case a.login.DeviceID != "":
		a.deviceID = a.login.DeviceID
	case saved != nil && saved.DeviceID != "" && saved.API == a.login.API && !a.login.NewDevice && a.keeper.Store != nil:
		a.deviceID, a.makesOwn = saved.DeviceID, false
	case !a.makesOwn:
		a.deviceID, a.makesOwn = newDeviceID(), true
	}
}

// savePending writes the pending entry. What stands in its place is read under
// the lock: it may be of a login that was cut, whose device this one takes over.
func (a *Attempt) savePending(file *config.File) error {
	name := a.login.pendingName()
	there, ok := file.Account(name)
	if ok {
		if err := a.login.Asked.checkOwner(there); err != nil {
			return err
		}
	}
	if there.HasSession() {
		// Its token is good until the answer comes, so it stays as it is.
		name = "pending: " + name
		there, ok = file.Account(name)
	}
	if ok {
		a.previous = &there
		a.chooseDevice(&there)
	}
	a.pendingKey = name
	file.Put(a.pendingEntry())
	return nil
}

// pendingEntry is the entry before the login, changed as little as the next try
// needs: a refusal puts it back, with its comments. A new one that stands beside
// a session has no user ID, which would make the account ambiguous.
func (a *Attempt) pendingEntry() config.Account {
	if a.previous != nil {
		entry := *a.previous
		entry.DeviceID, entry.API, entry.Pending = a.deviceID, a.login.API, true
		return entry
	}
	entry := config.Account{
		Name: a.pendingKey, Homeserver: a.login.Base.String(), DeviceID: a.deviceID,
		Flow: a.login.Flow, API: a.login.API, Prefix: a.login.Prefix,
		CAFile: a.login.CAFile, AllowHTTP: a.login.AllowHTTP, Pending: true,
	}
	if !a.login.Asked.User.IsZero() && a.pendingKey == a.login.pendingName() {
		entry.UserID = a.login.Asked.User.String()
	}
	return entry
}

// pendingName is the name of the entry while the login is under way. Where the
// user ID is not known yet it is made from what is, so that the next try of the
// same login finds the entry again.
func (l Login) pendingName() string {
	switch {
	case l.Saved != nil:
		return l.Saved.Name
	case l.Account != "":
		return l.Account
	case !l.Asked.User.IsZero():
		return l.Asked.User.String()
	case l.Asked.String() != "":
		return fmt.Sprintf("pending: %s at %s", l.Asked, l.Base)
	}
	return fmt.Sprintf("pending: %s at %s", l.Flow, l.Base)
}

// newDeviceID makes 10 random capital letters: some 47 bits, and what servers
// and their administrators are used to.
func newDeviceID() string {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	id := make([]byte, 0, 10)
	for len(id) < cap(id) {
		var b [16]byte
		_, _ = rand.Read(b[:]) // never fails: it ends the program
		for _, c := range b {
			// 234 is the largest multiple of 26 in a byte.
			if c < 234 && len(id) < cap(id) {
				id = append(id, letters[c%26])
			}
		}
	}
	return string(id)
}
