package guides_test

import (
	"fmt"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"mxlogin/client/clienttest"
)

// TestComponent runs the job of the component in the shells that GitLab's runner uses.
func TestComponent(t *testing.T) {
	bot := newBot(t)
	const keep = `printf %s "$MATRIX_ACCESS_TOKEN" >token; `
	cases := []struct {
		name, script string
		code         int
		shows        string
	}{
		{
			name:   "it finds the session",
			script: `[ -z "${MXLOGIN_PASSWORD+set}" ]; echo "it's: $MATRIX_USER_ID" '#' $MATRIX_DEVICE_ID; mxlogin whoami`,
			shows:  `(?m)^it's: ` + bot.userID + " # nightly\n" + bot.userID + `, device nightly`,
		},
		{name: "its exit code", script: `exit 7`, code: 7},
		{name: "a command that fails", script: `false; echo on`, code: 1},
	}
	for _, c := range cases {
		for _, shell := range []string{"sh -e", "bash -eo pipefail"} {
			t.Run(c.name+", "+shell, func(t *testing.T) {
				p := newPipeline(t, bot.password, bot.with(map[string]string{"device-id": "nightly", "run": keep + c.script, "job": "nightly"}))
				p.run(t, shell, c.code)
				token := p.take(t, "token")
				if !regexp.MustCompile(c.shows).MatchString(p.log.String()) {
					t.Errorf("the log does not show %s:\n%s", c.shows, &p.log)
				}
				checkToken(t, bot.server.URL(), token, http.StatusUnauthorized)
				bot.checkNoDevice(t)
				p.checkSecrets(t, bot.password, token)
				p.checkNothingLeft(t)
			})
		}
	}
	t.Run("a wrong password", func(t *testing.T) {
		wrong := clienttest.NewCanary("pw").String()
		p := newPipeline(t, wrong, bot.with(map[string]string{"run": "echo it ran"}))
		p.run(t, "sh -e", 4)
		if strings.Contains(p.log.String(), "it ran") {
			t.Error("the script ran")
		}
		p.checkSecrets(t, wrong)
		p.checkNothingLeft(t)
	})
}

// TestComponent_Install has releases that are not installed, but for one.
func TestComponent_Install(t *testing.T) {
	archive := "mxlogin_0.1.0_linux_" + runtime.GOARCH + ".tar.gz"
	program := []byte("#!/bin/sh\necho it ran")
	plain, secure, authorities := servers(t, program)
	cases := []struct {
		name    string
		sums    string
		with    map[string]string
		machine string
		shows   string
	}{
		{
			name: "another checksum given", with: map[string]string{"sha256": strings.Repeat("0", 64)},
			shows: `^mxlogin: ` + archive + ` has the SHA-256 [0-9a-f]{64}, not 0{64}\n$`,
		},
		{
			name: "another checksum in SHA256SUMS", sums: strings.Repeat("1", 64) + "  " + archive + "\n",
			shows: `^mxlogin: ` + archive + ` has the SHA-256 [0-9a-f]{64}, not 1{64}\n$`,
		},
		{
			name: "no checksum in SHA256SUMS", sums: strings.Repeat("1", 64) + "  " + archive + ".sig\n",
			shows: `^mxlogin: ` + archive + ` has the SHA-256 [0-9a-f]{64}, not one that SHA256SUMS names\n$`,
		},
		{name: "no such release", with: map[string]string{"version": "0.2.0"}, shows: `mxlogin: mxlogin_0\.2\.0_linux_.*\.tar\.gz cannot be downloaded\n$`},
		{name: "http", with: map[string]string{"releases": plain}, shows: `mxlogin: mxlogin_0\.1\.0_linux_amd64\.tar\.gz cannot be downloaded\n$`, machine: "x86_64"},
		{name: "https that leads to http", with: map[string]string{"releases": secure}, shows: `mxlogin: mxlogin_0\.1\.0_linux_amd64\.tar\.gz cannot be downloaded\n$`, machine: "x86_64"},
		{name: "https that leads to https", with: map[string]string{"releases": secure, "version": "0.2.0"}, shows: `^it ran\n$`, machine: "x86_64"},
		{name: "another processor", machine: "riscv64", shows: `^mxlogin: there is no release for riscv64\n$`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			files := map[string][]byte{archive: pack(t, archive, program)}
			if c.sums != "" {
				files["SHA256SUMS"] = []byte(c.sums)
			}
			with := map[string]string{"user": "@bot:hs.test", "run": "true", "version": version, "releases": publish(t, files)}
			maps.Copy(with, c.with)
			password := clienttest.NewCanary("pw").String()
			p := newPipeline(t, password, with)
			p.authorities = authorities
			if c.machine != "" {
				p.standIn(t, "uname", "echo "+c.machine)
			}
			code := 1
			if strings.Contains(c.shows, "it ran") {
				code = 0
			}
			p.run(t, "sh -e", code)
			if !regexp.MustCompile(c.shows).MatchString(p.log.String()) {
				t.Errorf("the log does not show %s:\n%s", c.shows, &p.log)
			}
			p.checkSecrets(t, password)
			p.checkNothingLeft(t)
		})
	}
}

// TestComponent_Inputs has inputs of which GitLab makes no pipeline.
func TestComponent_Inputs(t *testing.T) {
	good := map[string]string{"user": "@bot:example.org", "version": version, "run": "./nightly.sh"}
	job, err := includeComponent(t, good)
	if err != nil {
		t.Fatal(err)
	}
	if job.name != "mxlogin" || job.Stage != "test" || job.Variables["MXLOGIN_INPUT_RELEASES"].Value != "https://mxlogin.invalid/releases" {
		t.Errorf("defaults: %q, %+v", job.name, job)
	}
	for _, c := range []struct{ input, value string }{
		{"user", "none"},
		{"version", "none"},
		{"run", "none"},
		{"user", "--help"},
		{"user", "-x"},
		{"user", `@a":x`},
		{"user", ""},
		{"version", "../x"},
		{"run", ""},
		{"run", "true\nevil: {script: evil}"},
		{"token", "x"},
	} {
		with := maps.Clone(good)
		with[c.input] = c.value
		if c.value == "none" {
			delete(with, c.input)
		}
		if _, err := includeComponent(t, with); err == nil || !strings.Contains(err.Error(), c.input) {
			t.Errorf("%s %q: %v", c.input, c.value, err)
		}
	}
}

// pipeline is a job of GitLab that the component makes.
type pipeline struct {
	place
	job         gitlabJob
	bin         string // goes before all of PATH
	password    string
	authorities string // that curl trusts; may be empty
}

func newPipeline(t *testing.T, password string, with map[string]string) *pipeline {
	t.Helper()
	p := &pipeline{place: newPlace(t, "home", "work", "tmp", "bin"), password: password}
	p.bin = p.at("bin")
	delete(with, "password") // it is a variable of the project
	if with["releases"] == "checkout" {
		with["releases"] = checkoutReleases(t)
	}
	var err error
	if p.job, err = includeComponent(t, with); err != nil {
		t.Fatal(err)
	}
	return p
}

// run runs the scripts of the job in one shell, as GitLab's runner does.
func (p *pipeline) run(t *testing.T, shell string, code int) {
	t.Helper()
	words := strings.Fields(shell)
	script := strings.Join(slices.Concat(p.job.BeforeScript, p.job.Script), "\n")
	command := exec.CommandContext(t.Context(), words[0], append(words[1:], "-c", script)...)
	command.Dir = p.at("work")
	variables := map[string]string{
		"PATH": p.bin + ":" + os.Getenv("PATH"), "HOME": p.at("home"), "TMPDIR": p.at("tmp"),
		"CI": "true", "GITLAB_CI": "true", "CI_PROJECT_DIR": p.at("work"), "MXLOGIN_PASSWORD": p.password,
	}
	if p.authorities != "" {
		variables["CURL_CA_BUNDLE"] = p.authorities
	}
	outside := maps.Clone(variables)
	for name, variable := range p.job.Variables {
		if !variable.raw {
			variable.Value = os.Expand(variable.Value, func(other string) string { return outside[other] })
		}
		variables[name] = variable.Value
	}
	for name, value := range variables {
		command.Env = append(command.Env, name+"="+value)
	}
	out, err := command.CombinedOutput()
	p.raw.Write(out)
	p.log.Write(out)
	if got := exitCode(t, err); got != code {
		t.Fatalf("exit code %d, want %d\n%s", got, code, out)
	}
}

// standIn is a program that the job finds in the place of another.
func (p *pipeline) standIn(t *testing.T, name, script string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(p.bin, name), []byte("#!/bin/sh\n"+script+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
}

func (p *pipeline) checkNothingLeft(t *testing.T) {
	t.Helper()
	for _, dir := range []string{"home", "work", "tmp"} {
		if left := p.list(t, dir); len(left) > 0 {
			t.Errorf("%s is left in %s", left, dir)
		}
	}
}

// gitlabJob is a job of a .gitlab-ci.yml.
type gitlabJob struct {
	name         string
	Stage, Image string
	Variables    map[string]gitlabVariable
	BeforeScript []string `yaml:"before_script"`
	Script       []string
}

type gitlabVariable struct {
	Value string
	raw   bool // no variable in it is expanded
}

func (v *gitlabVariable) UnmarshalYAML(node *yaml.Node) error {
	if node.Kind == yaml.ScalarNode {
		return node.Decode(&v.Value)
	}
	long := struct {
		Value  string
		Expand bool
	}{Expand: true}
	err := node.Decode(&long)
	v.Value, v.raw = long.Value, !long.Expand
	return err
}

type gitlabInputs map[string]struct {
	Description string
	Default     *string
	Regex       string
}

// readComponent is the inputs of the component, and the text that they go into.
func readComponent(t *testing.T) (inputs gitlabInputs, text string) {
	t.Helper()
	all, err := os.ReadFile(component)
	if err != nil {
		t.Fatal(err)
	}
	head, text, found := strings.Cut(string(all), "\n---\n")
	var header struct{ Spec struct{ Inputs gitlabInputs } }
	decoder := yaml.NewDecoder(strings.NewReader(head))
	decoder.KnownFields(true)
	if err := decoder.Decode(&header); err != nil || !found {
		t.Fatalf("%s: %v", component, err)
	}
	return header.Spec.Inputs, text
}

// includeComponent does what GitLab does for include: with inputs. Their values become
// part of the text, before it is read as YAML.
func includeComponent(t *testing.T, with map[string]string) (gitlabJob, error) {
	t.Helper()
	inputs, text := readComponent(t)
	for name := range with {
		if _, declared := inputs[name]; !declared {
			return gitlabJob{}, fmt.Errorf("there is no input %s", name)
		}
	}
	for name, input := range inputs {
		value, given := with[name]
		if !given && input.Default == nil {
			return gitlabJob{}, fmt.Errorf("the input %s is missing", name)
		}
		if !given {
			value = *input.Default
		}
		if !regexp.MustCompile(input.Regex).MatchString(value) {
			return gitlabJob{}, fmt.Errorf("the input %s is not %s", name, input.Regex)
		}
		text = strings.ReplaceAll(text, "$[[ inputs."+name+" ]]", value)
	}
	if strings.Contains(text, "$[[") {
		t.Errorf("nobody knows an input in\n%s", text)
	}
	var jobs map[string]gitlabJob
	decoder := yaml.NewDecoder(strings.NewReader(text))
	decoder.KnownFields(true)
	if err := decoder.Decode(&jobs); err != nil {
		return gitlabJob{}, err
	}
	for name, job := range jobs {
		if job.name = name; len(jobs) == 1 {
			return job, nil
		}
	}
	return gitlabJob{}, fmt.Errorf("%d jobs", len(jobs))
}
