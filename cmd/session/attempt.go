package session

import (
	"context"
	"fmt"

	"mxlogin/client"
	"mxlogin/client/matrixid"
	"mxlogin/client/transport"
	"mxlogin/cmd/choose"
	"mxlogin/config"
)

// FlowImport stands where a session has the flow that made it: of one that another
// program has made nobody knows.
const FlowImport = "import"

// Login is what a login is about to do.
type Login struct {
	Who        choose.Who
	Typed      bool   // the person wrote the user ID in full, for this login
	Type       string // of the flow
	API        string
	Base       matrixid.BaseURL    // that gets the secret
	Server     matrixid.ServerName // whose discovery led to Base; zero where nothing was discovered
	Prefix     client.Prefix       // of the paths
	Connection Connection
	Account    string          // the name to save under; "" for the user ID
	MayMove    bool            // Account may be one of another homeserver: it is replaced
	Storage    string          // of the tokens: config.StorageFile or StorageKeyring
	Saved      *config.Account // the account that this login renews; nil for a new one
	Offered    client.Flows    // by the homeserver; empty where it was not asked

	DeviceID       string // that the person chose
	DeviceName     string
	NewDevice      bool
	Renewable      bool // ask for a refresh token
	Ephemeral      bool // the session ends with this run
	AllowOtherUser bool
	KeepHomeserver bool // ignore where the answer says the homeserver is
}

// Answer is what a flow ends with.
type Answer struct {
	client.Session
	OAuth   config.OAuthClient // that the session was granted to; zero for the legacy API
	Foreign bool               // another program's session: it is never logged out
}

// Attempt is a login under way. From Begin on its device ID is chosen and the
// config file has been written once, so that nothing but a crash can lose the
// answer, and not even a crash leaves a device that nobody knows.
type Attempt struct {
	Login

	keeper     *Keeper
	begun      bool
	deviceID   string
	makesOwn   bool            // the device is new and of our choosing
	pendingKey string          // the name of the pending entry; "" where there is none
	previous   *config.Account // what stood there before; nil for nothing
	replaced   *config.Account // the session that the new entry overwrote
	made       config.Account  // the entry as it was put into the file
	defaulted  bool            // and became the default account
	release    func()          // lets go of a context that outlives an interruption
}

// NewAttempt makes an Attempt. It saves nothing.
func (k *Keeper) NewAttempt(l Login) *Attempt {
	return &Attempt{Login: l, keeper: k, release: func() {}}
}

// Begin chooses the device ID and saves the account as pending. A flow calls it
// with the secret at hand and before it is sent; where it fails nothing may be
// sent. What is sent goes under the context that it returns.
//
// It fails with a FileError of config, with a [choose.ChoiceError] where the
// account to save under is another user's, and with a [choose.ElsewhereError]
// where it is of another homeserver.
func (a *Attempt) Begin(ctx context.Context) (context.Context, error) {
	if a.deviceID == "" {
		if err := a.Reserve(ctx); err != nil {
			return ctx, err
		}
	}
	a.begun = true
	if a.Ephemeral {
		// A session can only be ended by its token: the answer is waited for.
		a.release() // of a try that was refused
		ctx, a.release = Lasting(ctx)
	}
	return ctx, nil
}

// Reserve does what Begin does, but that it leaves the login to be begun: a flow calls it
// that has to name the device long before the server can make it. Called again it takes
// another device ID, where the person has not chosen one. Its errors are those of Begin.
func (a *Attempt) Reserve(ctx context.Context) error {
	if a.deviceID != "" {
		a.forget(ctx)
	}
	a.begun = false
	a.chooseDevice()
	return a.savePending(ctx)
}

// Client returns a client of the homeserver that is logged in to.
func (a *Attempt) Client() *client.Client {
	return client.New(a.Connection.Transport, a.Base).WithPrefix(a.Prefix)
}

// Options are the members that the login has in every flow.
func (a *Attempt) Options() client.LoginOptions {
	return client.LoginOptions{DeviceID: a.deviceID, DeviceName: a.DeviceName, Renewable: a.Renewable}
}

// Abandon ends an attempt whose login failed with cause. A refusal made no
// device, so the pending entry goes; where the server may have made one the
// entry stays and the error names the device, which the next login takes over if its
// API allows it. A session that was made all the same, and that answer holds, is ended.
func (a *Attempt) Abandon(ctx context.Context, answer Answer, cause error) error {
	defer a.release()
	if !answer.AccessToken.IsZero() {
		a.keeper.Hide(answer.AccessToken)
		a.keeper.Hide(answer.RefreshToken)
		return a.unsaved(ctx, answer, cause)
	}
	if a.begun && transport.MayHaveActed(cause) {
		return &UnfinishedError{DeviceID: a.deviceID, TakenOver: a.keeper.Store != nil && a.API != config.APIOAuth, Err: cause}
	}
	a.forget(ctx)
	return cause
}

// chooseDevice takes the device ID that was asked for, else that of the saved
// account, so that logging in daily leaves one device, else a new one. Without a
// place to save to, a saved account's device is left alone: its session would
// end.
func (a *Attempt) chooseDevice() {
	switch {
	case a.DeviceID != "":
		a.deviceID = a.DeviceID
	case a.Saved != nil && a.lends(*a.Saved) && a.keeper.Store != nil:
		a.deviceID = a.Saved.DeviceID
	default:
		a.deviceID, a.makesOwn = newDeviceID(), true
	}
}

// lends reports whether the device of an entry may be used again: it was made by
// the same API at the same homeserver, and no other program uses it. That of an OAuth
// session is used for no other: one server refuses it after the person has approved,
// another lets both sessions live.
func (a *Attempt) lends(entry config.Account) bool {
	return a.API != config.APIOAuth && entry.DeviceID != "" && !a.NewDevice && entry.API == a.API && entry.Flow != FlowImport &&
		choose.LoginBase(entry) == a.Base.String()
}

func (a *Attempt) savePending(ctx context.Context) error {
	store := a.keeper.Store
	switch {
	case store == nil:
		return nil
	case a.Saved != nil && a.Saved.HasSession() && a.Saved.DeviceID == a.deviceID:
		// The entry knows its device and its token is good until the answer
		// comes: only show that the file can be written.
		return a.keeper.canSave(ctx, a.Storage)
	case a.Storage == config.StorageKeyring:
		return store.UpdateChecked(ctx, a.Storage, a.putPending)
	}
	return store.Update(ctx, a.putPending)
}

// putPending writes the pending entry. What stands in its place is read under the
// lock: it may be of a login that was cut, whose device this one takes over.
func (a *Attempt) putPending(file *config.File) error {
	name := a.pendingName(file)
	there, ok := file.Account(name)
	if ok && !there.Pending {
		if err := a.mayReplace(there); err != nil {
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
		if a.DeviceID == "" && a.lends(there) {
			a.deviceID, a.makesOwn = there.DeviceID, false
		}
	}
	a.pendingKey = name
	file.Put(a.pendingEntry())
	return nil
}

// mayReplace holds that an entry is of this user and this homeserver: it is never
// turned into that of another user, nor, unless the person names it, into one of
// another homeserver.
func (a *Attempt) mayReplace(there config.Account) error {
	if err := a.Who.CheckOwner(there); err != nil {
		return err
	}
	if a.MayMove || a.isHere(there) {
		return nil
	}
	return choose.Elsewhere(there, a.Base.String())
}

// isHere reports whether an account is at the homeserver that is logged in to.
func (a *Attempt) isHere(account config.Account) bool {
	return choose.IsAt(account, choose.Place{Base: a.Base})
}

// pendingEntry is the entry before the login. One that is there already is changed as
// little as the next try needs: a refusal puts it back, with its comments. A new
// one that stands beside a session has no user ID, which would make the account
// ambiguous.
func (a *Attempt) pendingEntry() config.Account {
	if old := a.previous; old != nil && a.isHere(*old) {
		entry := *old
		entry.SetStorage(a.Storage)
		entry.DeviceID, entry.API, entry.Pending = a.deviceID, a.API, true
		return entry
	}
	entry := config.Account{
		Name: a.pendingKey, Homeserver: a.Base.String(), DeviceID: a.deviceID,
		Flow: a.Type, API: a.API, Prefix: savedPrefix(a.Prefix),
		CAFile: a.Connection.CAFile, AllowHTTP: a.Connection.AllowHTTP, Pending: true,
	}
	entry.SetStorage(a.Storage)
	if !a.Who.User.IsZero() && !isBeside(a.pendingKey) {
		entry.UserID = a.Who.User.String()
	}
	return entry
}

// savedPrefix is how the file has a prefix: nothing for the usual one.
func savedPrefix(p client.Prefix) string {
	if p == client.V3 {
		return ""
	}
	return string(p)
}

// pendingName is the name of the entry while the login is under way. Where the
// user ID is not known yet it is made from what is, so that the next try of the
// same login finds the entry again.
func (a *Attempt) pendingName(file *config.File) string {
	switch {
	case a.Saved != nil:
		return a.Saved.Name
	case a.Account != "":
		return a.Account
	case !a.Who.User.IsZero():
		return a.cutBefore(file, a.Who.User.String())
	case !a.Who.IsZero():
		return fmt.Sprintf("pending: %s at %s", a.Who, a.Base)
	}
	return fmt.Sprintf("pending: %s at %s", a.Type, a.Base)
}

// cutBefore is the name under which a login of the user at this homeserver was cut,
// else the user ID.
func (a *Attempt) cutBefore(file *config.File, userID string) string {
	for _, account := range file.AccountsOf(userID) {
		if account.Pending && a.isHere(account) {
			return account.Name
		}
	}
	return userID
}

// forget puts the entry back as it was before the attempt. The session that was made is
// over: it may be in the file, where the last step of the save is what failed.
func (a *Attempt) forget(ctx context.Context) {
	if a.pendingKey == "" {
		return
	}
	ctx, cancel := Lasting(ctx)
	defer cancel()
	err := a.keeper.Store.Update(ctx, func(file *config.File) error {
		a.putBack(file)
		a.takeOut(file)
		return nil
	})
	if err != nil {
		a.keeper.Reporter.Warning("storage", "the pending entry could not be removed from the config file: "+err.Error())
	}
}

// takeOut takes the session that was made out of the file, and puts back what it has
// replaced.
func (a *Attempt) takeOut(file *config.File) {
	there, ok := file.Account(a.made.Name)
	if !ok || !there.SameSession(a.made) {
		return
	}
	if a.defaulted && file.DefaultAccount() == there.Name {
		file.SetDefaultAccount("")
	}
	switch {
	case a.replaced != nil:
		file.Put(*a.replaced)
	case a.previous != nil && a.previous.Name == there.Name:
		file.Put(*a.previous)
	default:
		file.Remove(there.Name)
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
