package config

import (
	"errors"
	"path/filepath"
	"runtime"
	"testing"
)

func TestS18_DefaultPath(t *testing.T) {
	root := t.TempDir() // absolute on every system
	homeKey, dir := "HOME", filepath.Join(root, ".config")
	if runtime.GOOS == "windows" {
		homeKey, dir = "LocalAppData", root
	}
	tests := map[string]struct {
		env  map[string]string
		want string
	}{
		"XDG_CONFIG_HOME":     {map[string]string{"XDG_CONFIG_HOME": filepath.Join(root, "xdg"), homeKey: root}, filepath.Join(root, "xdg")},
		"no XDG_CONFIG_HOME":  {map[string]string{homeKey: root}, dir},
		"empty":               {map[string]string{"XDG_CONFIG_HOME": "", homeKey: root}, dir},
		"relative":            {map[string]string{"XDG_CONFIG_HOME": "xdg", homeKey: root}, dir},
		"relative with a dot": {map[string]string{"XDG_CONFIG_HOME": "./xdg", homeKey: root}, dir},
	}
	for name, test := range tests {
		got, err := DefaultPath(environment(test.env))
		if want := filepath.Join(test.want, "mxlogin", "config.yaml"); err != nil || got != want {
			t.Errorf("%s: got %s, %v, want %s", name, got, err, want)
		}
	}
}

// TestS18_WithoutHOME asks the passwd entry, or fails: it guesses nothing.
func TestS18_WithoutHOME(t *testing.T) {
	want := passwdHome()
	for name, home := range map[string]string{"unset": "", "relative": "home", "relative with a dot": "./home"} {
		got, err := DefaultPath(environment(map[string]string{"HOME": home}))
		if runtime.GOOS == "windows" || want == "" {
			if !errors.Is(err, ErrNoDefaultPath) {
				t.Errorf("%s: got %s, %v", name, got, err)
			}
			continue
		}
		if err != nil || got != filepath.Join(want, ".config", "mxlogin", "config.yaml") {
			t.Errorf("%s: got %s, %v", name, got, err)
		}
	}
}
