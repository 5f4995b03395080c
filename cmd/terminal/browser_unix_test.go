//go:build unix

package terminal_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mxlogin/cmd/terminal"
)

const loginPage = "https://hs.test/login?redirectUrl=http%3A%2F%2F127.0.0.1%3A1%2FA&action=login"

// fakeBrowser writes a program that notes its arguments and its environment, speaks on
// both streams, and exits with code.
func fakeBrowser(t *testing.T, name string, code int) (path string, arguments, environment func() []string) {
	t.Helper()
	dir := t.TempDir()
	path = filepath.Join(dir, name)
	script := fmt.Sprintf("#!/bin/sh\nprintf '%%s\\0' \"$@\" >'%[1]s/arguments'\n/usr/bin/env >'%[1]s/environment'\n"+
		"echo said on stdout\necho said on stderr >&2\nexit %d\n", dir, code)
	if err := os.WriteFile(path, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	read := func(name, separator string) func() []string {
		return func() []string {
			t.Helper()
			content, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				t.Fatalf("the browser did not run: %v", err)
			}
			return strings.Split(strings.TrimSuffix(string(content), separator), separator)
		}
	}
	return path, read("arguments", "\x00"), read("environment", "\n")
}

// named is an environment in which BROWSER is command.
func named(command string) func(string) (string, bool) {
	return func(name string) (string, bool) { return command, name == "BROWSER" }
}

func TestL22_BROWSERIsSplitWithoutAShell(t *testing.T) {
	tests := map[string]struct {
		after string // after the program
		want  []string
	}{
		"alone":               {"", []string{loginPage}},
		"a flag":              {" --new-window", []string{"--new-window", loginPage}},
		"a place":             {" --url %s --wait", []string{"--url", loginPage, "--wait"}},
		"a place in a word":   {" --url=%s", []string{"--url=" + loginPage}},
		"two places":          {" %s '%s'", []string{loginPage, loginPage}},
		"other verbs":         {" %d %%", []string{"%d", "%%", loginPage}},
		"quoted":              {` 'a  b' "c d" e\ f`, []string{"a  b", "c d", "e f", loginPage}},
		"a quoted semicolon":  {` ';' touch\;pwned`, []string{";", "touch;pwned", loginPage}},
		"a quoted command":    {` "$(touch pwned)"`, []string{"$(touch pwned)", loginPage}},
		"backquotes":          {" `touch pwned`", []string{"`touch", "pwned`", loginPage}},
		"quoted backquotes":   {" '`touch pwned`'", []string{"`touch pwned`", loginPage}},
		"quoted operators":    {` '|' "&&" \> pwned`, []string{"|", "&&", ">", "pwned", loginPage}},
		"nothing is expanded": {" $HOME ~ * ${IFS}", []string{"$HOME", "~", "*", "${IFS}", loginPage}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			path, arguments, _ := fakeBrowser(t, "browser", 0)
			if err := terminal.FindBrowser(named(path+test.after), nil)(loginPage); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, arguments()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if entries, err := os.ReadDir("."); err != nil || len(entries) > 0 {
				t.Errorf("%v; there are files: %v", err, entries)
			}
		})
	}
}

// TestL22_BROWSERThatNeedsAShellIsNotRun: operators that are not quoted are refused, as
// in other commands that a person names.
func TestL22_BROWSERThatNeedsAShellIsNotRun(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, after := range []string{"; touch pwned", " $(touch pwned)", " | cat", " && touch pwned", " &", " > pwned"} {
		path, _, _ := fakeBrowser(t, "browser", 0)
		err := terminal.FindBrowser(named(path+after), nil)(loginPage)
		if err == nil || err.Error() != "BROWSER cannot be read as a command" {
			t.Errorf("%q: got %v", after, err)
		}
		for _, file := range []string{"pwned", filepath.Join(filepath.Dir(path), "arguments")} {
			if _, err := os.Stat(file); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("%q: something was run", after)
			}
		}
	}
}

// TestL22_TheURLStaysOneArgument whatever it holds.
func TestL22_TheURLStaysOneArgument(t *testing.T) {
	t.Chdir(t.TempDir())
	const url = "https://hs.test/?a=b c;touch pwned&d=$(touch pwned)`touch pwned`'\"%s"
	path, arguments, _ := fakeBrowser(t, "browser", 0)
	if err := terminal.FindBrowser(named(path+" -u %s"), nil)(url); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"-u", url}, arguments()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestL22_BROWSERThatFails(t *testing.T) {
	exits3, _, _ := fakeBrowser(t, "browser", 3)
	tests := map[string]struct{ command, want string }{
		"exits 3":       {exits3, "BROWSER: exit status 3"},
		"no such file":  {"/nonexistent/browser --flag", "BROWSER: no such file or directory"},
		"not in PATH":   {"mxlogin-no-such-browser", "BROWSER: executable file not found in $PATH"},
		"an open quote": {"browser 'a", "BROWSER cannot be read as a command"},
		"only blanks":   {" \t ", "BROWSER cannot be read as a command"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			err := terminal.FindBrowser(named(test.command), nil)(loginPage)
			if err == nil || err.Error() != test.want {
				t.Errorf("got %v, want %s", err, test.want)
			}
		})
	}
}

func TestL31_BROWSERGetsTheEnvironmentGivenOnly(t *testing.T) {
	t.Setenv("MXLOGIN_PASSWORD", canary)
	for name, environ := range map[string][]string{"given": {"ONLY=this"}, "empty": {}, "nil": nil} {
		t.Run(name, func(t *testing.T) {
			path, _, environment := fakeBrowser(t, "browser", 0)
			if err := terminal.FindBrowser(named(path), environ)(loginPage); err != nil {
				t.Fatal(err)
			}
			got := environment()
			if strings.Contains(strings.Join(got, "\n"), canary) {
				t.Errorf("it holds a secret of ours: %q", got)
			}
			if want := len(environ) > 0; slices.Contains(got, "ONLY=this") != want {
				t.Errorf("it is %q", got)
			}
		})
	}
}

// TestL31_ABrowserSaysNothingOnOurStreams: programs that open one print warnings, and the
// URL.
func TestL31_ABrowserSaysNothingOnOurStreams(t *testing.T) {
	for name, variables := range map[string]func(path string) []string{
		"BROWSER":  func(path string) []string { return []string{"BROWSER=" + path} },
		"xdg-open": func(path string) []string { return []string{"DISPLAY=:0", "PATH=" + filepath.Dir(path)} },
	} {
		for _, code := range []int{0, 3} {
			t.Run(fmt.Sprintf("%s exits %d", name, code), func(t *testing.T) {
				if name == "xdg-open" && !hasXDG() {
					t.Skip("this system opens a browser by another program")
				}
				path, arguments, _ := fakeBrowser(t, "xdg-open", code)
				report, out := browse(t, variables(path)...)
				if out != "" {
					t.Errorf("on our streams: %q", out)
				}
				if diff := cmp.Diff([]string{loginPage}, arguments()); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
				if failed := strings.Contains(report, "exit status 3"); failed != (code == 3) {
					t.Errorf("the program reports %q", report)
				}
			})
		}
	}
}

func TestL22_NoProgramOpensABrowser(t *testing.T) {
	if !hasXDG() {
		t.Skip("this system opens a browser by another program")
	}
	report, out := browse(t, "DISPLAY=:0", "PATH="+t.TempDir())
	if report != "failed: there is no program that opens one\n" || out != "" {
		t.Errorf("the program reports %q and writes %q", report, out)
	}
}

// TestL22_NobodySeesAWindow: xdg-open is there and is not run.
func TestL22_NobodySeesAWindow(t *testing.T) {
	if !hasXDG() {
		t.Skip("this system has a display unless it is reached by ssh")
	}
	path, _, _ := fakeBrowser(t, "xdg-open", 0)
	report, _ := browse(t, "PATH="+filepath.Dir(path))
	if report != "no browser\n" {
		t.Errorf("the program reports %q", report)
	}
}

// browse lets another process find a browser in an environment, and open a page in it.
// It returns what became of that, and all that was written to the process's streams.
func browse(t *testing.T, variables ...string) (report, out string) {
	t.Helper()
	reports, w := openPair(os.Pipe())(t)
	defer func() { _ = reports.Close() }()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0])
	cmd.Env = append(variables, roleVariable+"=browse", "GORACE=atexit_sleep_ms=0")
	cmd.ExtraFiles = []*os.File{w}
	written, err := cmd.CombinedOutput()
	_ = w.Close()
	if err != nil {
		t.Fatalf("%v\n%s", err, written)
	}
	var text bytes.Buffer
	_, _ = text.ReadFrom(reports)
	return text.String(), string(written)
}

// hasXDG reports whether xdg-open is what opens a browser on this system.
func hasXDG() bool { return runtime.GOOS != "darwin" }
