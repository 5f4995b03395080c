package cmd

import (
	"mxlogin/cmd/output"
	"mxlogin/cmd/session"
)

// printSession shows a session that a login made, or that was saved. It is the only
// maker of an output.Session.
func (r *run) printSession(format output.Format, s session.Result, showToken bool) error {
	shown := output.Session{
		UserID: s.Account.UserID, DeviceID: s.Account.DeviceID, Homeserver: s.Account.Homeserver,
		Flow: s.Account.Flow, API: s.Account.API, Reused: s.Reused, Renewed: s.Renewed, ExpiresAt: s.Account.ExpiresAt,
		AccessToken: s.Account.AccessToken, RefreshToken: s.Account.RefreshToken,
	}
	if s.Saved {
		store, err := r.store()
		if err != nil {
			return err
		}
		shown.Account, shown.Config, shown.Storage = s.Account.Name, store.Path(), storageOf(s.Account)
		shown.TokenCommand = "mxlogin access-token"
		if preferred := r.file.DefaultAccount(); preferred != "" && preferred != s.Account.Name { // the first login becomes the default
			shown.TokenCommand += " " + shellWord(s.Account.Name)
		}
	}
	return r.printer(format).Session(shown, showToken)
}
