package config

import (
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/viper"
)

// Source is where the value of a setting came from.
type Source int

// The sources, weakest first.
const (
	SourceDefault Source = iota
	SourceFile
	SourceEnv
	SourceFlag
)

func (s Source) String() string {
	switch s {
	case SourceFlag:
		return "flag"
	case SourceEnv:
		return "environment"
	case SourceFile:
		return "file"
	}
	return "default"
}

// Settings are the settings in force.
type Settings struct {
	Config       string // empty: [DefaultPath]
	Account      string
	Homeserver   string
	Output       string
	Timeout      time.Duration
	MaxWait      time.Duration
	LoginTimeout time.Duration
	CAFile       string
	AllowHTTP    []string
	NoInput      bool
	NoBrowser    bool
	Quiet        bool
	Verbose      bool
	DeviceName   string
	Storage      string

	OAuthClientURI string

	texts   map[string]string
	origins map[string]origin
}

// Text is the value of the setting key as a file or a flag would have it.
func (s *Settings) Text(key string) string { return s.texts[key] }

// Source is where the value of the setting key came from.
func (s *Settings) Source(key string) Source { return s.origins[key].source }

// Origin names for a person what gave the setting key its value, such as "--timeout",
// "MXLOGIN_TIMEOUT" or "timeout in config.yaml"; "" for the default.
func (s *Settings) Origin(key string) string { return s.origins[key].name }

// Resolve merges the settings: flags, by key and only those given, over the
// environment over the file over the defaults. An empty variable is an unset
// one. CI=true in the environment means no_input unless the flag says otherwise.
// file may be nil. A value of the wrong kind is a [SettingError], unless a
// stronger source hides it.
func Resolve(flags map[string]string, lookup func(string) (string, bool), file *File) (*Settings, error) {
	layers := layers{
		merged:  viper.NewWithOptions(viper.KeyDelimiter("::")),
		origins: make(map[string]origin),
	}
	table := Table()
	for _, setting := range table {
		layers.merged.SetDefault(setting.Key, setting.Default)
	}
	if err := layers.addFile(table, file); err != nil {
		return nil, err
	}
	if err := layers.addEnvironment(table, lookup); err != nil {
		return nil, err
	}
	if err := layers.addFlags(table, flags); err != nil {
		return nil, err
	}
	settings, err := layers.settings(table)
	if err != nil {
		return nil, err
	}
	if settings.CAFile != "" {
		// Relative to where it was typed; what keeps it is used elsewhere.
		settings.CAFile, err = filepath.Abs(ExpandHome(settings.CAFile, lookup))
	}
	return settings, err
}

// layers are the sources of settings. viper says which of them wins.
type layers struct {
	merged  *viper.Viper
	origins map[string]origin // of each key that is not at its default
}

// origin is the strongest source of a value, and its name for a person.
type origin struct {
	source Source
	name   string
}

func (l *layers) addFile(table []Setting, file *File) error {
	if file == nil {
		return nil
	}
	values := make(map[string]any)
	for _, setting := range table {
		if value, ok := file.Setting(setting.Key); ok && setting.InFile {
			values[setting.Key] = value
			l.origins[setting.Key] = origin{SourceFile, fmt.Sprintf("%s in %s", setting.Key, file.path)}
		}
	}
	return l.merged.MergeConfigMap(values)
}

// addEnvironment puts the variables where viper keeps flags: by itself it can
// read them only from the process. Flags are added as overrides, above them.
func (l *layers) addEnvironment(table []Setting, lookup func(string) (string, bool)) error {
	for _, setting := range table {
		name := setting.Env
		value, _ := lookup(name)
		if setting.Key == "no_input" && runsInCI(lookup) {
			name, value = "CI", "true"
		}
		if value == "" {
			continue
		}
		if err := l.merged.BindFlagValue(setting.Key, variable{name, value}); err != nil {
			return err
		}
		l.origins[setting.Key] = origin{SourceEnv, name}
	}
	return nil
}

func runsInCI(lookup func(string) (string, bool)) bool {
	value, _ := lookup("CI")
	yes, err := strconv.ParseBool(value)
	return err == nil && yes
}

// variable is an environment variable as a [viper.FlagValue].
type variable struct{ name, value string }

func (v variable) HasChanged() bool    { return true }
func (v variable) Name() string        { return v.name }
func (v variable) ValueString() string { return v.value }
func (v variable) ValueType() string   { return "string" }

func (l *layers) addFlags(table []Setting, flags map[string]string) error {
	for key, value := range flags {
		at := slices.IndexFunc(table, func(s Setting) bool { return s.Key == key && s.Flag != "" })
		if at < 0 {
			return &SettingError{Key: key}
		}
		l.merged.Set(key, value)
		l.origins[key] = origin{SourceFlag, "--" + table[at].Flag}
	}
	return nil
}

// settings holds the merged values to their kinds.
func (l *layers) settings(table []Setting) (*Settings, error) {
	texts := make(map[string]string)
	for _, setting := range table {
		texts[setting.Key] = l.merged.GetString(setting.Key)
		from, given := l.origins[setting.Key]
		if !given {
			continue
		}
		if err := setting.check(l.merged.GetString(setting.Key), from.source, from.name); err != nil {
			return nil, err
		}
	}
	return &Settings{
		Config:       l.merged.GetString("config"),
		Account:      l.merged.GetString("account"),
		Homeserver:   l.merged.GetString("homeserver"),
		Output:       l.merged.GetString("output"),
		Timeout:      l.merged.GetDuration("timeout"),
		MaxWait:      l.merged.GetDuration("max_wait"),
		LoginTimeout: l.merged.GetDuration("login_timeout"),
		CAFile:       l.merged.GetString("ca_file"),
		AllowHTTP:    splitList(l.merged.GetString("allow_http")),
		NoInput:      l.merged.GetBool("no_input"),
		NoBrowser:    l.merged.GetBool("no_browser"),
		Quiet:        l.merged.GetBool("quiet"),
		Verbose:      l.merged.GetBool("verbose"),
		DeviceName:   l.merged.GetString("device_name"),

		OAuthClientURI: l.merged.GetString("oauth_client_uri"),
		Storage:        l.merged.GetString("storage"),
		texts:          texts,
		origins:        l.origins,
	}, nil
}
