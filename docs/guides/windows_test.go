package guides_test

import (
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestGuideWindows looks that the commands of docs/guides/windows.md are such: that there
// are these commands, with these flags. There is no Windows here to run them.
func TestGuideWindows(t *testing.T) {
	mxlogin := filepath.Join(t.TempDir(), "mxlogin.exe")
	installMxlogin(t, mxlogin)
	commands := regexp.MustCompile(`(?m)(?:^|\| )mxlogin ([^|\n]*)`).FindAllStringSubmatch(strings.Join(fenced(t, "windows.md", "powershell"), ""), -1)
	if len(commands) < 8 {
		t.Fatalf("%d commands", len(commands))
	}
	for _, command := range commands {
		words, _, _ := strings.Cut(command[1], " -- ")
		args := strings.Fields(strings.ReplaceAll(words, `"`, ""))
		if out, err := exec.CommandContext(t.Context(), mxlogin, append(args, "--help")...).CombinedOutput(); err != nil || !strings.Contains(string(out), "mxlogin "+args[0]) {
			t.Errorf("mxlogin %s: %v\n%s", words, err, out)
		}
	}
}
