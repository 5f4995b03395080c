package config

import (
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Setting is one line of the table of settings.
type Setting struct {
	Key     string // in the file, and in config get and set
	Env     string
	Flag    string // without its dashes; empty if there is none
	Meaning string
	Default string
	Kind    Kind

	Global      bool     // every command has the flag
	Short       string   // the flag in one letter; empty if there is no such form
	ValueName   string   // of the flag's value in usage; choices and switches have none
	InFile      bool     // may stand under settings: in the file
	ZeroAllowed bool     // of a KindDuration
	Choices     []string // of a KindChoice
	FlagChoices []string // what the flag takes besides Choices
}

// Kind is the type of a setting's value.
type Kind int

// The kinds of settings.
const (
	KindText Kind = iota
	KindBool
	KindDuration // as of time.ParseDuration
	KindList     // comma separated; in the file a YAML list
	KindChoice
	KindPage // an https URL
	KindPath // of a file; in the config file it is absolute, or begins with ~/
)

// Table returns every setting. Flags, environment, file keys and docs come from
// it.
func Table() []Setting {
	return []Setting{
		{
			Key: "config", Env: "MXLOGIN_CONFIG", Flag: "config", ValueName: "file", Global: true,
			Meaning: "config file",
		},
		{
			Key: "account", Env: "MXLOGIN_ACCOUNT", Flag: "account", ValueName: "name", Global: true,
			Meaning: "saved account to use, by its name or user ID; for a login also the name of a new one",
		},
		{
			Key: "homeserver", Env: "MXLOGIN_HOMESERVER", Flag: "homeserver", ValueName: "name|URL", Global: true, InFile: true,
			Meaning: "server name or base URL of the homeserver",
		},
		{
			Key: "output", Env: "MXLOGIN_OUTPUT", Flag: "output", Short: "o", ValueName: "format", Global: true, InFile: true,
			Kind: KindChoice, Default: "text", Choices: []string{"text", "json"}, FlagChoices: []string{"token", "env", "export", "powershell", "fish", "header"},
			Meaning: "format of the result",
		},
		{
			Key: "timeout", Env: "MXLOGIN_TIMEOUT", Flag: "timeout", ValueName: "duration", Global: true, InFile: true,
			Kind: KindDuration, Default: "30s",
			Meaning: "how long one request may take",
		},
		{
			Key: "max_wait", Env: "MXLOGIN_MAX_WAIT", Flag: "max-wait", ValueName: "duration", Global: true, InFile: true,
			Kind: KindDuration, Default: "60s", ZeroAllowed: true,
			Meaning: "how long to wait for rate limits, in all",
		},
		{
			Key: "login_timeout", Env: "MXLOGIN_LOGIN_TIMEOUT", Flag: "login-timeout", ValueName: "duration", InFile: true,
			Kind: KindDuration, Default: "5m",
			Meaning: "how long a person may take to log in",
		},
		{
			Key: "ca_file", Env: "MXLOGIN_CA_FILE", Flag: "ca-file", ValueName: "file", Global: true, InFile: true, Kind: KindPath,
			Meaning: "PEM file of certificate authorities to trust besides the system's",
		},
		{
			Key: "allow_http", Env: "MXLOGIN_ALLOW_HTTP", Flag: "allow-http", ValueName: "host", Global: true, InFile: true,
			Kind:    KindList,
			Meaning: "hosts to which plain http is allowed, as host or host:port",
		},
		{
			Key: "no_input", Env: "MXLOGIN_NO_INPUT", Flag: "no-input", Global: true, InFile: true,
			Kind: KindBool, Default: "false",
			Meaning: "never prompt; CI=true means this too",
		},
		{
			Key: "no_browser", Env: "MXLOGIN_NO_BROWSER", Flag: "no-browser", Global: true, InFile: true,
			Kind: KindBool, Default: "false",
			Meaning: "do not open a browser; show the URL, to be opened elsewhere",
		},
		{
			Key: "quiet", Env: "MXLOGIN_QUIET", Flag: "quiet", Short: "q", Global: true, InFile: true,
			Kind: KindBool, Default: "false",
			Meaning: "print errors and the result only",
		},
		{
			Key: "verbose", Env: "MXLOGIN_VERBOSE", Flag: "verbose", Short: "v", Global: true, InFile: true,
			Kind: KindBool, Default: "false",
			Meaning: "show each request, without secrets",
		},
		{
			Key: "device_name", Env: "MXLOGIN_DEVICE_NAME", Flag: "device-name", ValueName: "name", InFile: true,
			Default: "mxlogin",
			Meaning: "public display name of a new device",
		},
		{
			Key: "oauth_client_uri", Env: "MXLOGIN_OAUTH_CLIENT_URI", ValueName: "url", InFile: true,
			Kind: KindPage, Default: "https://mxlogin.invalid/",
			Meaning: "page about mxlogin that OAuth servers may link to",
		},
		{
			Key: "storage", Env: "MXLOGIN_STORAGE", Flag: "storage", InFile: true,
			Kind: KindChoice, Default: "file", Choices: []string{"file", "keyring", "none"},
			Meaning: "what keeps the tokens; left out, those of a saved account stay where they are",
		},
	}
}

// FlagValues are the values that the flag of a KindChoice takes.
func (s Setting) FlagValues() []string { return slices.Concat(s.Choices, s.FlagChoices) }

// ParseSetting holds a value to the setting that the file keeps under key. The
// error is a [SettingError].
func ParseSetting(key, value string) error {
	setting, err := fileSetting(key)
	if err != nil {
		return err
	}
	return setting.check(value, SourceFile, "")
}

// CheckKey holds that the file may keep a setting under key. The error is a
// [SettingError].
func CheckKey(key string) error {
	_, err := fileSetting(key)
	return err
}

// fileSetting is the setting that the file keeps under key.
func fileSetting(key string) (Setting, error) {
	for _, setting := range Table() {
		if setting.InFile && setting.Key == key {
			return setting, nil
		}
	}
	return Setting{}, &SettingError{Key: key, Suggestion: Nearest(key, settingKeys())}
}

// check holds a value to the kind of the setting. origin names the source for
// a person, and may be empty.
func (s Setting) check(value string, source Source, origin string) error {
	if want := s.violated(value, source); want != "" {
		return &SettingError{Key: s.Key, Source: origin, Want: want}
	}
	return nil
}

// violated says what the setting takes if value is not that.
func (s Setting) violated(value string, source Source) string {
	switch s.Kind {
	case KindBool:
		if _, err := strconv.ParseBool(value); err != nil {
			return "true or false"
		}
	case KindDuration:
		return s.violatedDuration(value)
	case KindList:
		if slices.Contains(splitList(value), "") {
			return "a list without empty items"
		}
	case KindPage:
		if page, err := url.Parse(value); err != nil || page.Scheme != "https" || page.Host == "" || page.User != nil {
			return "a URL that begins with https:// and has no user name"
		}
	case KindPath:
		if source == SourceFile && !filepath.IsAbs(value) && !strings.HasPrefix(value, "~/") {
			return "an absolute path, since it is used from any directory"
		}
	case KindChoice:
		choices := s.Choices
		if source == SourceFlag {
			choices = s.FlagValues()
		}
		if !slices.Contains(choices, value) {
			return "one of " + strings.Join(choices, ", ")
		}
	}
	return ""
}

func (s Setting) violatedDuration(value string) string {
	d, err := time.ParseDuration(value)
	switch {
	case s.ZeroAllowed && (err != nil || d < 0):
		return "a duration such as 60s, or 0"
	case !s.ZeroAllowed && (err != nil || d <= 0):
		return "a duration above 0, such as 30s or 5m"
	}
	return ""
}

// splitList takes a comma separated list apart.
func splitList(value string) []string {
	if value == "" {
		return nil
	}
	items := strings.Split(value, ",")
	for i := range items {
		items[i] = strings.TrimSpace(items[i])
	}
	return items
}
