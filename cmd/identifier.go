package cmd

import (
	"strings"

	"mxlogin/client"
	"mxlogin/client/matrixid"
	"mxlogin/cmd/choose"
)

// readIdentifier returns who is to log in by password, and how the server is told
// so: USER, --email or --phone.
func (r *run) readIdentifier(o *passwordOptions) (choose.Who, client.Identifier, error) {
	who, identifier, err := r.identify(o)
	if err != nil || !o.legacyIdentifier {
		return who, identifier, err
	}
	deprecated, ok := identifier.Deprecated()
	if !ok {
		return who, identifier, &choose.UsageError{Message: "--legacy-identifier does not work with phone numbers"}
	}
	return who, deprecated, nil
}

func (r *run) identify(o *passwordOptions) (choose.Who, client.Identifier, error) {
	if err := o.checkIdentifier(); err != nil {
		return choose.Who{}, client.Identifier{}, err
	}
	var identifier client.Identifier
	switch {
	case o.email != "":
		identifier = client.Email(o.email)
	case o.phone != "" && o.phoneCountry != "":
		identifier = client.Phone(o.phoneCountry, o.phone)
	case o.phone != "":
		identifier = client.MSISDN(o.phone)
	default:
		who, err := r.whoIsNamed(o.user)
		return who, client.User(who.String()), err
	}
	return choose.Who{Address: identifier.String()}, identifier, nil
}

func (o *passwordOptions) checkIdentifier() error {
	given := 0
	for _, text := range []string{o.user, o.email, o.phone} {
		if text != "" {
			given++
		}
	}
	switch {
	case given > 1:
		return &choose.UsageError{Message: "USER, --email and --phone cannot be used together", Hint: "use one of them"}
	case o.phoneCountry != "" && o.phone == "":
		return &choose.UsageError{Message: "--phone-country needs --phone"}
	case o.phoneCountry != "" && !isCountry(o.phoneCountry):
		return &choose.UsageError{Message: "--phone-country is not two letters", Hint: "write it like GB"}
	case o.email != "" && !isEmail(o.email):
		return &choose.UsageError{Message: "--email is not an e-mail address", Hint: "write it like alice@example.org"}
	case o.phone != "" && !isPhone(o.phone, o.phoneCountry != ""):
		return &choose.UsageError{Message: "--phone is not a phone number", Hint: "write it like \"+44 7700 900123\", or add --phone-country"}
	}
	return nil
}

func isCountry(text string) bool {
	return len(text) == 2 && strings.Trim(strings.ToUpper(text), "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
}

// isEmail refuses what no server could take for an address; the rest is for the
// server to judge.
func isEmail(text string) bool {
	local, domain, found := strings.Cut(text, "@")
	return found && local != "" && domain != "" && !strings.ContainsAny(text, " \t\r\n\x00") && matrixid.CheckTypedLocalpart(local) == nil
}

func isPhone(text string, national bool) bool {
	digits := strings.Trim(text, "+0123456789 ()-./") == "" && strings.ContainsAny(text, "0123456789")
	return digits && (national || strings.HasPrefix(strings.TrimSpace(text), "+"))
}

// whoIsNamed returns who is to log in: USER, else the user of the saved account that
// is named by --account or in the environment.
func (r *run) whoIsNamed(argument string) (choose.Who, error) {
	if argument != "" {
		return choose.ParseUser(argument, r.reporter.Warning)
	}
	if r.settings.Account == "" {
		return choose.Who{}, &choose.UsageError{Message: "no user is named", Hint: "write mxlogin password @user:server"}
	}
	account, err := choose.Named(r.file, r.settings.Account)
	if err != nil {
		return choose.Who{}, err
	}
	return choose.ParseUser(account.UserID, r.reporter.Warning)
}
