package config

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

var ignoreSources = cmpopts.IgnoreUnexported(Settings{})

func TestResolveDefaults(t *testing.T) {
	got, err := Resolve(nil, environment(nil), nil)
	if err != nil {
		t.Fatal(err)
	}
	want := &Settings{
		Output: "text", Timeout: 30 * time.Second, MaxWait: time.Minute, LoginTimeout: 5 * time.Minute,
		DeviceName: "mxlogin", Storage: "file", OAuthClientURI: "https://mxlogin.invalid/",
	}
	if diff := cmp.Diff(want, got, ignoreSources); diff != "" {
		t.Error(diff)
	}
	for _, setting := range Table() {
		if setting.Default == "" {
			continue
		}
		if err := setting.check(setting.Default, SourceFile, "default"); err != nil {
			t.Error(err)
		}
	}
}

// TestEverySettingReachesItsField sets each setting of the table from each of
// its sources.
func TestEverySettingReachesItsField(t *testing.T) {
	values := map[Kind]string{KindText: "v", KindBool: "true", KindDuration: "7s", KindList: "a,b", KindChoice: "json", KindPage: "https://bot.example.org/", KindPath: "/etc/ca.pem"}
	defaults, err := Resolve(nil, environment(nil), nil)
	if err != nil {
		t.Fatal(err)
	}
	fields := make(map[string]bool)
	for _, setting := range Table() {
		value := values[setting.Kind]
		if setting.Key == "storage" {
			value = "none"
		}
		inputs := map[Source]*Settings{}
		inputs[SourceEnv] = mustResolve(t, nil, map[string]string{setting.Env: value}, nil)
		if setting.Flag != "" {
			inputs[SourceFlag] = mustResolve(t, map[string]string{setting.Key: value}, nil, nil)
		}
		if setting.InFile {
			file := newFile()
			if err := file.SetSetting(setting.Key, value); err != nil {
				t.Fatal(err)
			}
			inputs[SourceFile] = mustResolve(t, nil, nil, mustParse(t, string(mustBytes(t, file))))
		}
		for source, got := range inputs {
			changed := changedFields(defaults, got)
			if len(changed) != 1 {
				t.Errorf("%s from the %v changes %q", setting.Key, source, changed)
				continue
			}
			fields[changed[0]] = true
			if got.Source(setting.Key) != source {
				t.Errorf("%s from the %v: the source is said to be %v", setting.Key, source, got.Source(setting.Key))
			}
		}
	}
	if len(fields) != len(Table()) {
		t.Errorf("%d settings reach %d fields", len(Table()), len(fields))
	}
}

func changedFields(a, b *Settings) (changed []string) {
	x, y := reflect.ValueOf(*a), reflect.ValueOf(*b)
	for _, field := range reflect.VisibleFields(x.Type()) {
		if field.IsExported() && !reflect.DeepEqual(x.FieldByIndex(field.Index).Interface(), y.FieldByIndex(field.Index).Interface()) {
			changed = append(changed, field.Name)
		}
	}
	return changed
}

func TestPrecedenceOfSources(t *testing.T) {
	file := mustParse(t, "version: 1\nsettings:\n  timeout: 1s\n  allow_http: [f1, f2]\n  no_input: false\n  quiet: TRUE\n")
	flags := map[string]string{"timeout": "3s"}
	env := map[string]string{"MXLOGIN_TIMEOUT": "2s", "MXLOGIN_ALLOW_HTTP": ""}
	tests := []struct {
		flags, env map[string]string
		file       *File
		want       time.Duration
		source     Source
	}{
		{flags, env, file, 3 * time.Second, SourceFlag},
		{nil, env, file, 2 * time.Second, SourceEnv},
		{nil, nil, file, time.Second, SourceFile},
		{nil, nil, nil, 30 * time.Second, SourceDefault},
	}
	for _, test := range tests {
		got := mustResolve(t, test.flags, test.env, test.file)
		if got.Timeout != test.want || got.Source("timeout") != test.source {
			t.Errorf("got %v from the %v, want %v from the %v", got.Timeout, got.Source("timeout"), test.want, test.source)
		}
	}
	got := mustResolve(t, nil, env, file)
	if !cmp.Equal(got.AllowHTTP, []string{"f1", "f2"}) || !got.Quiet {
		t.Errorf("an empty variable is not an unset one, or TRUE not true: %+v", got)
	}
}

func TestCIMeansNoInput(t *testing.T) {
	tests := []struct {
		flags, env map[string]string
		want       bool
	}{
		{nil, map[string]string{"CI": "true"}, true},
		{nil, map[string]string{"CI": "1"}, true},
		{nil, map[string]string{"CI": "false"}, false},
		{nil, map[string]string{"CI": ""}, false},
		{nil, map[string]string{"CI": "true", "MXLOGIN_NO_INPUT": "false"}, true},
		{map[string]string{"no_input": "false"}, map[string]string{"CI": "true"}, false},
	}
	for _, test := range tests {
		if got := mustResolve(t, test.flags, test.env, nil); got.NoInput != test.want {
			t.Errorf("flags %v, environment %v: no_input is %v", test.flags, test.env, got.NoInput)
		}
	}
}

func TestResolveRefuses(t *testing.T) {
	long := strings.Repeat("x", 1000)
	tests := []struct {
		flags, env map[string]string
		file       string
		want       string
	}{
		{flags: map[string]string{"timeout": "soon"}, want: `--timeout must be a duration above 0`},
		{flags: map[string]string{"timeout": "0"}, want: "--timeout"},
		{flags: map[string]string{"timeout": "-1s"}, want: "--timeout"},
		{flags: map[string]string{"login_timeout": "0s"}, want: "--login-timeout"},
		{flags: map[string]string{"max_wait": "-1s"}, want: "--max-wait"},
		{flags: map[string]string{"output": "xml"}, want: "one of text, json, token, env, export, powershell, fish, header"},
		{flags: map[string]string{"nonsense": "x"}, want: "unknown setting"},
		{env: map[string]string{"MXLOGIN_OUTPUT": "token"}, want: "MXLOGIN_OUTPUT must be one of text, json"},
		{env: map[string]string{"MXLOGIN_QUIET": "yes"}, want: "MXLOGIN_QUIET must be true or false"},
		{env: map[string]string{"MXLOGIN_STORAGE": "cellar"}, want: "one of file, keyring, none"},
		{env: map[string]string{"MXLOGIN_ALLOW_HTTP": "a,,b"}, want: "a list without empty items"},
		{env: map[string]string{"MXLOGIN_TIMEOUT": long}, want: "MXLOGIN_TIMEOUT"},
		{file: "timeout: 30", want: "timeout in here.yaml must be a duration"},
		{file: "output: header", want: "one of text, json"},
	}
	for _, test := range tests {
		file := mustParse(t, "version: 1\nsettings: {"+test.file+"}\n")
		file.path = "here.yaml"
		_, err := Resolve(test.flags, environment(test.env), file)
		var wrong *SettingError
		if !errors.As(err, &wrong) || !strings.Contains(err.Error(), test.want) {
			t.Errorf("got %v, want %s", err, test.want)
		}
		if err != nil && len(err.Error()) > 300 {
			t.Errorf("an error of %d bytes", len(err.Error()))
		}
	}
	file := mustParse(t, "version: 1\nsettings: {timeout: soon}\n")
	if got := mustResolve(t, map[string]string{"timeout": "1s"}, nil, file); got.Timeout != time.Second {
		t.Errorf("got %v", got.Timeout)
	}
}

// TestQ4_SettingErrorsRepeatNoValue gives each setting a value that it does not take
// from each of its sources.
func TestQ4_SettingErrorsRepeatNoValue(t *testing.T) {
	const secret = "hunter2,,"
	refused := func(place string, err error) {
		t.Helper()
		var wrong *SettingError
		if !errors.As(err, &wrong) || strings.Contains(err.Error()+wrong.Hint(), "hunter2") || !strings.Contains(err.Error(), place) {
			t.Errorf("%s: %v", place, err)
		}
	}
	for _, setting := range Table() {
		if setting.Kind == KindText {
			continue
		}
		if setting.Kind == KindPath { // any text may name a file, unless the config file has it
			refused(setting.Key, ParseSetting(setting.Key, secret))
			refused(setting.Key, newFile().SetSetting(setting.Key, secret))
			continue
		}
		if setting.Flag != "" {
			_, err := Resolve(map[string]string{setting.Key: secret}, environment(nil), nil)
			refused("--"+setting.Flag, err)
		}
		_, err := Resolve(nil, environment(map[string]string{setting.Env: secret}), nil)
		refused(setting.Env, err)
		refused(setting.Key, ParseSetting(setting.Key, secret))
		refused(setting.Key, newFile().SetSetting(setting.Key, secret))
	}
	refused("unknown setting", ParseSetting("hunter2", "x"))
	refused("unknown setting", CheckKey("hunter2"))
}

func TestTheFileHoldsOnlySettingsOfItsOwn(t *testing.T) {
	file := mustParse(t, "version: 1\nsettings: {account: a, config: /c}\n")
	if got := mustResolve(t, nil, nil, file); got.Account != "" || got.Config != "" {
		t.Errorf("the file chose account %q and config %q", got.Account, got.Config)
	}
	if got := file.UnknownKeys(); !cmp.Equal(got, []UnknownKey{{Key: "settings.account", Line: 2}, {Key: "settings.config", Line: 2}}) {
		t.Errorf("unknown settings %+v", got)
	}
}

func TestMaxWaitMayBeZero(t *testing.T) {
	if got := mustResolve(t, map[string]string{"max_wait": "0"}, nil, nil); got.MaxWait != 0 {
		t.Errorf("got %v", got.MaxWait)
	}
}

func TestParseSettingSuggests(t *testing.T) {
	for key, want := range map[string]string{
		"homesever": "homeserver", "max-wait": "max_wait", "TIMEOUT": "", "timout": "timeout",
		"account": "", "config": "", "x": "", "": "", "quite": "quiet",
	} {
		err := ParseSetting(key, "v")
		var wrong *SettingError
		if !errors.As(err, &wrong) || wrong.Suggestion != want || wrong.Want != "" {
			t.Errorf("%q: got %v, want the suggestion %q", key, err, want)
		}
	}
	if err := ParseSetting("timeout", "5s"); err != nil {
		t.Error(err)
	}
}

func TestTableIsConsistent(t *testing.T) {
	seen := make(map[string]bool)
	for _, setting := range Table() {
		if setting.Meaning == "" || setting.Env != "MXLOGIN_"+strings.ToUpper(setting.Key) {
			t.Errorf("%+v", setting)
		}
		if setting.Flag != "" && setting.Flag != strings.ReplaceAll(setting.Key, "_", "-") {
			t.Errorf("the flag of %s is %s", setting.Key, setting.Flag)
		}
		if named := setting.Kind != KindBool; setting.Kind != KindChoice && named != (setting.ValueName != "") {
			t.Errorf("the value of %s is called %q", setting.Key, setting.ValueName)
		}
		for _, name := range []string{setting.Key, setting.Short} {
			if name != "" && seen[name] {
				t.Errorf("%s comes twice", name)
			}
			seen[name] = true
		}
	}
}

func environment(variables map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		value, ok := variables[name]
		return value, ok
	}
}

func mustResolve(t *testing.T, flags, env map[string]string, file *File) *Settings {
	t.Helper()
	settings, err := Resolve(flags, environment(env), file)
	if err != nil {
		t.Fatal(err)
	}
	return settings
}
