package client_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestTheCodeOfPackageCommentsIsThatOfExamples holds that what go doc shows is what an
// example runs, but for the network that it runs on.
func TestTheCodeOfPackageCommentsIsThatOfExamples(t *testing.T) {
	example := readText(t, "example_test.go")
	run := strings.ReplaceAll(example, "RoundTripper: network.RoundTripper", "") + readText(t, "oauth", "example_test.go")
	for _, file := range []string{"client.go", "oauth/oauth.go", "discovery/discovery.go"} {
		comment, _, _ := strings.Cut(readText(t, file), "\npackage ")
		shown := 0
		for line := range strings.Lines(comment) {
			code, isCode := strings.CutPrefix(line, "//\t")
			if !isCode {
				continue
			}
			shown++
			code, _, _ = strings.Cut(code, " // ")
			if !strings.Contains(run, strings.TrimSpace(code)) {
				t.Errorf("%s: no example has %s", file, code)
			}
		}
		if shown == 0 {
			t.Errorf("the comment in %s shows no code", file)
		}
	}
}

func readText(t *testing.T, path ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
