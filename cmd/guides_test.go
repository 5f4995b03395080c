//go:build unix

package cmd_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"mxlogin/client/clienttest"
	"mxlogin/cmd"
	"mxlogin/cmd/terminal"
)

// TestReadme runs the section "Use" of the README as one script, but for the logins by
// OAuth, which an issuer does that is not that homeserver.
func TestReadme(t *testing.T) {
	world := newGuideWorld(t)
	var legacy, oauth []string
	for _, block := range blocks(t, section(t, "../README.md", "Use"), "sh") {
		if strings.Contains(block, "mxlogin oauth ") {
			oauth = append(oauth, block)
		} else {
			legacy = append(legacy, block)
		}
	}
	run := world.sh(t, strings.Join(legacy, ""), "MXLOGIN_PASSWORD="+world.alicePassword)
	if run.code != 0 {
		t.Errorf("exit code %d\n%s%s", run.code, run.stdout, run.stderr)
	}
	issuer := clienttest.NewIssuer(t, clienttest.IssuerOptions{Approved: 1})
	run = world.sh(t, strings.ReplaceAll(strings.Join(oauth, ""), "example.org", issuer.URL()), "BROWSER=visit")
	if run.code != 0 || len(oauth) == 0 || len(issuer.Living()) != 1 {
		t.Errorf("exit code %d, %d blocks\n%s%s", run.code, len(oauth), run.stdout, run.stderr)
	}
}

// TestGuideCI shows on one homeserver what docs/guides/ci.md says.
func TestGuideCI(t *testing.T) {
	world := newGuideWorld(t)
	for name, script := range ciScripts(t) {
		t.Run(name, func(t *testing.T) { world.checkScript(t, script) })
	}
	t.Run("a command that fails ends the session too", world.checkFailure)
	t.Run("K11: the token is masked on GitHub only", world.checkMask)
	t.Run("nothing is sent where it cannot work", world.checkNothingSent)
	t.Run("one device", world.checkOneDevice)
}

// checkScript runs what the guide has for a shell or a container, and looks that no
// session outlives it.
func (w *guideWorld) checkScript(t *testing.T, script string) {
	run := w.sh(t, script)
	if run.code != 0 {
		t.Errorf("exit code %d\n%s%s", run.code, run.stdout, run.stderr)
	}
	if strings.Contains(run.stderr, "warning:") {
		t.Errorf("it is warned of something:\n%s", run.stderr)
	}
	clienttest.ScanForSecrets(t, "the log", []byte(run.stdout+run.stderr), w.botPassword)
	w.checkNoDevice(t)
}

func (w *guideWorld) checkFailure(t *testing.T) {
	for _, kind := range []string{"--ephemeral", "trap"} {
		run := w.sh(t, ciBlock(t, kind), "JOB_EXIT=3")
		if run.code != 3 {
			t.Errorf("%s: exit code %d, want 3\n%s", kind, run.code, run.stderr)
		}
		w.checkNoDevice(t)
	}
}

func (w *guideWorld) checkMask(t *testing.T) {
	block := ciBlock(t, "add-mask")
	run := w.sh(t, block, "GITHUB_ACTIONS=true")
	mask, rest, _ := strings.Cut(run.stdout, "\n")
	token, isMask := strings.CutPrefix(mask, "::add-mask::")
	if run.code != 0 || !isMask {
		t.Fatalf("exit code %d, and the mask is not the first line:\n%s%s", run.code, run.stdout, run.stderr)
	}
	clienttest.ScanForSecrets(t, "the log after the mask", []byte(rest+run.stderr), token)
	if run = w.sh(t, block); run.code != 0 || strings.Contains(run.stdout+run.stderr, "::") {
		t.Errorf("without GITHUB_ACTIONS: exit code %d\n%s%s", run.code, run.stdout, run.stderr)
	}
}

// checkNothingSent is a login whose token would be lost.
func (w *guideWorld) checkNothingSent(t *testing.T) {
	before := len(w.proxy.Requests())
	if run := w.sh(t, "mxlogin password @bot:example.org --password-file /run/secrets/bot --storage none"); run.code != 2 {
		t.Errorf("--storage none without a token shown: exit code %d, want 2", run.code)
	}
	if after := len(w.proxy.Requests()); after > before {
		t.Error("a request was made")
	}
}

// checkOneDevice is a job that was killed before it could log out, twice.
func (w *guideWorld) checkOneDevice(t *testing.T) {
	const login = "mxlogin password @bot:example.org --password-file /run/secrets/bot --storage none -o token --device-id ci-nightly"
	run := w.sh(t, "FIRST=$("+login+`)
SECOND=$(`+login+`)
export MXLOGIN_HOMESERVER=example.org
MXLOGIN_ACCESS_TOKEN="$SECOND" mxlogin whoami
MXLOGIN_ACCESS_TOKEN="$FIRST" mxlogin whoami`)
	if run.code != 4 || run.stdout != "@bot:example.org, device ci-nightly, at https://matrix.example.org\n" {
		t.Errorf("exit code %d\n%s%s", run.code, run.stdout, run.stderr)
	}
	if devices := w.devices(t); len(devices) != 1 {
		t.Errorf("%d devices", len(devices))
	}
}

// TestGuideCI_NobodyIsAsked has a terminal at hand that must not be opened.
func TestGuideCI_NobodyIsAsked(t *testing.T) {
	fake := clienttest.NewFake(t, clienttest.FakeOptions{})
	for _, c := range []struct{ variable, flag string }{{"CI=true", "--quiet"}, {"CI=", "--no-input"}} {
		code := cmd.Run(t.Context(), []string{"password", "bot", "--homeserver", fake.URL(), "--skip-flows", c.flag}, &cmd.App{
			Stdin: strings.NewReader(""), Stdout: io.Discard, Stderr: io.Discard,
			Environment: cmd.NewEnvironment([]string{c.variable, "HOME=" + t.TempDir()}),
			OpenTerminal: func() (terminal.Prompter, error) {
				t.Errorf("%s %s: the terminal is opened", c.variable, c.flag)
				return nil, io.EOF
			},
			Now: time.Now,
		})
		if code != 8 {
			t.Errorf("%s %s: exit code %d, want 8", c.variable, c.flag, code)
		}
	}
}

// TestGuideCI_Retry plays a homeserver to the loop of the guide.
func TestGuideCI_Retry(t *testing.T) {
	flows := clienttest.Reply{Body: `{"flows":[{"type":"m.login.password"}]}`}
	down := clienttest.Reply{Status: 500}
	limited := clienttest.Reply{Status: 429, Header: map[string]string{"Retry-After": "3600"}}
	wrong := clienttest.Reply{Status: 403, Body: `{"errcode":"M_FORBIDDEN"}`}
	cases := []struct {
		name   string
		flows  []clienttest.Reply
		login  []clienttest.Reply
		code   int
		sleeps int
	}{
		{"down, limited, then good", []clienttest.Reply{down, flows, flows}, []clienttest.Reply{limited, {Body: botAnswer}}, 0, 2},
		{"down for good", []clienttest.Reply{down, down, down}, nil, 5, 2},
		{"wrong password", []clienttest.Reply{flows}, []clienttest.Reply{wrong}, 4, 0},
	}
	loop := strings.ReplaceAll(ciBlock(t, "until "), "MXLOGIN_HOMESERVER=example.org ", "")
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			fake := clienttest.NewFake(t, clienttest.FakeOptions{})
			fake.On("GET /_matrix/client/v3/login", c.flows...)
			if c.login != nil {
				fake.On("POST /_matrix/client/v3/login", c.login...)
			}
			if c.code == 0 {
				fake.On("POST /_matrix/client/v3/logout", clienttest.Reply{Body: "{}"})
			}
			world := emptyGuideWorld(t)
			run := world.sh(t, loop, "MXLOGIN_HOMESERVER="+fake.URL())
			if slept, _ := os.ReadFile(filepath.Join(world.dir, "slept")); run.code != c.code || strings.Count(string(slept), "30") != c.sleeps {
				t.Errorf("exit code %d, want %d; slept %q, want %d times\n%s", run.code, c.code, slept, c.sleeps, run.stderr)
			}
		})
	}
}

const botAnswer = `{"user_id":"@bot:example.org","access_token":"tok-of-the-test","device_id":"A"}`

// guideWorld is what the commands of a guide find: the real homeserver of
// example.org by discovery, secrets where a job has them, and stand-ins for the
// programs that a job would bring. The commands run as they stand in the guide but
// for the path /run/secrets.
type guideWorld struct {
	dir           string
	environ       []string
	proxy         *clienttest.ConnectProxy
	server        *clienttest.Dendrite
	botPassword   string
	alicePassword string
}

// standIns are programs that a guide names. The job's own one fails if it got the
// password or a token that does not work.
var standIns = map[string]string{
	"pass":       `cat "$SECRETS/bot"`,
	"sleep":      `echo "$@" >> "$HOME/slept"`,
	"docker":     `[ "$1" != build ] || exit 0; while [ "$1" != bot ]; do shift; done; shift; exec "$@"`,
	"nightly.sh": `[ -z "${MXLOGIN_PASSWORD+set}" ]; MXLOGIN_ACCESS_TOKEN=$MATRIX_ACCESS_TOKEN MXLOGIN_HOMESERVER=$MATRIX_HOMESERVER mxlogin whoami; exit "${JOB_EXIT:-0}"`,
}

func newGuideWorld(t *testing.T) *guideWorld {
	t.Helper()
	if _, err := exec.LookPath("curl"); err != nil {
		clienttest.Skip(t, "there is no curl here")
	}
	w := emptyGuideWorld(t)
	ca, err := clienttest.NewCA()
	if err != nil {
		t.Fatal(err)
	}
	files, err := ca.WriteFiles(t.TempDir(), "example.org", "matrix.example.org", "127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	w.server = clienttest.NewDendrite(t, clienttest.DendriteOptions{
		ServerName: "example.org", WellKnown: "https://matrix.example.org", TLS: &files,
	})
	address := strings.TrimPrefix(w.server.URL(), "https://")
	w.proxy = clienttest.NewConnectProxy(t, map[string]string{"example.org:443": address, "matrix.example.org:443": address})
	w.environ = append(w.environ, "HTTPS_PROXY="+w.proxy.URL(), "MXLOGIN_CA_FILE="+files.CA, "CURL_CA_BUNDLE="+files.CA)
	for user, password := range map[string]string{"alice": w.alicePassword, "bot": w.botPassword} {
		if err := w.server.Register(t.Context(), user, password); err != nil {
			t.Fatal(err)
		}
	}
	return w
}

// emptyGuideWorld has no homeserver.
func emptyGuideWorld(t *testing.T) *guideWorld {
	t.Helper()
	dir := t.TempDir()
	w := &guideWorld{
		dir:           dir,
		botPassword:   clienttest.NewCanary("bot").String(),
		alicePassword: clienttest.NewCanary("alice").String(),
	}
	bin, secrets := filepath.Join(dir, "bin"), filepath.Join(dir, "secrets")
	for _, path := range []string{bin, filepath.Join(secrets, "matrix")} {
		if err := os.MkdirAll(path, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range standIns {
		path := filepath.Join(bin, name)
		if strings.HasSuffix(name, ".sh") {
			path = filepath.Join(dir, name)
		}
		if err := os.WriteFile(path, []byte("#!/bin/sh\nset -eu\n"+text+"\n"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for _, path := range []string{filepath.Join(secrets, "bot"), filepath.Join(secrets, "matrix", "bot"), filepath.Join(dir, "secret")} {
		if err := os.WriteFile(path, []byte(w.botPassword+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	w.environ = []string{
		"PATH=" + bin + string(filepath.ListSeparator) + os.Getenv("PATH"),
		"HOME=" + dir, "TMPDIR=" + dir, "SECRETS=" + secrets, "BOT_PASSWORD=" + w.botPassword,
	}
	return w
}

// sh runs a script as a job would, in the world's directory.
func (w *guideWorld) sh(t *testing.T, script string, environ ...string) ended {
	t.Helper()
	command := exec.CommandContext(t.Context(), "sh", "-eu", "-c", w.here(script))
	command.Dir = w.dir
	command.Env = append(append(slices.Clone(w.environ), noRaceSleep), environ...)
	return finish(t, command)
}

// here moves the secrets to where this world has them.
func (w *guideWorld) here(script string) string {
	return strings.ReplaceAll(script, "/run/secrets", filepath.Join(w.dir, "secrets"))
}

func (w *guideWorld) devices(t *testing.T) []clienttest.Device {
	t.Helper()
	devices, err := w.server.Devices(context.WithoutCancel(t.Context()), "bot", w.botPassword)
	if err != nil {
		t.Fatal(err)
	}
	return devices
}

func (w *guideWorld) checkNoDevice(t *testing.T) {
	t.Helper()
	if devices := w.devices(t); len(devices) > 0 {
		t.Errorf("a session is left: %v", devices)
	}
}

// ciScripts returns the shell blocks of the CI guide and what its CronJob runs. What it has
// for runners is tested with their stand-ins, in docs/guides.
func ciScripts(t *testing.T) map[string]string {
	t.Helper()
	scripts := map[string]string{}
	for i, block := range ciBlocks(t) {
		scripts[fmt.Sprintf("shell %d", i+1)] = block
	}
	kubernetes := ciCronJob(t)
	for _, container := range kubernetes.Spec.JobTemplate.Spec.Template.Spec.Containers {
		quoted := make([]string, len(container.Command))
		for i, word := range container.Command {
			quoted[i] = "'" + word + "'"
		}
		scripts["Kubernetes"] = strings.Join(quoted, " ")
	}
	if len(scripts) < 7 {
		t.Fatalf("only %d scripts were found", len(scripts))
	}
	return scripts
}

type kubernetesCronJob struct {
	APIVersion string `yaml:"apiVersion"`
	Kind       string
	Metadata   struct{ Name string }
	Spec       struct {
		Schedule          string
		ConcurrencyPolicy string `yaml:"concurrencyPolicy"`
		JobTemplate       struct {
			Spec struct {
				Template struct {
					Spec struct {
						RestartPolicy string `yaml:"restartPolicy"`
						Containers    []struct {
							Name, Image     string
							Command         []string
							SecurityContext map[string]any     `yaml:"securityContext"`
							VolumeMounts    []kubernetesVolume `yaml:"volumeMounts"`
						}
						Volumes []kubernetesVolume
					}
				}
			}
		} `yaml:"jobTemplate"`
	}
}

type kubernetesVolume struct {
	Name      string
	MountPath string `yaml:"mountPath"`
	ReadOnly  bool   `yaml:"readOnly"`
	Secret    struct {
		Name string `yaml:"secretName"`
	}
}

// ciCronJob reads the last YAML block. A key that is not known here is a misprint.
func ciCronJob(t *testing.T) (kubernetes kubernetesCronJob) {
	t.Helper()
	found := blocks(t, readText(t, ciGuide), "yaml")
	decoder := yaml.NewDecoder(strings.NewReader(found[len(found)-1]))
	decoder.KnownFields(true)
	if err := decoder.Decode(&kubernetes); err != nil {
		t.Fatal(err)
	}
	return kubernetes
}

const ciGuide = "../docs/guides/ci.md"

// ciBlocks returns the shell blocks of the CI guide.
func ciBlocks(t *testing.T) []string {
	t.Helper()
	return blocks(t, readText(t, ciGuide), "sh")
}

// ciBlock returns the first shell block of the CI guide that holds text.
func ciBlock(t *testing.T, text string) string {
	t.Helper()
	found := ciBlocks(t)
	i := slices.IndexFunc(found, func(block string) bool { return strings.Contains(block, text) })
	if i < 0 {
		t.Fatalf("no block holds %s", text)
	}
	return found[i]
}

// blocks returns the fenced blocks of one language.
func blocks(t *testing.T, markdown, language string) []string {
	t.Helper()
	fence := regexp.MustCompile("(?ms)^```" + language + "\n(.*?)^```$")
	var found []string
	for _, match := range fence.FindAllStringSubmatch(markdown, -1) {
		found = append(found, match[1])
	}
	if found == nil {
		t.Fatalf("no block of %s", language)
	}
	return found
}

// section returns the part of a file under a heading of the second level.
func section(t *testing.T, path, heading string) string {
	t.Helper()
	_, text, found := strings.Cut(readText(t, path), "\n## "+heading+"\n")
	if !found {
		t.Fatalf("%s has no section %s", path, heading)
	}
	text, _, _ = strings.Cut(text, "\n## ")
	return text
}
