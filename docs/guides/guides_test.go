package guides_test

import (
	"os"
	"os/exec"
	"regexp"
	"testing"
)

// fenced are the blocks of a guide in a language.
func fenced(t *testing.T, path, language string) []string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, match := range regexp.MustCompile("(?ms)^```"+language+"\n(.*?)^```$").FindAllStringSubmatch(string(text), -1) {
		found = append(found, match[1])
	}
	if found == nil {
		t.Fatalf("%s has no block of %s", path, language)
	}
	return found
}

// buildMxlogin builds the program of this checkout.
func buildMxlogin(t *testing.T, path string) {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-buildvcs=false", "-o", path, "mxlogin").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}
