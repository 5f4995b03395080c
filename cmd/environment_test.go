package cmd

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mxlogin/client/clienttest"
)

// TestQ7_NamesHaveNoCaseOnWindows switches that rule on.
func TestQ7_NamesHaveNoCaseOnWindows(t *testing.T) {
	e := newEnvironment([]string{
		"Path=/bin", "mxlogin_Output=json", "LOCALAPPDATA=/a", "=C:=C:\\dir", "=D:=D:\\", "plain",
		"mxlogin_password=pw-CANARY-1", "MXLOGIN_Login_Token=pw-CANARY-2", "MXLOGIN_PASSWORD=pw-CANARY-3",
	}, true)
	for _, name := range []string{"PATH", "Path", "path"} {
		if value, ok := e.Lookup(name); !ok || value != "/bin" {
			t.Errorf("%s is %q, %t", name, value, ok)
		}
	}
	if value, _ := e.Lookup("LocalAppData"); value != "/a" {
		t.Errorf("LocalAppData is %q", value)
	}
	if value, ok := e.Secret(envPassword); !ok || value.Reveal() != "pw-CANARY-3" {
		t.Errorf("of two spellings the last is not taken: %t", ok)
	}
	if value, ok := e.Secret(envLoginToken); !ok || value.Reveal() != "pw-CANARY-2" {
		t.Errorf("the login token is not found: %t", ok)
	}
	if value, ok := e.Lookup(envPassword); ok {
		t.Errorf("Lookup returns a secret: %q", value)
	}
	if diff := cmp.Diff([]string{"mxlogin_password", "MXLOGIN_Login_Token", "MXLOGIN_PASSWORD"}, e.SecretNames()); diff != "" {
		t.Error(diff)
	}
	children := e.ForChildren()
	if diff := cmp.Diff([]string{"=C:=C:\\dir", "=D:=D:\\", "LOCALAPPDATA=/a", "mxlogin_Output=json", "Path=/bin", "plain="}, children); diff != "" {
		t.Error(diff)
	}
	clienttest.ScanForSecrets(t, "the environment of children", []byte(strings.Join(children, "\n")), "pw-CANARY-1", "pw-CANARY-2", "pw-CANARY-3")
}

func TestQ7_TheLastOfTwoSpellingsCounts(t *testing.T) {
	e := newEnvironment([]string{"PATH=/first", "Path=/second"}, true)
	if diff := cmp.Diff([]string{"Path=/second"}, e.ForChildren()); diff != "" {
		t.Error(diff)
	}
}

func TestQ7_NamesHaveCaseElsewhere(t *testing.T) {
	e := newEnvironment([]string{"PATH=/first", "Path=/second", "mxlogin_password=of another program"}, false)
	if value, _ := e.Lookup("PATH"); value != "/first" {
		t.Errorf("PATH is %q", value)
	}
	if _, ok := e.Secret(envPassword); ok || len(e.SecretNames()) > 0 {
		t.Error("another variable is taken for password")
	}
	if diff := cmp.Diff([]string{"PATH=/first", "Path=/second", "mxlogin_password=of another program"}, e.ForChildren()); diff != "" {
		t.Error(diff)
	}
}

// TestQ7_ARunGoesByFoldedNames finds the config file and the settings by names in
// another case.
func TestQ7_ARunGoesByFoldedNames(t *testing.T) {
	home := t.TempDir()
	saved := filepath.Join(home, "mxlogin", "config.yaml")
	if err := os.Mkdir(filepath.Dir(saved), 0o700); err != nil {
		t.Fatal(err)
	}
	const file = "version: 1\naccounts:\n  - {name: work, user_id: '@a:hs.test', homeserver: 'https://hs.test', access_token: tok-of-the-test}\n"
	if err := os.WriteFile(saved, []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	app := &App{Stdout: &stdout, Stderr: &stderr, Environment: newEnvironment([]string{"Xdg_Config_Home=" + home, "mxlogin_output=json"}, true)}
	code := Run(context.Background(), []string{"accounts"}, app)
	if code != exitOK || !strings.HasPrefix(stdout.String(), `{"default":"","accounts":[{"account":"work"`) {
		t.Errorf("exit code %d\n%s%s", code, stdout.String(), stderr.String())
	}
}
