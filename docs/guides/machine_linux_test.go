package guides_test

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"mxlogin/client/clienttest"
)

// machine is one on which the commands of a guide run. What they name by an absolute path
// is below a directory of the test, and example.org is a real homeserver.
type machine struct {
	root     string
	env      map[string]string
	names    *strings.Replacer
	password string // of the bot
}

// newMachine has mxlogin installed as the package does. names are paths and names of the
// guide and what they are here, besides those that every guide has.
func newMachine(t *testing.T, homeserver string, names ...string) *machine {
	t.Helper()
	m := &machine{root: shared(t), password: clienttest.NewCanary("pw").String()}
	for _, dir := range []string{"etc/mxlogin", "etc/systemd/system", "root/bin", "usr/bin", "usr/local/bin", "var/lib", "run"} {
		if err := os.MkdirAll(m.at(dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	installMxlogin(t, m.at("usr/bin/mxlogin"))
	m.env = map[string]string{
		"HOME": m.at("root"), "PATH": m.at("usr/local/bin") + ":" + m.at("usr/bin") + ":" + os.Getenv("PATH"),
		"MXLOGIN_HOMESERVER": homeserver, "CI": "true",
	}
	m.names = strings.NewReplacer(append(names,
		"/etc/mxlogin", m.at("etc/mxlogin"), "/usr/local/bin", m.at("usr/local/bin"), "/usr/bin/mxlogin", m.at("usr/bin/mxlogin"),
		"@bot:example.org", "@bot:localhost", "@alice:example.org", "@alice:localhost", "https://matrix.example.org", homeserver)...)
	return m
}

// shared is a directory of the test that all users of this machine can come to.
func shared(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, path := range []string{filepath.Dir(dir), dir} {
		if err := os.Chmod(path, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func (m *machine) at(path string) string { return filepath.Join(m.root, path) }

// program is the one that a guide leaves to its reader.
func (m *machine) program(t *testing.T, path, script string) {
	t.Helper()
	m.write(t, path, "#!/bin/sh\nset -eu\n"+script+"\n", 0o755)
}

func (m *machine) write(t *testing.T, path, text string, mode os.FileMode) {
	t.Helper()
	if err := os.WriteFile(m.at(path), []byte(text), mode); err != nil {
		t.Fatal(err)
	}
}

func (m *machine) read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(m.at(path))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// sh runs a script of a guide, which has to end well, and returns what it printed.
func (m *machine) sh(t *testing.T, script string) string {
	t.Helper()
	return m.runs(t, m.env, nil, "sh", "-euc", m.names.Replace(script))
}

// runs runs a command that has to end well, warn of nothing and print no password.
func (m *machine) runs(t *testing.T, env map[string]string, as *syscall.Credential, argv ...string) string {
	t.Helper()
	command := exec.CommandContext(t.Context(), "env", argv...) // env looks for it in the PATH of its environment
	command.Dir = m.at("root")
	for _, name := range slices.Sorted(maps.Keys(env)) {
		command.Env = append(command.Env, name+"="+env[name])
	}
	command.SysProcAttr = &syscall.SysProcAttr{Credential: as}
	var stderr strings.Builder
	command.Stderr = &stderr
	out, err := command.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s%s", strings.Join(argv, " "), err, out, &stderr)
	}
	if strings.Contains(stderr.String(), "warning:") {
		t.Errorf("%s warns:\n%s", strings.Join(argv, " "), &stderr)
	}
	clienttest.ScanForSecrets(t, strings.Join(argv, " "), []byte(string(out)+stderr.String()), m.password)
	return string(out)
}
