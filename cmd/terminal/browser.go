package terminal

import (
	"errors"
	"os/exec"
	"runtime"
	"slices"
	"strings"

	"github.com/cli/browser"
)

// FindBrowser returns what opens a URL in a browser, or nil where there is none that the
// person could see: over ssh, in a container, without a display. BROWSER names a program
// of the person's own, which goes before all that; "%s" in it stands for the URL.
//
// The URL must be one of ours: what opens it may take "-x" for a flag and "file:" for a
// program to run. Nothing that a browser prints is shown.
func FindBrowser(lookup func(name string) (string, bool), environ []string) func(url string) error {
	if command, _ := lookup("BROWSER"); command != "" {
		return func(url string) error { return runBrowser(command, url, environ) }
	}
	if !hasDisplay(runtime.GOOS, lookup) {
		return nil
	}
	browser.Stdout, browser.Stderr = nil, nil
	return func(url string) error {
		err := browser.OpenURL(url)
		if missing := (*exec.Error)(nil); errors.As(err, &missing) {
			return errors.New("there is no program that opens one")
		}
		return err
	}
}

// hasDisplay reports whether a window that is opened is one that the person sees.
func hasDisplay(system string, lookup func(string) (string, bool)) bool {
	isSet := func(name string) bool {
		value, _ := lookup(name)
		return value != ""
	}
	if system == "windows" || system == "darwin" {
		return !slices.ContainsFunc([]string{"SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY"}, isSet)
	}
	return slices.ContainsFunc([]string{"DISPLAY", "WAYLAND_DISPLAY", "WSL_DISTRO_NAME"}, isSet)
}

// runBrowser runs a command, without a shell, with the URL in it or after it. It has no
// other environment than environ.
func runBrowser(command, url string, environ []string) error {
	words, err := SplitCommand(command)
	if err != nil || len(words) == 0 {
		return errors.New("BROWSER cannot be read as a command")
	}
	named := false
	for i, word := range words {
		words[i] = strings.ReplaceAll(word, "%s", url)
		named = named || words[i] != word
	}
	if !named {
		words = append(words, url)
	}
	program := exec.Command(words[0], words[1:]...) //nolint:noctx // it may be the browser, which stays
	program.Env = append([]string{}, environ...)    // nil would pass on ours
	if err := program.Run(); err != nil {
		return errors.New("BROWSER: " + reason(err).Error())
	}
	return nil
}
