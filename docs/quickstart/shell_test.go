package main

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestOwnEnvironment(t *testing.T) {
	t.Parallel()
	got := ownEnvironment([]string{
		"PATH=/bin", "HOME=/home/reader", "XDG_CONFIG_HOME=/x", "CI=1", "MXLOGIN_PASSWORD=secret", "mxlogin_account=a",
		"http_proxy=p", "HTTPS_PROXY=p", "no_proxy=p", "GOPROXY=direct", "CITY=x", "LANG=C",
	}, "home")
	want := []string{"PATH=/bin", "GOPROXY=direct", "CITY=x", "LANG=C", "HOME=home", "XDG_CONFIG_HOME=home" + string(os.PathSeparator) + ".config"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// A demo that does not know the token could not shorten it.
func TestShown_NoTokenNoOutput(t *testing.T) {
	t.Parallel()
	const token = "a-token-of-some-length"
	tests := map[string]struct {
		known, stdout string
		want          string // empty: an error
	}{
		"learned":        {stdout: token + "\n", want: "a-to...\n"},
		"known":          {known: token, stdout: "token: " + token + "\n", want: "token: a-to...\n"},
		"not that token": {known: token, stdout: "token: another-token-than-that\n"},
		"short":          {stdout: "short\n"},
		"empty":          {stdout: "\n"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			shell := &shell{token: test.known}
			got, err := shell.shown(step{showsToken: true}, result{stdout: test.stdout})
			if got != test.want || (err == nil) != (test.want != "") {
				t.Errorf("%q, %v; want %q", got, err, test.want)
			}
		})
	}
}

func TestPlay_UnexpectedExitCode(t *testing.T) {
	t.Parallel()
	executable, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	// The test binary stands for mxlogin: it exits 2 on a flag it does not know.
	for want, failed := range map[int]bool{0: true, 2: false} {
		var out bytes.Buffer
		shell := &shell{out: &out, mxlogin: executable, home: t.TempDir()}
		err := shell.play(t.Context(), step{why: "Why.", args: []string{"-no-such-flag"}, exitCode: want})
		if (err != nil) != failed {
			t.Errorf("expected exit code %d: error %v", want, err)
		}
		if !strings.HasPrefix(out.String(), "# Why.\n$ mxlogin -no-such-flag\n") || !strings.HasSuffix(out.String(), "(exit code 2)\n\n") {
			t.Errorf("it showed:\n%s", &out)
		}
	}
}
