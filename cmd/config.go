package cmd

import (
	"context"

	"github.com/spf13/cobra"

	"mxlogin/cmd/choose"
	"mxlogin/cmd/output"
	"mxlogin/cmd/session"
	"mxlogin/config"
)

func newConfig(r *run) *cobra.Command {
	group := &cobra.Command{
		Use:   "config",
		Short: "Show and change settings",
		Long: `Show and change the settings in the config file. A flag goes before its
environment variable, and that before the setting in the file.`,
		Example: `  mxlogin config list
  mxlogin config set homeserver example.org
  mxlogin config unset homeserver`,
	}
	group.AddCommand(
		&cobra.Command{
			Use: "get KEY", Short: "Print the value of a setting",
			Args: exactly(1, " KEY"),
			RunE: r.tokenless(func(_ context.Context, args []string) error { return runConfigGet(r, args[0]) }),
		},
		&cobra.Command{
			Use: "set KEY VALUE", Short: "Change a setting in the config file",
			Long: `Change a setting in the config file. The keys are those that mxlogin config list
shows; a value that no command could use is refused.`,
			Example: `  mxlogin config set homeserver example.org
  mxlogin config set ca_file /etc/ssl/matrix.pem`,
			Args: exactly(2, " KEY VALUE"),
			RunE: func(cmd *cobra.Command, args []string) error {
				return runConfigSet(cmd.Context(), r, args[0], args[1])
			},
		},
		&cobra.Command{
			Use: "unset KEY", Short: "Remove a setting from the config file",
			Args: exactly(1, " KEY"),
			RunE: func(cmd *cobra.Command, args []string) error {
				return runConfigUnset(cmd.Context(), r, args[0])
			},
		},
		&cobra.Command{
			Use: "list", Short: "List the settings, their values and where these come from",
			Args: exactly(0, ""),
			RunE: r.tokenless(func(context.Context, []string) error { return runConfigList(r) }),
		},
		&cobra.Command{
			Use: "path", Short: "Print the path of the config file",
			Args: exactly(0, ""),
			RunE: func(*cobra.Command, []string) error { return runConfigPath(r) },
		},
	)
	return group
}

// settingValue is the JSON of a setting.
type settingValue struct {
	Key    string `json:"key" doc:"name of the setting"`
	Value  string `json:"value" doc:"its value in force"`
	Source string `json:"source" doc:"flag, environment, file or default"`
}

// settingList is the JSON of all settings.
type settingList struct {
	Settings []settingValue `json:"settings" doc:"all settings that the file can hold"`
}

// configPath is the JSON of the config file's place.
type configPath struct {
	Path string `json:"path" doc:"path of the config file, which need not be there"`
}

func (r *run) settingValues() []settingValue {
	var values []settingValue
	for _, setting := range config.Table() {
		if setting.InFile {
			values = append(values, settingValue{setting.Key, r.settings.Text(setting.Key), r.settings.Source(setting.Key).String()})
		}
	}
	return values
}

func runConfigGet(r *run, key string) error {
	for _, v := range r.settingValues() {
		if v.Key != key {
			continue
		}
		if r.format == output.JSON {
			return r.print().JSON(v)
		}
		return r.print().Exact("the value", v.Value)
	}
	return config.CheckKey(key)
}

func runConfigSet(ctx context.Context, r *run, key, value string) error {
	if err := r.checkSetting(key, value); err != nil {
		return err
	}
	store, err := r.store()
	if err != nil {
		return err
	}
	return store.Update(ctx, func(file *config.File) error { return file.SetSetting(key, value) })
}

// checkSetting holds that a command could use the value, as far as this machine can tell.
func (r *run) checkSetting(key, value string) error {
	err := config.ParseSetting(key, value)
	switch {
	case err != nil:
	case key == "homeserver":
		_, err = choose.ParseHomeserver(key, value, r.reporter.Warning)
	case key == "ca_file":
		_, err = session.CheckCAFile(config.ExpandHome(value, r.Environment.Lookup))
	case key == "allow_http":
		_, err = session.CheckAllowHTTP(value)
	}
	return err
}

func runConfigUnset(ctx context.Context, r *run, key string) error {
	if err := config.CheckKey(key); err != nil {
		return err
	}
	store, err := r.store()
	if err != nil {
		return err
	}
	return store.Update(ctx, func(file *config.File) error {
		file.UnsetSetting(key)
		return nil
	})
}

func runConfigList(r *run) error {
	values := r.settingValues()
	if r.format == output.JSON {
		return r.print().JSON(settingList{Settings: values})
	}
	rows := make([][]string, len(values))
	for i, v := range values {
		rows[i] = []string{v.Key, v.Value, v.Source}
	}
	return r.print().Table([]string{"SETTING", "VALUE", "FROM"}, rows)
}

func runConfigPath(r *run) error {
	store, err := r.store()
	if err != nil {
		return err
	}
	if r.wantsJSON() {
		return r.printer(output.JSON).JSON(configPath{Path: store.Path()})
	}
	return r.printer(output.Text).Exact("the path", store.Path())
}
