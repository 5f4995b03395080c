//go:build unix

package cmd_test

import (
	"bufio"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"mxlogin/client/clienttest"
)

// TestGuideSSO runs docs/guides/sso.md in one home, with a real browser.
func TestGuideSSO(t *testing.T) {
	server, world := newSynapseGuide(t)
	argv, err := clienttest.BrowserCommand(t.Context())
	if errors.Is(err, clienttest.ErrMissing) {
		clienttest.Skip(t, err.Error())
	}
	if err != nil {
		t.Fatal(err)
	}
	browser := "BROWSER=" + browserVariable(argv, "guide-sso")
	for _, block := range blocks(t, readText(t, "../docs/guides/sso.md"), "sh") {
		if strings.Contains(block, "mint-login-token") { // by a user who has a password
			world.sh(t, "mxlogin password alice --password-file /run/secrets/alice --account alice && mxlogin accounts use alice")
		}
		run := world.sh(t, block, browser)
		if run.code != 0 {
			t.Errorf("exit code %d\n%s%s%s", run.code, block, run.stdout, run.stderr)
		}
		clienttest.ScanForSecrets(t, "the log", []byte(run.stdout+run.stderr), world.alicePassword)
	}
	if devices, err := server.Devices(t.Context(), "guide-sso"); err != nil || len(devices) != 1 {
		t.Errorf("%v, devices %v", err, devices)
	}
}

// TestGuideRenewal runs docs/guides/renewal.md in one home.
func TestGuideRenewal(t *testing.T) {
	server, world := newSynapseGuide(t)
	run := world.sh(t, strings.Join(blocks(t, readText(t, "../docs/guides/renewal.md"), "sh"), ""))
	if run.code != 0 || !strings.Contains(run.stdout, "Renewed the session of @bot:localhost") || strings.Count(run.stdout, "@bot:localhost") < 4 {
		t.Errorf("exit code %d\n%s%s", run.code, run.stdout, run.stderr)
	}
	clienttest.ScanForSecrets(t, "the log", []byte(run.stdout+run.stderr), world.botPassword)
	if devices, err := server.Devices(t.Context(), "bot"); err != nil || len(devices) != 1 {
		t.Errorf("%v, devices %v", err, devices)
	}
}

// synapseGuide runs the commands of a guide at a Synapse, which stands for example.org.
type synapseGuide struct {
	dir, homeserver            string
	botPassword, alicePassword string
}

func newSynapseGuide(t *testing.T) (*clienttest.Synapse, synapseGuide) {
	t.Helper()
	if testing.Short() {
		t.Skip("needs a real homeserver, which -short leaves out")
	}
	if _, err := exec.LookPath("curl"); err != nil {
		clienttest.Skip(t, "there is no curl here")
	}
	server := clienttest.NewSynapse(t, clienttest.SynapseOptions{SSO: 1, GetToken: true})
	w := synapseGuide{
		dir: t.TempDir(), homeserver: server.URL(),
		botPassword: clienttest.NewCanary("pw").String(), alicePassword: clienttest.NewCanary("pw").String(),
	}
	for name, password := range map[string]string{"bot": w.botPassword, "alice": w.alicePassword} {
		if err := server.Register(t.Context(), name, password); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(w.dir, name), []byte(password), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	w.install(t)
	return server, w
}

// install puts the programs of the guides into the home.
func (w synapseGuide) install(t *testing.T) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	programs := map[string]string{"mxlogin": `exec -a mxlogin "` + self + `" "$@"`, "nightly.sh": "mxlogin whoami"}
	for name, text := range programs {
		if err := os.WriteFile(filepath.Join(w.dir, name), []byte("#!/bin/bash\n"+text+"\n"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
}

// sh runs commands as they stand in a guide, but for the names of the homeserver and of
// the directory of secrets.
func (w synapseGuide) sh(t *testing.T, text string, environ ...string) ended {
	t.Helper()
	return finish(t, w.command(t, text, environ...))
}

func (w synapseGuide) command(t *testing.T, text string, environ ...string) *exec.Cmd {
	t.Helper()
	for _, name := range []string{"bot", "alice"} {
		text = strings.ReplaceAll(text, "@"+name+":example.org", "@"+name+":localhost")
	}
	text = strings.NewReplacer("https://matrix.example.org", w.homeserver, "example.org", w.homeserver, "/run/secrets", w.dir).Replace(text)
	command := exec.CommandContext(t.Context(), "bash", "-euc", text)
	command.Dir = w.dir
	command.Env = append([]string{"HOME=" + w.dir, "PATH=" + w.dir + ":" + os.Getenv("PATH"), "MXLOGIN_HOMESERVER=" + w.homeserver, noRaceSleep}, environ...)
	return command
}

// TestGuideOAuth runs docs/guides/oauth.md in one home: with a real browser, with a code
// that somebody enters in one, and by an address that is pasted.
func TestGuideOAuth(t *testing.T) {
	server, world := newOAuthGuide(t)
	argv, err := clienttest.BrowserCommand(t.Context())
	if err != nil {
		clienttest.Skip(t, err.Error())
	}
	browser := "BROWSER=" + browserVariable(argv, "alice")
	for _, block := range blocks(t, readText(t, "../docs/guides/oauth.md"), "sh") {
		switch {
		case strings.Contains(block, "--device"):
			world.enterCode(t, block)
		case strings.Contains(block, "--no-browser"):
			if fields := strings.Fields(block); !slices.Equal(fields, []string{"mxlogin", "oauth", "example.org", "--no-browser"}) {
				t.Errorf("not what startOAuth runs: %q", fields)
			}
			v := startOAuth(t, clienttest.IssuerOptions{})
			v.typeKeys(v.answer() + "\n")
			v.wantLoggedIn()
		default:
			if run := world.sh(t, block, browser); run.code != 0 {
				t.Errorf("exit code %d\n%s%s%s", run.code, block, run.stdout, run.stderr)
			}
		}
	}
	if run := world.sh(t, "mxlogin accounts -o json"); !strings.Contains(run.stdout, `"accounts":[]`) {
		t.Errorf("left: %s (%s)", run.stdout, server.URL())
	}
}

// enterCode runs a block that shows a code, and has somebody enter it.
func (w synapseGuide) enterCode(t *testing.T, block string) {
	t.Helper()
	cmd := w.command(t, strings.Replace(strings.TrimSpace(block), " -o json", "", 1)+" -o json")
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(stderr)
	for lines.Scan() {
		if shown := deviceCodeIn(lines.Text()); shown.URL != "" {
			if _, err := clienttest.BrowseCode(t.Context(), shown.URL, "alice", shown.Code); err != nil {
				t.Error(err)
			}
		}
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("%v\n%s", err, block)
	}
}

func newOAuthGuide(t *testing.T) (*clienttest.Synapse, synapseGuide) {
	t.Helper()
	if testing.Short() {
		t.Skip("needs a real homeserver, which -short leaves out")
	}
	if _, err := exec.LookPath("curl"); err != nil {
		clienttest.Skip(t, "there is no curl here")
	}
	server := clienttest.NewSynapse(t, clienttest.SynapseOptions{OAuth: true, AccessTokenLifetime: 5 * time.Second})
	w := synapseGuide{dir: t.TempDir(), homeserver: server.URL()}
	w.install(t)
	return server, w
}
