package cmd

import (
	"context"

	"github.com/spf13/cobra"

	"mxlogin/cmd/output"
	"mxlogin/config"
)

func newConfig(app *App) *cobra.Command {
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
			Use: "get KEY", Short: "Print the value in force of a setting",
			Args: exactly(1, " KEY"),
			RunE: func(_ *cobra.Command, args []string) error { return runConfigGet(app, args[0]) },
		},
		&cobra.Command{
			Use: "set KEY VALUE", Short: "Change a setting in the config file",
			Args: exactly(2, " KEY VALUE"),
			RunE: func(cmd *cobra.Command, args []string) error {
				return runConfigSet(cmd.Context(), app, args[0], args[1])
			},
		},
		&cobra.Command{
			Use: "unset KEY", Short: "Take a setting out of the config file",
			Args: exactly(1, " KEY"),
			RunE: func(cmd *cobra.Command, args []string) error {
				return runConfigUnset(cmd.Context(), app, args[0])
			},
		},
		&cobra.Command{
			Use: "list", Short: "Show all settings, their values and where these come from",
			Args: exactly(0, ""),
			RunE: func(*cobra.Command, []string) error { return runConfigList(app) },
		},
		&cobra.Command{
			Use: "path", Short: "Print the path of the config file",
			Args: exactly(0, ""),
			RunE: func(*cobra.Command, []string) error { return runConfigPath(app) },
		},
	)
	return group
}

// settingValue is the JSON of a setting.
type settingValue struct {
	Key    string `json:"key"`
	Value  string `json:"value"`
	Source string `json:"source"`
}

func (a *App) settingValues() ([]settingValue, error) {
	settings, err := a.Settings()
	if err != nil {
		return nil, err
	}
	var values []settingValue
	for _, setting := range config.Table() {
		if setting.InFile {
			values = append(values, settingValue{setting.Key, settings.Text(setting.Key), settings.Source(setting.Key).String()})
		}
	}
	return values, nil
}

func runConfigGet(app *App, key string) error {
	format, err := app.plainFormat()
	if err != nil {
		return err
	}
	values, err := app.settingValues()
	if err != nil {
		return err
	}
	for _, v := range values {
		if v.Key != key {
			continue
		}
		if format == output.JSON {
			return app.printer(format).JSON(v)
		}
		return app.printer(format).Exact("the value", v.Value)
	}
	return config.CheckKey(key)
}

func runConfigSet(ctx context.Context, app *App, key, value string) error {
	if err := config.ParseSetting(key, value); err != nil {
		return err
	}
	store, err := app.Store()
	if err != nil {
		return err
	}
	return store.Update(ctx, func(file *config.File) error { return file.SetSetting(key, value) })
}

func runConfigUnset(ctx context.Context, app *App, key string) error {
	if err := config.CheckKey(key); err != nil {
		return err
	}
	store, err := app.Store()
	if err != nil {
		return err
	}
	return store.Update(ctx, func(file *config.File) error {
		file.UnsetSetting(key)
		return nil
	})
}

func runConfigList(app *App) error {
	format, err := app.plainFormat()
	if err != nil {
		return err
	}
	values, err := app.settingValues()
	if err != nil {
		return err
	}
	if format == output.JSON {
		return app.printer(format).JSON(map[string]any{"settings": values})
	}
	rows := make([][]string, len(values))
	for i, v := range values {
		rows[i] = []string{v.Key, v.Value, v.Source}
	}
	return app.printer(format).Table([]string{"SETTING", "VALUE", "FROM"}, rows)
}

func runConfigPath(app *App) error {
	store, err := app.Store()
	if err != nil {
		return err
	}
	if app.wantsJSON() {
		return app.printer(output.JSON).JSON(map[string]string{"path": store.Path()})
	}
	return app.printer(output.Text).Exact("the path", store.Path())
}
