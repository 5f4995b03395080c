//go:build unix

package output_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"mxlogin/client/clienttest"
	"mxlogin/client/secret"
	"mxlogin/cmd/output"
)

// hostileTokens would do something in a shell that took them as they are.
var hostileTokens = []string{
	`'; touch x'`, `'; touch x; '`, `$(touch x)`, "`touch x`", `a; touch x`, `a|touch x`, `a&touch x&`,
	`$HOME`, `~`, `~root`, `a:~`, `a=~root`, `a b`, `a\`, `\'`, `"`, `'`, `''`, `!!`, `#a`, `a#b`, `*`, `{a,b}`, `>x`,
	`-n`, `=`, `@alice:example.org`, `syt_YWxpY2U_abc+/==%`, `a~b`, `ünï`, `(`, `[`, `^`, `?`,
}

func TestK10_ShellReadsBackWhatEnvWrites(t *testing.T) {
	for _, token := range hostileTokens {
		s := exampleSession()
		s.AccessToken, s.DeviceID = secret.New(token), token
		dir := t.TempDir()
		script := "set -e\n" + printed(t, output.Env, s, false) +
			`printf '%s\n%s\n%s\n%s' "$MATRIX_HOMESERVER" "$MATRIX_USER_ID" "$MATRIX_DEVICE_ID" "$MATRIX_ACCESS_TOKEN"`
		for _, form := range []string{script, "eval \"$(cat <<'END'\n" + script + "\nEND\n)\""} {
			cmd := exec.Command("sh", "-c", form)
			cmd.Dir = dir
			got, err := cmd.CombinedOutput()
			want := s.Homeserver + "\n" + s.UserID + "\n" + token + "\n" + token
			if err != nil || string(got) != want {
				t.Errorf("%q is read as %q, %v", token, got, err)
			}
		}
		if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) > 0 {
			t.Errorf("%q was executed: %q", token, left)
		}
	}
}

// TestK10_ShellsReadBackWhatTheyAreGiven, as the programs that they start see it.
func TestK10_ShellsReadBackWhatTheyAreGiven(t *testing.T) {
	const show = `printf '%s\n%s\n%s\n%s' "$MATRIX_HOMESERVER" "$MATRIX_USER_ID" "$MATRIX_DEVICE_ID" "$MATRIX_ACCESS_TOKEN"`
	for format, shell := range map[output.Format]string{output.Export: "sh", output.Fish: "fish"} {
		if _, err := exec.LookPath(shell); err != nil {
			clienttest.Skip(t, "there is no "+shell+" here")
		}
		for _, token := range hostileTokens {
			s := exampleSession()
			s.AccessToken, s.DeviceID = secret.New(token), token
			dir := t.TempDir()
			cmd := exec.Command(shell, "-c", printed(t, format, s, false)+"sh -c '"+strings.ReplaceAll(show, "'", `'"'"'`)+"'")
			cmd.Dir, cmd.Env = dir, []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir}
			got, err := cmd.CombinedOutput()
			if want := s.Homeserver + "\n" + s.UserID + "\n" + token + "\n" + token; err != nil || string(got) != want {
				t.Errorf("%s: %q is read as %q, %v", shell, token, got, err)
			}
			if _, err := os.Stat(filepath.Join(dir, "x")); err == nil {
				t.Errorf("%s: %q was executed", shell, token)
			}
		}
	}
}

func TestK10_PowerShell(t *testing.T) {
	for token, want := range map[string]string{
		"syt_x": `$env:MATRIX_ACCESS_TOKEN = 'syt_x'`, "a'b": `$env:MATRIX_ACCESS_TOKEN = 'a''b'`,
		"a\u2019; x": "$env:MATRIX_ACCESS_TOKEN = 'a\u2019\u2019; x'", "$(x)`": "$env:MATRIX_ACCESS_TOKEN = '$(x)`'",
	} {
		s := exampleSession()
		s.AccessToken = secret.New(token)
		if got := printed(t, output.PowerShell, s, false); !strings.HasSuffix(got, "\n"+want+"\n") {
			t.Errorf("%q is written as %q", token, got)
		}
	}
}

// Env files are read without a shell: quotes would be part of the value.
func TestK10_ValuesAreBareWhereTheyCanBe(t *testing.T) {
	bare := []string{`syt_YWxpY2U_abc+/==%`, `mat_x.y-z,0`, `a~b`, `-n`, `@a:b`}
	for _, token := range bare {
		s := exampleSession()
		s.AccessToken = secret.New(token)
		if got := printed(t, output.Env, s, false); !strings.HasSuffix(got, "\nMATRIX_ACCESS_TOKEN="+token+"\n") {
			t.Errorf("%q is written as %q", token, got)
		}
	}
}

func TestI28_FullDeviceIsAnError(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if os.IsNotExist(err) {
		full = brokenPipe(t) // not every Unix has it
	} else if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = full.Close() }()
	for _, f := range []output.Format{output.Text, output.JSON, output.Token, output.Env, output.Export, output.PowerShell, output.Fish, output.Header} {
		if err := plainPrinter(full, f).Session(exampleSession(), false); err == nil {
			t.Errorf("%s: no error", f)
		}
	}
	// The reporter has nobody to tell it, and goes on.
	output.NewReporter(full, false, false, strings.Clone).Warning("storage", "w")
}

// brokenPipe returns the write end of a pipe that nobody reads.
func brokenPipe(t *testing.T) *os.File {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	_ = r.Close()
	return w
}

func TestI29_ReporterSurvivesAClosedStderr(t *testing.T) {
	closed := brokenPipe(t)
	broken := brokenPipe(t)
	_ = closed.Close()
	defer func() { _ = broken.Close() }()
	for _, w := range []*os.File{closed, broken} {
		for _, asJSON := range []bool{false, true} {
			reportEverything(output.NewReporter(w, asJSON, false, strings.Clone), "text")
		}
	}
	var b bytes.Buffer
	output.NewReporter(&b, true, false, strings.Clone).Notice("odd", "", map[string]any{"f": func() {}})
	if got := b.String(); got != `{"event":{"type":"odd"}}`+"\n" {
		t.Errorf("fields that JSON cannot hold give %q", got)
	}
}
