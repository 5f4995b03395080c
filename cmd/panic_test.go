package cmd_test

import (
	"bytes"
	"context"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mxlogin/client/clienttest"
	"mxlogin/client/secret"
	"mxlogin/cmd"
	"mxlogin/cmd/terminal"
)

// faulty panics with a secret in hand wherever it is used.
type faulty struct {
	person
	value string
}

func (f *faulty) RoundTrip(*http.Request) (*http.Response, error) { panic(f.value) }

func (f *faulty) Write([]byte) (int, error) { panic(f.value) }

func (f *faulty) Read([]byte) (int, error) { panic(f.value) }

func (f *faulty) ReadLine(context.Context, string) (string, error) { panic(f.value) }

func (f *faulty) ReadSecret(context.Context, string) (secret.Value, error) { panic(f.value) }

// TestK7_X1_AFaultShowsNoSecret: at whatever stage it is, one line says where, with exit code
// 1, and what was worked on is not part of it.
func TestK7_X1_AFaultShowsNoSecret(t *testing.T) {
	password, token := clienttest.NewCanary("pw").String(), clienttest.NewCanary("tok").String()
	fault := &faulty{value: "working on " + password + " and " + token}
	fake := clienttest.NewFake(t, clienttest.FakeOptions{})
	wholeServer(fake, token)
	login := "password alice --homeserver " + fake.URL()
	stages := map[string]struct {
		args  string
		spoil func(*cmd.App)
	}{
		"the first requests, side by side": {login, func(a *cmd.App) { a.RoundTripper = fault }},
		"the one request":                  {login + " --skip-flows", func(a *cmd.App) { a.RoundTripper = fault }},
		"the terminal":                     {login, func(a *cmd.App) { a.OpenTerminal = func() (terminal.Prompter, error) { panic(fault.value) } }},
		"the prompt":                       {login, func(a *cmd.App) { a.OpenTerminal = func() (terminal.Prompter, error) { return fault, nil } }},
		"standard input":                   {login + " --password-stdin", func(a *cmd.App) { a.Stdin = fault }},
		"the result":                       {login, func(a *cmd.App) { a.Stdout = fault }},
		"the line that is pasted":          {"sso " + fake.URL() + " --skip-flows", func(a *cmd.App) { a.OpenTerminal = func() (terminal.Prompter, error) { return fault, nil } }},
	}
	for name, stage := range stages {
		t.Run(name, func(t *testing.T) {
			home := t.TempDir()
			var stdout, stderr bytes.Buffer
			app := &cmd.App{
				Stdin: strings.NewReader(password), Stdout: &stdout, Stderr: &stderr, Now: time.Now,
				Environment:  cmd.NewEnvironment([]string{"HOME=" + home}),
				OpenTerminal: func() (terminal.Prompter, error) { return &person{secret: password}, nil },
			}
			stage.spoil(app)
			code := cmd.Run(t.Context(), strings.Fields(stage.args), app)
			lines := strings.Split(strings.TrimSpace(stderr.String()), "\n")
			last := lines[max(0, len(lines)-2):]
			if code != 1 || len(last) != 2 || !strings.HasPrefix(last[0], "mxlogin: internal error at ") || !strings.HasPrefix(last[1], "hint: please report") {
				t.Errorf("exit code %d\n%s", code, &stderr)
			}
			clienttest.ScanForSecrets(t, "the output", append(stdout.Bytes(), stderr.Bytes()...), password, token)
			config, err := os.ReadFile(filepath.Join(home, ".config", "mxlogin", "config.yaml"))
			if err == nil && name != "the result" {
				clienttest.ScanForSecrets(t, "the config file", config, password, token)
			}
		})
	}
}
