package guides_test

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"mxlogin/client/clienttest"
)

// bot is a user, and the homeserver.
type bot struct {
	userID, password, homeserver string
	server                       *clienttest.Dendrite
}

func newBot(t *testing.T) bot {
	t.Helper()
	server := clienttest.NewDendrite(t, clienttest.DendriteOptions{})
	b := bot{userID: "@bot:localhost", password: clienttest.NewCanary("pw").String(), homeserver: server.URL(), server: server}
	if err := server.Register(t.Context(), "bot", b.password); err != nil {
		t.Fatal(err)
	}
	return b
}

// with is the inputs of a login of b, with mxlogin as it is here.
func (b bot) with(others map[string]string) map[string]string {
	with := map[string]string{
		"user": b.userID, "password": b.password, "homeserver": b.homeserver,
		"version": version, "releases": "checkout",
	}
	maps.Copy(with, others)
	return with
}

func (b bot) checkNoDevice(t *testing.T) {
	t.Helper()
	devices, err := b.server.Devices(t.Context(), "bot", b.password)
	if err != nil || len(devices) > 0 {
		t.Errorf("a session is left: %v, %v", devices, err)
	}
}

// checkToken asks the server itself what it thinks of a token.
func checkToken(t *testing.T, homeserver, token string, want int) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, homeserver+"/_matrix/client/v3/account/whoami", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+token)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if token == "" || response.StatusCode != want {
		t.Errorf("the token %q: %s, want %d", token, response.Status, want)
	}
}

// place is the files of one job.
type place struct {
	dir string
	raw strings.Builder // what the job wrote, stderr first
	log strings.Builder // what its runner shows of it
}

func newPlace(t *testing.T, dirs ...string) place {
	t.Helper()
	for _, program := range []string{"bash", "curl"} {
		if _, err := exec.LookPath(program); err != nil {
			clienttest.Skip(t, "there is no "+program+" here")
		}
	}
	p := place{dir: t.TempDir()}
	for _, dir := range dirs {
		if err := os.Mkdir(filepath.Join(p.dir, dir), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

func (p *place) at(name string) string { return filepath.Join(p.dir, filepath.FromSlash(name)) }

func (p *place) read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(p.at(name))
	if err != nil {
		t.Fatalf("%v\n%s", err, &p.log)
	}
	return string(text)
}

// take reads a file of the workspace and removes it.
func (p *place) take(t *testing.T, name string) string {
	t.Helper()
	text := p.read(t, "work/"+name)
	if err := os.Remove(p.at("work/" + name)); err != nil {
		t.Fatal(err)
	}
	return text
}

// await returns once the workspace has a file.
func (p *place) await(t *testing.T, name string) {
	t.Helper()
	poll := time.NewTicker(5 * time.Millisecond)
	defer poll.Stop()
	for {
		if _, err := os.Stat(p.at("work/" + name)); err == nil {
			return
		}
		select {
		case <-t.Context().Done():
			return
		case <-poll.C:
		}
	}
}

// list is the files below a directory, which need not be there.
func (p *place) list(t *testing.T, dir string) []string {
	t.Helper()
	var files []string
	err := filepath.WalkDir(p.at(dir), func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		name, err := filepath.Rel(p.at(dir), path)
		files = append(files, filepath.ToSlash(name))
		return err
	})
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	return files
}

// checkSecrets looks for secrets in all that the job has written. A token may be in a line
// that masks it, in outputs and in the config file; a password nowhere.
func (p *place) checkSecrets(t *testing.T, password string, tokens ...string) {
	t.Helper()
	clienttest.ScanForSecrets(t, "what it writes", []byte(p.raw.String()), password)
	isProgram := func(path string) bool { return path == p.at("temp/mxlogin/bin/mxlogin") }
	clienttest.ScanDir(t, p.dir, isProgram, password)
	if len(tokens) == 0 {
		return
	}
	var rest strings.Builder
	for line := range strings.Lines(p.raw.String()) {
		if !strings.HasPrefix(line, "::add-mask::") {
			rest.WriteString(line)
		}
	}
	clienttest.ScanForSecrets(t, "what it writes", []byte(rest.String()), tokens...)
	mayHold := func(path string) bool {
		return isProgram(path) || path == p.at("temp/mxlogin/config.yaml") || filepath.Dir(path) == p.at("commands") && strings.HasPrefix(filepath.Base(path), "output")
	}
	clienttest.ScanDir(t, p.dir, mayHold, tokens...)
}

// job is a job on a runner of GitHub: what its steps have left so far.
type job struct {
	place
	env         map[string]string // of every step: the runner's, and what steps put into GITHUB_ENV
	path        []string          // what steps put into GITHUB_PATH, the last first
	masks       []string
	steps       int
	whenStarted func(*os.Process) // of each step; may be nil
}

func newJob(t *testing.T) *job {
	t.Helper()
	j := &job{place: newPlace(t, "home", "work", "temp", "commands")}
	arch := map[string]string{"amd64": "X64", "arm64": "ARM64"}[runtime.GOARCH]
	j.env = map[string]string{
		"PATH": os.Getenv("PATH"), "HOME": j.at("home"), "CI": "true",
		"GITHUB_ACTIONS": "true", "GITHUB_WORKSPACE": j.at("work"),
		"RUNNER_OS": "Linux", "RUNNER_ARCH": arch, "RUNNER_TEMP": j.at("temp"),
	}
	return j
}

// ended is how a step of a job has ended.
type ended struct {
	code    int
	outputs map[string]string
}

// run is a step with a script.
func (j *job) run(t *testing.T, script string, environ ...string) ended {
	t.Helper()
	return j.step(t, script, environ)
}

// uses is a step with an action.
func (j *job) uses(t *testing.T, path string, with map[string]string) ended {
	t.Helper()
	return j.composite(t, path, readAction(t, path), with)
}

// composite runs the steps of an action up to one that fails. Its outputs are what its
// expressions come to then.
func (j *job) composite(t *testing.T, path string, a action, with map[string]string) ended {
	t.Helper()
	absolute, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	known := a.inputs(t, with)
	result := ended{outputs: map[string]string{}}
	for _, step := range a.Runs.Steps {
		environ := []string{"GITHUB_ACTION_PATH=" + absolute}
		for name, text := range step.Env {
			environ = append(environ, name+"="+evaluate(t, text, known))
		}
		done := ended{}
		if result.code == 0 {
			done = j.step(t, step.Run, environ)
			result.code = done.code
		}
		for name := range a.Outputs { // those that it has not made are empty
			known["steps."+step.ID+".outputs."+name] = done.outputs[name]
		}
		for name := range done.outputs {
			if _, declared := a.Outputs[name]; !declared {
				t.Errorf("step %q makes an output %q that nobody asked for", step.ID, name)
			}
		}
	}
	for name, output := range a.Outputs {
		result.outputs[name] = evaluate(t, output.Value, known)
	}
	return result
}

// step runs a script as the runner does, and then obeys what it has written.
func (j *job) step(t *testing.T, script string, environ []string) ended {
	t.Helper()
	j.steps++
	files := map[string]string{}
	for _, name := range []string{"env", "output", "path", "script"} {
		files[name] = j.at(fmt.Sprintf("commands/%s-%d", name, j.steps))
		text := ""
		if name == "script" {
			text = script
		}
		if err := os.WriteFile(files[name], []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	command := exec.CommandContext(t.Context(), "bash", "--noprofile", "--norc", "-eo", "pipefail", files["script"])
	command.Dir = j.at("work")
	command.Env = []string{"GITHUB_ENV=" + files["env"], "GITHUB_OUTPUT=" + files["output"], "GITHUB_PATH=" + files["path"]}
	for name, value := range j.env {
		if name == "PATH" {
			value = strings.Join(append(slices.Clone(j.path), value), ":")
		}
		command.Env = append(command.Env, name+"="+value)
	}
	command.Env = append(command.Env, environ...)
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	// Where this test ignores interrupts, as in the background of a script, so would the step.
	interrupts := make(chan os.Signal, 1)
	signal.Notify(interrupts, os.Interrupt)
	err := command.Start()
	signal.Stop(interrupts)
	if err != nil {
		t.Fatal(err)
	}
	if j.whenStarted != nil {
		go j.whenStarted(command.Process)
	}
	code := exitCode(t, command.Wait())

	// The runner reads the two apart, and shows lines of stderr first.
	j.show(stderr.String())
	j.show(stdout.String())
	maps.Copy(j.env, assignments(t, files["env"]))
	added, err := os.ReadFile(files["path"])
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(added)) {
		j.path = slices.Insert(j.path, 0, strings.TrimSuffix(line, "\n"))
	}
	return ended{code: code, outputs: assignments(t, files["output"])}
}

// show puts lines into the log, without what has been masked so far.
func (j *job) show(text string) {
	j.raw.WriteString(text)
	for line := range strings.Lines(text) {
		if secret, isMask := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "::add-mask::"); isMask {
			j.masks = append(j.masks, strings.NewReplacer("%0D", "\r", "%0A", "\n", "%25", "%").Replace(secret))
			continue
		}
		for _, secret := range j.masks {
			line = strings.ReplaceAll(line, secret, "***")
		}
		j.log.WriteString(line)
	}
}

func (j *job) checkCode(t *testing.T, e ended, want int) {
	t.Helper()
	if e.code != want {
		t.Fatalf("exit code %d, want %d\n%s", e.code, want, &j.log)
	}
}

func (j *job) checkNoOutputs(t *testing.T, e ended) {
	t.Helper()
	for name, value := range e.outputs {
		if value != "" {
			t.Errorf("output %s is %q", name, value)
		}
	}
}

func (j *job) checkNoConfig(t *testing.T) {
	t.Helper()
	if slices.Contains(j.list(t, "temp/mxlogin"), "config.yaml") {
		t.Errorf("a config file is left:\n%s", j.read(t, "temp/mxlogin/config.yaml"))
	}
}

func (j *job) removeSums(t *testing.T, releases string) {
	t.Helper()
	if err := os.Remove(filepath.Join(strings.TrimPrefix(releases, "file://"), "v"+version, "SHA256SUMS")); err != nil {
		t.Fatal(err)
	}
}

// exitCode is the end of a process as a shell tells it.
func exitCode(t *testing.T, err error) int {
	t.Helper()
	var exit *exec.ExitError
	if err == nil {
		return 0
	}
	if !errors.As(err, &exit) {
		t.Fatal(err)
	}
	if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return 128 + int(status.Signal())
	}
	return exit.ExitCode()
}

// assignments reads a file of NAME=value and NAME<<DELIMITER.
func assignments(t *testing.T, path string) map[string]string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	lines := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	for len(lines) > 0 {
		line := lines[0]
		lines = lines[1:]
		equals, heredoc := strings.Index(line, "="), strings.Index(line, "<<")
		switch {
		case line == "":
		case equals > 0 && (heredoc < 0 || equals < heredoc):
			found[line[:equals]] = line[equals+1:]
		case heredoc > 0 && slices.Contains(lines, line[heredoc+2:]):
			end := slices.Index(lines, line[heredoc+2:])
			found[line[:heredoc]] = strings.Join(lines[:end], "\n")
			lines = lines[end+1:]
		default:
			t.Errorf("the runner cannot read %q", line)
		}
	}
	return found
}

// action is an action.yml.
type action struct {
	Name, Description string
	Inputs            map[string]struct {
		Description, Default string
		Required             bool
	}
	Outputs map[string]struct{ Description, Value string }
	Runs    struct {
		Using string
		Steps []struct {
			ID, Shell, Run string
			Env            map[string]string
		}
	}
}

func readAction(t *testing.T, path string) action {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(path, "action.yml"))
	if err != nil {
		t.Fatal(err)
	}
	var a action
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	if err := decoder.Decode(&a); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	if a.Runs.Using != "composite" || len(a.Runs.Steps) == 0 {
		t.Fatalf("%s: %+v", path, a.Runs)
	}
	for _, step := range a.Runs.Steps {
		if step.Shell != "bash" {
			t.Errorf("%s: a step has the shell %q", path, step.Shell)
		}
	}
	return a
}

// inputs is the values of the expressions that name inputs. As on GitHub, one that is
// required and missing is empty.
func (a action) inputs(t *testing.T, with map[string]string) map[string]string {
	t.Helper()
	known := map[string]string{}
	for name, input := range a.Inputs {
		known["inputs."+name] = input.Default
	}
	for name, value := range with {
		if _, declared := a.Inputs[name]; !declared {
			t.Errorf("there is no input %s", name)
		}
		known["inputs."+name] = value
	}
	if known["inputs.releases"] == "checkout" {
		known["inputs.releases"] = checkoutReleases(t)
	}
	return known
}

// evaluate replaces the expressions in text.
func evaluate(t *testing.T, text string, known map[string]string) string {
	t.Helper()
	return regexp.MustCompile(`\$\{\{ *(.*?) *\}\}`).ReplaceAllStringFunc(text, func(found string) string {
		value, isKnown := known[strings.Trim(found, "${ }")]
		if !isKnown {
			t.Errorf("nobody knows the expression %s", found)
		}
		return value
	})
}
