//go:build unix

package cmd_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"

	"mxlogin/client/clienttest"
)

// TestCompletionInShells types into real shells and presses the tab key.
func TestCompletionInShells(t *testing.T) {
	shells := []struct {
		name   string
		args   []string
		needs  string // a file that has to be there besides the shell
		source string
	}{
		{"bash", []string{"--norc", "--noprofile", "-i"}, "/usr/share/bash-completion/bash_completion", ". /usr/share/bash-completion/bash_completion; . <(mxlogin completion bash)"},
		{"zsh", []string{"-f", "-i"}, "", "autoload -Uz compinit && compinit -u -d $HOME/zcompdump && source <(mxlogin completion zsh)"},
		{"fish", []string{"--no-config", "-i"}, "", "mxlogin completion fish | source"},
	}
	for _, shell := range shells {
		t.Run(shell.name, func(t *testing.T) {
			path, err := exec.LookPath(shell.name)
			if err != nil {
				clienttest.Skip(t, shell.name+" is not installed")
			}
			if shell.needs != "" {
				if _, err := os.Stat(shell.needs); err != nil {
					clienttest.Skip(t, shell.needs+" is not installed")
				}
			}
			session := startShell(t, path, shell.args...)
			session.run(t, shell.source)
			session.completes(t, "mxlogin whoa", "mxlogin whoami ")
			session.completes(t, "mxlogin whoami wo", "mxlogin whoami work ")
			session.completes(t, "mxlogin logout --account wo", "mxlogin logout --account work ")
			session.completes(t, "mxlogin flows -o js", "mxlogin flows -o json ")
			session.completes(t, "mxlogin config get max", "mxlogin config get max_wait ")
			session.completes(t, "mxlogin config set output js", "mxlogin config set output json ")
			session.completes(t, "mxlogin help exit", "mxlogin help exit-codes ")
			session.completes(t, "mxlogin exec wo", "mxlogin exec work ")
			session.completes(t, "mxlogin exec -- mxlog", "mxlogin exec -- mxlogin ")
			testQ5Words(t, session)
		})
	}
}

// testQ5Words: bash inserts the common start of several words as it is, and runs a
// command in it when the key is pressed again; of one word with two descriptions
// that start is more than the word.
func testQ5Words(t *testing.T, s *shell) {
	t.Helper()
	// What was typed before has been worked on when this is completed.
	settled := func() { s.completes(t, "mxlogin config get max", "mxlogin config get max_wait ") }

	s.typeKeys(t, "mxlogin whoami ev\t\t\x15")
	settled()
	if _, err := os.Stat(filepath.Join(s.home, "pwned")); err == nil {
		t.Error("the name of an account was run")
	}

	s.typeKeys(t, "mxlogin login \t")
	s.await(t, "@bob:hs.test")
	seen := s.seen
	s.typeKeys(t, "\x15")
	settled()
	if seen += s.seen; strings.Contains(seen, "(https") {
		t.Errorf("a user ID of several accounts is completed to %q", seen)
	}
}

func TestThePowerShellScriptIsMade(t *testing.T) {
	cmd, _, stderr := process(t, "completion", "powershell")
	out, err := cmd.Output()
	if err != nil || !strings.Contains(string(out), "Register-ArgumentCompleter") {
		t.Errorf("%v\n%s", err, stderr)
	}
}

// shell is an interactive shell on a terminal of its own.
type shell struct {
	home     string
	terminal *os.File
	output   chan string
	seen     string
}

// savedForShells has one account with a name for a shell, and two that a shell must
// not see. All are of one user ID.
const savedForShells = `version: 1
accounts:
  - {name: work, user_id: "@bob:hs.test", homeserver: "https://hs.test", access_token: x}
  - {name: "evil$(touch $HOME/pwned)1", user_id: "@bob:hs.test", homeserver: "https://hs.test", access_token: x}
  - {name: "evil$(touch $HOME/pwned)2", user_id: "@bob:hs.test", homeserver: "https://hs.test", access_token: x}
`

// startShell starts a shell that finds mxlogin in its PATH and savedForShells.
func startShell(t *testing.T, path string, args ...string) *shell {
	t.Helper()
	home := t.TempDir()
	dir := filepath.Join(home, ".config", "mxlogin")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "config.yaml"), []byte(savedForShells), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, args...)
	// testscript has put mxlogin into the PATH of scripts only.
	cmd.Env = []string{"HOME=" + home, "PATH=" + mxloginDir(t) + ":" + os.Getenv("PATH"), "TERM=dumb", "PS1=% ", noRaceSleep}
	terminal, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 24, Cols: 200})
	if err != nil {
		t.Fatal(err)
	}
	s := &shell{home: home, terminal: terminal, output: make(chan string, 100)}
	go func() {
		defer close(s.output)
		buffer := make([]byte, 4096)
		for {
			n, err := terminal.Read(buffer)
			if n > 0 {
				s.output <- string(buffer[:n])
			}
			if err != nil {
				return
			}
		}
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = terminal.Close()
		_ = cmd.Wait()
	})
	return s
}

// mxloginDir is a directory in which the test binary is called mxlogin.
func mxloginDir(t *testing.T) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.Symlink(self, filepath.Join(dir, "mxlogin")); err != nil {
		t.Fatal(err)
	}
	return dir
}

// run runs a line and waits until it is done.
func (s *shell) run(t *testing.T, line string) {
	t.Helper()
	s.typeKeys(t, line+"; echo do''ne\n")
	s.await(t, "done")
}

// completes types a line and the tab key, and waits for what becomes of it.
func (s *shell) completes(t *testing.T, typed, want string) {
	t.Helper()
	s.typeKeys(t, typed+"\t")
	// The shell echoes what was typed and then what the tab key adds.
	s.await(t, strings.TrimPrefix(want, typed))
	s.typeKeys(t, "\x15") // takes the line back
}

func (s *shell) typeKeys(t *testing.T, keys string) {
	t.Helper()
	s.seen = ""
	if _, err := s.terminal.WriteString(keys); err != nil {
		t.Fatal(err)
	}
}

func (s *shell) await(t *testing.T, want string) {
	t.Helper()
	deadline := time.After(20 * time.Second)
	for !strings.Contains(s.seen, want) {
		select {
		case text, ok := <-s.output:
			if !ok {
				t.Fatalf("the shell ended before it wrote %q: %q", want, s.seen)
			}
			s.seen += text
		case <-deadline:
			t.Fatalf("the shell did not write %q: %q", want, s.seen)
		}
	}
}
