package config

import (
	"path/filepath"
	"runtime"
	"testing"
)

func TestQ46_ALeadingTildeIsTheHomeDirectory(t *testing.T) {
	home := t.TempDir()
	lookup := environment(map[string]string{"HOME": home, "USERPROFILE": home})
	for path, want := range map[string]string{
		"~/ca.pem": filepath.Join(home, "ca.pem"), "~/a/b": filepath.Join(home, "a", "b"),
		"~": "~", "~alice/x": "~alice/x", "./~/x": "./~/x", "": "", "/x/~/y": "/x/~/y",
	} {
		if got := ExpandHome(path, lookup); got != want {
			t.Errorf("%q is %q, want %q", path, got, want)
		}
	}
	for source, settings := range map[string]*Settings{
		"flag":        mustResolveAt(t, map[string]string{"ca_file": "~/ca.pem"}, map[string]string{"HOME": home, "USERPROFILE": home}),
		"environment": mustResolveAt(t, nil, map[string]string{"HOME": home, "USERPROFILE": home, "MXLOGIN_CA_FILE": "~/ca.pem"}),
	} {
		if settings.CAFile != filepath.Join(home, "ca.pem") {
			t.Errorf("%s: %q", source, settings.CAFile)
		}
	}
	if runtime.GOOS != "windows" {
		if got := ExpandHome("~/x", environment(nil)); got == "~/x" && passwdHome() != "" {
			t.Error("the home directory of the passwd entry is not asked")
		}
	}
}

func mustResolveAt(t *testing.T, flags, env map[string]string) *Settings {
	t.Helper()
	settings, err := Resolve(flags, environment(env), nil)
	if err != nil {
		t.Fatal(err)
	}
	return settings
}

// TestQ16_ARelativeCAFile is absolute from where it was typed on, and refused where it is
// used from anywhere.
func TestQ16_ARelativeCAFile(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	want, err := filepath.Abs("ca.pem")
	if err != nil {
		t.Fatal(err)
	}
	for _, settings := range []*Settings{
		mustResolveAt(t, map[string]string{"ca_file": "ca.pem"}, nil),
		mustResolveAt(t, nil, map[string]string{"MXLOGIN_CA_FILE": "./ca.pem"}),
	} {
		if settings.CAFile != want {
			t.Errorf("got %q, want %q", settings.CAFile, want)
		}
	}
	file := mustParse(t, "version: 1\nsettings: {ca_file: ca.pem}\n")
	if _, err := Resolve(nil, environment(nil), file); err == nil {
		t.Error("a relative path in the file is taken")
	}
	if err := ParseSetting("ca_file", "ca.pem"); err == nil {
		t.Error("a relative path is set")
	}
	if err := ParseSetting("ca_file", "~/ca.pem"); err != nil {
		t.Error(err)
	}
}
