package cmd

import (
	"github.com/spf13/pflag"
)

// loginOptions are the flags that every login command has.
type loginOptions struct {
	deviceID       string
	newDevice      bool
	ifNeeded       bool
	skipFlows      bool
	allowOtherUser bool
	keepHomeserver bool
	showToken      bool
}

func (o *loginOptions) addFlags(all *pflag.FlagSet) {
	inGroup(all, "Flags of a login", o.defineFlags)
}

func (o *loginOptions) defineFlags(flags *pflag.FlagSet) {
	flags.StringVar(&o.deviceID, "device-id", "", "device `ID` to use (default: that of the saved account, or a new one)")
	flags.BoolVar(&o.newDevice, "new-device", false, "make a new device, and log out the old one of this account")
	flags.BoolVar(&o.ifNeeded, "if-needed", false, "do nothing if the saved session is good")
	flags.BoolVar(&o.skipFlows, "skip-flows", false, "do not ask the server how one may log in")
	flags.BoolVar(&o.allowOtherUser, "allow-other-user", false, "keep the session of another user than was asked for")
	flags.BoolVar(&o.keepHomeserver, "keep-homeserver", false, "stay with the homeserver even if it names another one (well_known)")
	addShowToken(flags, &o.showToken)
	addSettingFlags(flags, "device_name", "storage", "login_timeout")
}

func addShowToken(flags *pflag.FlagSet, show *bool) {
	flags.BoolVar(show, "show-token", false, "show the access token in text and json")
}

// check refuses what cannot work before anything is asked or sent.
func (o *loginOptions) check(a *App) error {
	settings, err := a.Settings()
	if err != nil {
		return err
	}
	format, err := a.Format()
	if err != nil {
		return err
	}
	switch {
	case o.deviceID != "" && o.newDevice:
		return &UsageError{Message: "--device-id and --new-device exclude each other", Hint: "give one of them"}
	case settings.Storage == storageNone && !format.ShowsToken() && !o.showToken:
		return &UsageError{
			Message: "with --storage none the token would be lost: nothing is saved and nothing shown",
			Hint:    "add --output token, env or header, or --show-token",
		}
	}
	return checkDeviceID(o.deviceID)
}

const storageNone = "none"

// checkDeviceID refuses a device ID that a terminal or a log would not show as it
// is; servers take most others.
func checkDeviceID(id string) error {
	for _, r := range id {
		if r <= ' ' || r == 0x7f || r > 0x7e {
			return &UsageError{Message: "--device-id has a space or a character outside ASCII", Hint: "use letters, digits and . _ ~ -"}
		}
	}
	if len(id) > 255 {
		return &UsageError{Message: "--device-id is longer than 255 characters"}
	}
	return nil
}
