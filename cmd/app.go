package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/spf13/pflag"

	"mxlogin/client/secret"
	"mxlogin/cmd/output"
	"mxlogin/cmd/terminal"
	"mxlogin/config"
)

// App is what a run of mxlogin has of the world around it.
type App struct {
	Stdin        io.Reader
	Stdout       io.Writer
	Stderr       io.Writer
	Environment  Environment
	OpenTerminal func() (Prompter, error)
	Now          func() time.Time
	RoundTripper http.RoundTripper // nil: one for the settings in force

	flags    *pflag.FlagSet // of the command that runs
	scrubber terminal.Scrubber
	settings *config.Settings
	store    *config.Store
	file     *config.File
}

// Prompter asks a person.
type Prompter interface {
	ReadSecret(ctx context.Context, prompt string) (secret.Value, error)
	ReadLine(ctx context.Context, prompt string) (string, error)
	Close() error
}

// Settings returns the settings in force. The first call reads the config file,
// so commands that need neither do without it.
func (a *App) Settings() (*config.Settings, error) {
	if a.settings != nil {
		return a.settings, nil
	}
	file, err := a.File()
	if err != nil {
		return nil, err
	}
	settings, err := config.Resolve(a.settingFlags(), a.Environment.Lookup, file)
	if err != nil {
		return nil, err
	}
	a.settings = settings
	for _, key := range file.UnknownSettings() {
		a.Reporter().Warning("unknown_setting", fmt.Sprintf("the config file has a setting that is not known: %s", key))
	}
	return settings, nil
}

// Store returns the config file's place.
func (a *App) Store() (*config.Store, error) {
	if a.store != nil {
		return a.store, nil
	}
	path, explicit := a.namedConfig()
	if !explicit {
		var err error
		if path, err = config.DefaultPath(a.Environment.Lookup); err != nil {
			return nil, err
		}
	}
	a.store = config.NewStore(path, explicit, func(n config.Notice) {
		a.Reporter().Warning(n.Code, n.Message)
	})
	return a.store, nil
}

// File returns the config file as it was when the run first asked for it. Where
// no home directory says where it belongs, nothing can have been saved: it is
// empty.
func (a *App) File() (*config.File, error) {
	if a.file != nil {
		return a.file, nil
	}
	file, err := a.loadFile()
	if err != nil {
		return nil, err
	}
	a.file = file
	return file, nil
}

func (a *App) loadFile() (*config.File, error) {
	store, err := a.Store()
	if errors.Is(err, config.ErrNoDefaultPath) {
		return config.Empty(), nil
	}
	if err != nil {
		return nil, err
	}
	return store.Load()
}

// Reporter returns what speaks on stderr. It works before the settings are
// known, since what is wrong with them is to be told too.
func (a *App) Reporter() *output.Reporter {
	var json, quiet bool
	if a.settings != nil {
		json, quiet = a.settings.Output == string(output.JSON), a.settings.Quiet
	} else {
		json, quiet = a.wantsJSON(), a.isGiven("quiet")
	}
	return output.NewReporter(a.Stderr, json, quiet, a.scrubber.Clean)
}

// Format returns the format of the result.
func (a *App) Format() (output.Format, error) {
	settings, err := a.Settings()
	if err != nil {
		return "", err
	}
	return output.ParseFormat(settings.Output)
}

// printer returns what writes the result to stdout, in this format.
func (a *App) printer(format output.Format) output.Printer {
	return output.Printer{W: a.Stdout, Format: format, Scrub: a.scrubber.Scrub}
}

// Hide keeps a secret out of all that this run prints.
func (a *App) Hide(v secret.Value) secret.Value {
	a.scrubber.Add(v)
	return v
}

// namedConfig returns the path that a person gave for the config file. It is
// known before the settings, which may be in that file.
func (a *App) namedConfig() (path string, explicit bool) {
	if path, ok := a.settingFlags()["config"]; ok && path != "" {
		return path, true
	}
	path, _ = a.Environment.Lookup("MXLOGIN_CONFIG")
	return path, path != ""
}

// wantsJSON tells from flags and environment alone.
func (a *App) wantsJSON() bool {
	format, given := a.settingFlags()["output"]
	if !given {
		format, _ = a.Environment.Lookup("MXLOGIN_OUTPUT")
	}
	return format == string(output.JSON)
}

func (a *App) isGiven(flag string) bool {
	return a.flags != nil && a.flags.Changed(flag)
}

// settingFlags returns the flags that were given and stand for a setting, by its
// key.
func (a *App) settingFlags() map[string]string {
	given := map[string]string{}
	if a.flags == nil {
		return given
	}
	for _, setting := range config.Table() {
		if flag := a.flags.Lookup(setting.Flag); flag != nil && flag.Changed {
			given[setting.Key] = flag.Value.String()
		}
	}
	return given
}
