package config

import (
	"os"
	"os/user"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
)

// DefaultPath is where the config file belongs if nothing names it:
// $XDG_CONFIG_HOME/mxlogin/config.yaml, else ~/.config/mxlogin/config.yaml, on
// Windows %LocalAppData%\mxlogin\config.yaml. Variables that are empty or hold a
// relative path are ignored. Without a home directory the error is
// [ErrNoDefaultPath].
func DefaultPath(lookup func(string) (string, bool)) (string, error) {
	base := absoluteVariable(lookup, "XDG_CONFIG_HOME")
	if base == "" {
		base = configHome(lookup)
	}
	if base == "" {
		return "", ErrNoDefaultPath
	}
	return filepath.Join(base, "mxlogin", "config.yaml"), nil
}

// configHome is the system's place for the configuration of a user, or empty.
func configHome(lookup func(string) (string, bool)) string {
	if runtime.GOOS == "windows" {
		return absoluteVariable(lookup, "LocalAppData")
	}
	home := homeDirectory(lookup)
	if home == "" {
		return ""
	}
	return filepath.Join(home, ".config")
}

// ExpandHome replaces a leading "~/" of a path by the home directory, as a shell does only
// where it sees one: not in --config=~/x, in a variable or in a file. Without a home
// directory the path stays as it is.
func ExpandHome(path string, lookup func(string) (string, bool)) string {
	rest, found := strings.CutPrefix(path, "~/")
	if !found && runtime.GOOS == "windows" {
		rest, found = strings.CutPrefix(path, `~\`)
	}
	home := homeDirectory(lookup)
	if !found || home == "" {
		return path
	}
	return filepath.Join(home, rest)
}

// homeDirectory is the home directory, or empty.
func homeDirectory(lookup func(string) (string, bool)) string {
	if runtime.GOOS == "windows" {
		return absoluteVariable(lookup, "USERPROFILE")
	}
	if home := absoluteVariable(lookup, "HOME"); home != "" {
		return home
	}
	return passwdHome()
}

func absoluteVariable(lookup func(string) (string, bool), name string) string {
	value, _ := lookup(name)
	if !filepath.IsAbs(value) {
		return ""
	}
	return value
}

// passwdHome is the home directory of the passwd entry of this process, or
// empty: containers run under user IDs that have none. user.Current is not
// asked, because it falls back on the environment.
func passwdHome() string {
	entry, err := user.LookupId(strconv.Itoa(os.Getuid()))
	if err != nil || !filepath.IsAbs(entry.HomeDir) {
		return ""
	}
	return entry.HomeDir
}
