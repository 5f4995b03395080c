package guides_test

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"mxlogin/client/clienttest"
)

const (
	loginAction  = "../../.github/actions/mxlogin"
	logoutAction = loginAction + "/logout"
	component    = "../../.gitlab/mxlogin.yml"

	version = "0.1.0" // of the release that is installed
)

// TestAction has a session for the steps of a job: a step uses it, and another ends it.
func TestAction(t *testing.T) {
	bot := newBot(t)
	j := newJob(t)
	login := j.uses(t, loginAction, bot.with(map[string]string{"device-id": "ci"}))
	token := login.outputs["access-token"]
	want := map[string]string{"access-token": token, "user-id": bot.userID, "device-id": "ci", "homeserver": bot.server.URL()}
	if diff := cmp.Diff(want, login.outputs); login.code != 0 || diff != "" {
		t.Fatalf("exit code %d, outputs (-want +got):\n%s\n%s", login.code, diff, &j.log)
	}
	checkToken(t, bot.server.URL(), token, http.StatusOK)
	j.checkSecrets(t, bot.password, token)

	j.checkCode(t, j.run(t, "mxlogin api /_matrix/client/v3/account/whoami"), 0)
	if !strings.Contains(j.log.String(), `"device_id":"ci"`) {
		t.Errorf("the server does not say who it is:\n%s", &j.log)
	}
	j.checkCode(t, j.run(t, `echo "$TOKEN"`, "TOKEN="+token), 0)
	if !strings.HasSuffix(j.log.String(), "***\n") {
		t.Errorf("the token is not masked:\n%s", &j.log)
	}

	j.checkCode(t, j.uses(t, logoutAction, nil), 0)
	checkToken(t, bot.server.URL(), token, http.StatusUnauthorized)
	bot.checkNoDevice(t)
	j.checkNoConfig(t)
	j.checkCode(t, j.uses(t, logoutAction, nil), 0)
	if !strings.HasSuffix(j.log.String(), "::notice::mxlogin: there is no session to log out\n") {
		t.Errorf("the second logout says:\n%s", &j.log)
	}
	clienttest.ScanForSecrets(t, "the log", []byte(j.log.String()), bot.password, token)
}

// TestAction_Run has a session for one script, which the runner may cancel.
func TestAction_Run(t *testing.T) {
	bot := newBot(t)
	// The token, for the test; it is taken away again before the files are looked at.
	const keep = `printf %s "$MATRIX_ACCESS_TOKEN" >token; `
	cases := []struct {
		name, script string
		code         int
		shows        string // as a regular expression
		prints       bool   // the token
	}{
		{
			name: "it finds the session",
			script: `
				[ -z "${MXLOGIN_PASSWORD+set}${INPUT_RUN+set}" ]
				echo "$MATRIX_USER_ID on $MATRIX_DEVICE_ID at $MATRIX_HOMESERVER"
				mxlogin whoami`,
			shows: `(?m)^` + bot.userID + ` on nightly at ` + bot.server.URL() + "\n" + bot.userID + `, device nightly`,
		},
		{name: "its exit code", script: `exit 7`, code: 7},
		{name: "a command that fails", script: `false | true; echo on`, code: 1},
		{name: "it prints the token", script: `echo "it is $MATRIX_ACCESS_TOKEN"`, shows: `it is \*\*\*`, prints: true},
		{name: "it prints the token on stderr", script: `echo "it is $MATRIX_ACCESS_TOKEN" >&2`, shows: `it is \*\*\*`, prints: true},
		{name: "it is cancelled", script: `touch started; exec sleep 60`, code: 128 + int(syscall.SIGINT)},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			j := newJob(t)
			if strings.Contains(c.script, "touch started") {
				j.whenStarted = func(runner *os.Process) {
					j.await(t, "started")
					_ = runner.Signal(os.Interrupt)
				}
			}
			login := j.uses(t, loginAction, bot.with(map[string]string{"device-id": "nightly", "run": keep + c.script}))
			j.checkCode(t, login, c.code)
			token := j.take(t, "token")
			if !regexp.MustCompile(c.shows).MatchString(j.log.String()) {
				t.Errorf("the log does not show %s:\n%s", c.shows, &j.log)
			}
			checkToken(t, bot.server.URL(), token, http.StatusUnauthorized)
			bot.checkNoDevice(t)
			j.checkNoOutputs(t, login)
			j.checkNoConfig(t)
			clienttest.ScanForSecrets(t, "the log", []byte(j.log.String()), bot.password, token)
			if !c.prints {
				j.checkSecrets(t, bot.password, token)
			}
		})
	}
}

// TestAction_Refused has no session in the end.
func TestAction_Refused(t *testing.T) {
	bot := newBot(t)
	wrong := clienttest.NewCanary("pw").String()
	for _, run := range []string{"", "echo it ran"} {
		j := newJob(t)
		login := j.uses(t, loginAction, bot.with(map[string]string{"password": wrong, "run": run}))
		j.checkCode(t, login, 4)
		j.checkNoOutputs(t, login)
		j.checkSecrets(t, wrong)
		if strings.Contains(j.log.String(), "it ran") {
			t.Error("the script ran")
		}
		j.checkCode(t, j.uses(t, logoutAction, nil), 0)
		if !strings.Contains(j.log.String(), "::notice::") {
			t.Errorf("there was a session:\n%s", &j.log)
		}
		j.checkNoConfig(t)
	}
	bot.checkNoDevice(t)
}

// TestAction_OneSession keeps a second user from the session of a job.
func TestAction_OneSession(t *testing.T) {
	bot := newBot(t)
	j := newJob(t)
	j.checkCode(t, j.uses(t, loginAction, bot.with(nil)), 0)
	second := j.uses(t, loginAction, bot.with(map[string]string{"user": "@other:localhost"}))
	j.checkCode(t, second, 2)
	j.checkNoOutputs(t, second)
	j.checkCode(t, j.uses(t, logoutAction, nil), 0)
	bot.checkNoDevice(t)
}

// TestAction_LogoutFails has a server that does not work: the session is kept. Its token is
// not what the runner would make of it if it stood in the mask as it is.
func TestAction_LogoutFails(t *testing.T) {
	const token = "tok%0Dof-the-test"
	fake := clienttest.NewFake(t, clienttest.FakeOptions{})
	fake.OnEvery("GET /_matrix/client/v3/login", clienttest.Reply{Body: `{"flows":[{"type":"m.login.password"}]}`})
	fake.OnEvery("POST /_matrix/client/v3/login", clienttest.Reply{Body: `{"user_id":"@bot:localhost","device_id":"D","access_token":"` + token + `"}`})
	fake.OnEvery("POST /_matrix/client/v3/logout", clienttest.Reply{Status: 500})
	bot := bot{userID: "@bot:localhost", password: clienttest.NewCanary("pw").String(), homeserver: fake.URL()}
	j := newJob(t)
	j.checkCode(t, j.uses(t, loginAction, bot.with(map[string]string{"device-id": "D"})), 0)
	if !slices.Equal(j.masks, []string{token}) {
		t.Errorf("masked: %q", j.masks)
	}
	j.checkCode(t, j.uses(t, logoutAction, nil), 5)
	if config := j.read(t, "temp/mxlogin/config.yaml"); !strings.Contains(config, token) {
		t.Errorf("the session is not kept:\n%s", config)
	}
	j.checkSecrets(t, bot.password)
}

// TestAction_Lines has a server, and then a program that believes it, whose answer would
// begin another output or a command to the runner.
func TestAction_Lines(t *testing.T) {
	t.Run("the server", func(t *testing.T) {
		fake := clienttest.NewFake(t, clienttest.FakeOptions{})
		fake.OnEvery("GET /_matrix/client/v3/login", clienttest.Reply{Body: `{"flows":[{"type":"m.login.password"}]}`})
		fake.OnEvery("POST /_matrix/client/v3/login", clienttest.Reply{Body: `{"user_id":"@bot:localhost","device_id":"D\nhomeserver=https://evil.test","access_token":"tok-of-the-test"}`})
		fake.OnEvery("POST /_matrix/client/v3/logout", clienttest.Reply{Body: `{}`})
		bot := bot{userID: "@bot:localhost", password: clienttest.NewCanary("pw").String(), homeserver: fake.URL()}
		for _, run := range []string{"", "echo it ran"} {
			j := newJob(t)
			login := j.uses(t, loginAction, bot.with(map[string]string{"run": run}))
			j.checkCode(t, login, 7)
			j.checkNoOutputs(t, login)
			j.checkSecrets(t, bot.password, "tok-of-the-test")
		}
	})
	values := map[string]string{"MATRIX_HOMESERVER": "https://hs.test", "MATRIX_USER_ID": "@bot:hs.test", "MATRIX_DEVICE_ID": "D", "MATRIX_ACCESS_TOKEN": "tok-of-the-test"}
	for name := range values {
		for _, control := range []string{"\n", "\r", "\x1b", "\x7f"} {
			t.Run(fmt.Sprintf("the program, %s, %q", name, control), func(t *testing.T) {
				// It plays mxlogin exec … -- COMMAND, and tells that it has logged out.
				program := "#!/bin/sh\ncase $1 in password) exit 0 ;; logout) touch logged-out; exit 0 ;; esac\n" +
					"while [ \"$1\" != -- ]; do shift; done\nshift\n"
				for other, value := range values {
					if other == name {
						value += control + "user-id=evil" + control + "::add-mask::evil"
					}
					program += "export " + other + "='" + value + "'\n"
				}
				archive := "mxlogin_0.1.0_linux_" + runtime.GOARCH + ".tar.gz"
				with := map[string]string{
					"user": "@bot:hs.test", "password": "password", "version": version,
					"releases": publish(t, map[string][]byte{archive: pack(t, archive, []byte(program+`exec "$@"`))}),
				}
				j := newJob(t)
				login := j.uses(t, loginAction, with)
				j.checkCode(t, login, 7)
				j.checkNoOutputs(t, login)
				j.take(t, "logged-out")
				with["run"] = "echo it ran"
				j.checkCode(t, j.uses(t, loginAction, with), 7)
				if len(j.masks) > 0 || strings.Contains(j.log.String(), "it ran") {
					t.Errorf("masks %q, log:\n%s", j.masks, &j.log)
				}
			})
		}
	}
}

// TestAction_UserIsNoFlag reaches no server.
func TestAction_UserIsNoFlag(t *testing.T) {
	sink := clienttest.NewSink(t)
	for _, user := range []string{"", "-x", "--help", "--config=x", "--"} {
		for _, run := range []string{"", "echo it ran"} {
			bot := bot{userID: user, password: clienttest.NewCanary("pw").String(), homeserver: sink.URL()}
			j := newJob(t)
			login := j.uses(t, loginAction, bot.with(map[string]string{"run": run}))
			j.checkCode(t, login, 2)
			j.checkNoOutputs(t, login)
			if j.log.String() != "::error::mxlogin: the input user is not a user ID, such as @bot:example.org\n" {
				t.Errorf("user %q: the log is\n%s", user, &j.log)
			}
			j.checkSecrets(t, bot.password)
		}
	}
	if sink.Connections() > 0 {
		t.Error("a request was made")
	}
}

// TestAction_Install has releases of any system; only the first step runs.
func TestAction_Install(t *testing.T) {
	program := []byte("the program")
	plain, secure, authorities := servers(t, program)
	cases := []struct {
		name, os, arch string
		archive        string // what is released
		sums           string // SHA256SUMS; default: the true ones
		with           map[string]string
		installs       string // a file in bin
		path           []string
		shows          string // as a regular expression, of an install that fails
	}{
		{name: "Linux", os: "Linux", arch: "X64", archive: "mxlogin_0.1.0_linux_amd64.tar.gz", installs: "mxlogin"},
		{name: "Linux on ARM", os: "Linux", arch: "ARM64", archive: "mxlogin_0.1.0_linux_arm64.tar.gz", installs: "mxlogin"},
		{
			name: "macOS, which has no sha256sum", os: "macOS", arch: "ARM64", archive: "mxlogin_0.1.0_darwin_arm64.tar.gz", installs: "mxlogin",
			path: []string{"bash", "curl", "awk", "mkdir", "rm", "tar", "gzip", "shasum"},
		},
		{
			name: "Windows, with what Git for Windows has", os: "Windows", arch: "X64", archive: "mxlogin_0.1.0_windows_amd64.zip", installs: "mxlogin.exe",
			path: []string{"bash", "curl", "awk", "mkdir", "rm", "unzip", "sha256sum"},
		},
		{
			name: "a checksum given", os: "Linux", arch: "X64", archive: "mxlogin_0.1.0_linux_amd64.tar.gz", installs: "mxlogin", sums: "none",
			with: map[string]string{"sha256": sumOf(pack(t, "mxlogin_0.1.0_linux_amd64.tar.gz", program))},
		},
		{
			name: "another checksum given", os: "Linux", arch: "X64", archive: "mxlogin_0.1.0_linux_amd64.tar.gz",
			with:  map[string]string{"sha256": strings.Repeat("0", 64)},
			shows: `^::error::mxlogin: mxlogin_0\.1\.0_linux_amd64\.tar\.gz has the SHA-256 [0-9a-f]{64}, not 0{64}\n$`,
		},
		{
			name: "another checksum in SHA256SUMS", os: "Windows", arch: "X64", archive: "mxlogin_0.1.0_windows_amd64.zip",
			sums:  strings.Repeat("1", 64) + "  mxlogin_0.1.0_windows_amd64.zip\n",
			shows: `^::error::mxlogin: mxlogin_0\.1\.0_windows_amd64\.zip has the SHA-256 [0-9a-f]{64}, not 1{64}\n$`,
		},
		{
			name: "no checksum in SHA256SUMS", os: "Linux", arch: "X64", archive: "mxlogin_0.1.0_linux_amd64.tar.gz",
			sums:  strings.Repeat("1", 64) + "  mxlogin_0.1.0_linux_amd64.tar.gz.sig\n",
			shows: `^::error::mxlogin: mxlogin_0\.1\.0_linux_amd64\.tar\.gz has the SHA-256 [0-9a-f]{64}, not one that SHA256SUMS names\n$`,
		},
		{
			name: "no SHA256SUMS", os: "Linux", arch: "X64", archive: "mxlogin_0.1.0_linux_amd64.tar.gz", sums: "none",
			shows: `::error::mxlogin: SHA256SUMS cannot be downloaded\n`,
		},
		{
			name: "no such release", os: "Linux", arch: "ARM64", archive: "mxlogin_0.1.0_linux_amd64.tar.gz",
			shows: `::error::mxlogin: mxlogin_0\.1\.0_linux_arm64\.tar\.gz cannot be downloaded\n`,
		},
		{name: "another processor", os: "Linux", arch: "ARM", shows: `^::error::mxlogin: there is no release for Linux on ARM\n$`},
		{name: "another system", os: "Plan9", arch: "X64", shows: `^::error::mxlogin: there is no release for Plan9\n$`},
		{
			name: "no version", os: "Linux", arch: "X64", with: map[string]string{"version": ""},
			shows: `^::error::mxlogin: the input version is not a version, such as 0\.1\.0\n$`,
		},
		{
			name: "a path", os: "Linux", arch: "X64", with: map[string]string{"version": "0/../../x"},
			shows: `^::error::mxlogin: the input version is not a version, such as 0\.1\.0\n$`,
		},
		{
			name: "http", os: "Linux", arch: "X64", with: map[string]string{"releases": plain},
			shows: `::error::mxlogin: mxlogin_0\.1\.0_linux_amd64\.tar\.gz cannot be downloaded\n$`,
		},
		{
			name: "https that leads to http", os: "Linux", arch: "X64", with: map[string]string{"releases": secure},
			shows: `::error::mxlogin: mxlogin_0\.1\.0_linux_amd64\.tar\.gz cannot be downloaded\n$`,
		},
		{name: "https that leads to https", os: "Linux", arch: "X64", with: map[string]string{"releases": secure, "version": "0.2.0"}, installs: "mxlogin"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			files := map[string][]byte{}
			if c.archive != "" {
				files[c.archive] = pack(t, c.archive, program)
			}
			if c.sums != "" {
				files["SHA256SUMS"] = []byte(c.sums)
			}
			j := newJob(t)
			j.env["RUNNER_OS"], j.env["RUNNER_ARCH"], j.env["CURL_CA_BUNDLE"] = c.os, c.arch, authorities
			if c.path != nil {
				j.env["PATH"] = onlyPrograms(t, c.path)
			}
			with := map[string]string{"version": version, "releases": publish(t, files)}
			if c.sums == "none" {
				j.removeSums(t, with["releases"])
			}
			maps.Copy(with, c.with)
			a := readAction(t, loginAction)
			a.Runs.Steps, a.Outputs = a.Runs.Steps[:1], nil
			ended := j.composite(t, loginAction, a, with)

			installed := j.list(t, "temp/mxlogin")
			if c.installs != "" {
				j.checkCode(t, ended, 0)
				if want := []string{"bin/" + c.installs}; !slices.Equal(installed, want) || len(j.path) != 1 || j.read(t, "temp/mxlogin/bin/"+c.installs) != string(program) {
					t.Errorf("there is %q, and PATH has %q", installed, j.path)
				}
				return
			}
			j.checkCode(t, ended, 1)
			if len(installed) > 0 || len(j.path) > 0 {
				t.Errorf("there is %q, and PATH has %q", installed, j.path)
			}
			if !regexp.MustCompile(c.shows).MatchString(j.log.String()) {
				t.Errorf("the log does not show %s:\n%s", c.shows, &j.log)
			}
		})
	}
}

// servers have a release that would be installed: 0.1.0 with plain http, to which an
// https server leads too, and 0.2.0, which that server has itself.
func servers(t *testing.T, program []byte) (plain, secure, authorities string) {
	t.Helper()
	const file, next = "mxlogin_0.1.0_linux_amd64.tar.gz", "mxlogin_0.2.0_linux_amd64.tar.gz"
	dir := strings.TrimPrefix(publish(t, map[string][]byte{file: pack(t, file, program)}), "file://")
	open := httptest.NewServer(http.FileServer(http.Dir(dir)))
	t.Cleanup(open.Close)
	fake := clienttest.NewFake(t, clienttest.FakeOptions{TLS: true})
	for _, name := range []string{file, "SHA256SUMS"} {
		fake.OnEvery("GET /v0.1.0/"+name, clienttest.Reply{Status: 302, Header: map[string]string{"Location": open.URL + "/v0.1.0/" + name}})
	}
	packed := pack(t, next, program)
	for name, content := range map[string]string{next: string(packed), "SHA256SUMS": sumOf(packed) + "  " + next + "\n"} {
		fake.OnEvery("GET /v0.2.0/"+name, clienttest.Reply{Status: 302, Header: map[string]string{"Location": "/files/" + name}})
		fake.OnEvery("GET /files/"+name, clienttest.Reply{Body: content})
	}
	authorities = filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(authorities, fake.CAPEM(), 0o600); err != nil {
		t.Fatal(err)
	}
	return open.URL, fake.URL(), authorities
}

// TestRunners_NoInputInScripts holds for what a runner would put into the text of a
// script, where it could be anything.
func TestRunners_NoInputInScripts(t *testing.T) {
	for _, path := range []string{loginAction, logoutAction} {
		withPassword := 0
		for _, step := range readAction(t, path).Runs.Steps {
			if strings.Contains(step.Run, "${{") {
				t.Errorf("%s: %s", path, step.Run)
			}
			if strings.Contains(fmt.Sprint(step.Env), "inputs.password") {
				withPassword++
			}
		}
		if path == loginAction && withPassword != 1 {
			t.Errorf("%d steps have the password in their environment", withPassword)
		}
	}
	_, text := readComponent(t)
	var jobs map[string]gitlabJob
	if err := yaml.Unmarshal([]byte(text), &jobs); err != nil || len(jobs) != 1 {
		t.Fatalf("%v, %d jobs", err, len(jobs))
	}
	for _, job := range jobs {
		for _, line := range slices.Concat(job.BeforeScript, job.Script) {
			if strings.Contains(line, "$[[") {
				t.Errorf("%s: %s", component, line)
			}
		}
	}
}
