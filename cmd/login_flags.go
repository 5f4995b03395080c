package cmd

import (
	"context"

	"github.com/spf13/pflag"

	"mxlogin/cmd/choose"
	"mxlogin/cmd/login"
	"mxlogin/cmd/session"
	"mxlogin/config"
)

// loginFlags are the flags that every login command has.
type loginFlags struct {
	deviceID       string
	newDevice      bool
	renewable      bool
	ifNeeded       bool
	skipFlows      bool
	allowOtherUser bool
	keepHomeserver bool
	showToken      bool
}

func (o *loginFlags) addFlags(all *pflag.FlagSet) {
	inGroup(all, "Flags of a login", o.defineFlags)
}

func (o *loginFlags) defineFlags(flags *pflag.FlagSet) {
	flags.StringVar(&o.deviceID, "device-id", "", "device `ID` to use (default: that of the saved account, or a new one)")
	flags.BoolVar(&o.newDevice, "new-device", false, "make a new device and log out this account's old one")
	flags.BoolVar(&o.renewable, "renewable", false, "ask for a refresh token: the access token then expires early and is renewed as needed")
	flags.BoolVar(&o.ifNeeded, "if-needed", false, "do nothing if the saved session is good")
	flags.BoolVar(&o.skipFlows, "skip-flows", false, "do not ask the server which flows it offers")
	flags.BoolVar(&o.allowOtherUser, "allow-other-user", false, "keep the session even if it belongs to another user")
	flags.BoolVar(&o.keepHomeserver, "keep-homeserver", false, "stay with the homeserver even if it names another one (well_known)")
	addShowToken(flags, &o.showToken)
	addSettingFlags(flags, "device_name", "storage", "login_timeout")
}

func addShowToken(flags *pflag.FlagSet, show *bool) {
	flags.BoolVar(show, "show-token", false, "show the access token in text and json")
}

const storageNone = "none"

// logIn does what a login command asks for and shows what came of it.
func (r *run) logIn(ctx context.Context, o *loginFlags, request login.Request) error {
	if err := r.checkLogin(o); err != nil {
		return err
	}
	keeper, err := r.loginKeeper()
	if err != nil {
		return err
	}
	request = o.request(r, request)
	request.Keeper = keeper
	result, err := login.Login(ctx, request)
	if err != nil {
		return err
	}
	return r.printSession(r.format, result, o.showToken)
}

// loginKeeper returns what keeps the session of a login. --storage none needs no
// home directory, which a container may not have.
func (r *run) loginKeeper() (*session.Keeper, error) {
	if r.settings.Storage == storageNone {
		return r.keeper, nil
	}
	return r.saving()
}

// request adds to a request what the flags and the settings say.
func (o *loginFlags) request(r *run, request login.Request) login.Request {
	request.Account = r.settings.Account
	request.MayMove = r.settings.Source("account") == config.SourceFlag
	request.DeviceID, request.DeviceName = o.deviceID, r.settings.DeviceName
	request.Renewable = o.renewable
	request.NewDevice, request.IfNeeded, request.SkipFlows = o.newDevice, o.ifNeeded, o.skipFlows
	request.AllowOtherUser, request.KeepHomeserver = o.allowOtherUser, o.keepHomeserver
	request.Settings, request.File, request.Person = r.settings, r.file, r.person
	request.Keep = r.scrubber.Keep
	return request
}

// checkLogin refuses what cannot work before anything is asked or sent.
func (r *run) checkLogin(o *loginFlags) error {
	switch {
	case o.deviceID != "" && o.newDevice:
		return &choose.UsageError{Message: "--device-id and --new-device cannot be used together", Hint: "use one of them"}
	case r.settings.Storage == storageNone && !r.format.ShowsToken() && !o.showToken:
		return &choose.UsageError{
			Message: "with --storage none the token would be lost: it is neither saved nor shown",
			Hint:    "add --output token, or another format that shows it, or --show-token",
		}
	}
	return checkDeviceID(o.deviceID)
}

// checkDeviceID refuses a device ID that a terminal or a log would not show as it
// is; servers take most others.
func checkDeviceID(id string) error {
	for _, r := range id {
		if r <= ' ' || r == 0x7f || r > 0x7e {
			return &choose.UsageError{Message: "--device-id has a space or a character outside ASCII", Hint: "use letters, digits and . _ ~ -"}
		}
	}
	if len(id) > 255 {
		return &choose.UsageError{Message: "--device-id is longer than 255 characters"}
	}
	return nil
}
