package guides_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sync"
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

// built is the program of this checkout.
var built = sync.OnceValues(func() (program []byte, err error) {
	dir, err := os.MkdirTemp("", "mxlogin-guides-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	path := filepath.Join(dir, "mxlogin")
	if out, err := exec.Command("go", "build", "-buildvcs=false", "-o", path, "mxlogin").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%w\n%s", err, out)
	}
	return os.ReadFile(path)
})

// installMxlogin writes the program of this checkout.
func installMxlogin(t *testing.T, path string) {
	t.Helper()
	program, err := built()
	if err == nil {
		err = os.WriteFile(path, program, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
}
