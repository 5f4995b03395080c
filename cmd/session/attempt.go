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
	previous   *config.Account // the entry as it was before; nil where there was none
	replaced   *config.Account // the session that the new entry overwrote
	pendingKey string          // the name of the entry while the login is under way
}

// Begin chooses the device ID and saves the account as pending. It is called with
// the secret at hand and before it is sent; where it fails nothing may be sent.
func (k *Keeper) Begin(ctx context.Context, l Login) (*Attempt, error) {
	a := &Attempt{keeper: k, login: l, previous: l.Saved}
	a.chooseDevice()
	if k.Store == nil {
		return a, nil
	}
	a.pendingKey = l.pendingName()
	if l.Saved != nil && l.Saved.HasSession() {
		// The entry knows its device and its token is good until the answer
		// comes: only show that the file can be written.
		return a, k.Store.Rewrite(ctx)
	}
	return a, k.Store.Update(ctx, func(file *config.File) error {
		if earlier, ok := file.Account(a.pendingKey); ok && earlier.Pending && a.previous == nil {
			a.adopt(earlier)
		}
		file.Put(a.pendingEntry())
		return nil
	})
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
	if a.keeper.Store == nil {
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
	case !ok || !there.Pending:
		// Another process has finished a login of this account meanwhile.
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
func (a *Attempt) chooseDevice() {
	saved := a.login.Saved
	switch {
	case a.login.DeviceID != "":
		a.deviceID = a.login.DeviceID
	case saved != nil && saved.DeviceID != "" && saved.API == a.login.API && !a.login.NewDevice && a.keeper.Store != nil:
		a.deviceID = saved.DeviceID
	default:
		a.deviceID, a.makesOwn = newDeviceID(), true
	}
}

// adopt goes on with the device of an earlier login that was cut.
func (a *Attempt) adopt(earlier config.Account) {
	a.previous = &earlier
	if a.makesOwn && !a.login.NewDevice && earlier.DeviceID != "" {
		a.deviceID, a.makesOwn = earlier.DeviceID, false
	}
}

func (a *Attempt) pendingEntry() config.Account {
	entry := config.Account{Name: a.pendingKey}
	if a.previous != nil {
		entry = *a.previous
	}
	if !a.login.Asked.User.IsZero() {
		entry.UserID = a.login.Asked.User.String()
	}
	entry.Homeserver = a.login.Base.String()
	entry.DeviceID = a.deviceID
	entry.Flow, entry.API, entry.Prefix = a.login.Flow, a.login.API, a.login.Prefix
	entry.CAFile, entry.AllowHTTP = a.login.CAFile, a.login.AllowHTTP
	entry.Pending = true
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
	case l.Asked.Localpart != "":
		return fmt.Sprintf("pending: %s at %s", l.Asked.Localpart, l.Base)
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
