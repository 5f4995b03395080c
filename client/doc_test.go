package client_test

import (
	"os"
	"strings"
	"testing"
)

// TestTheLoginOfThePackageCommentIsAnExample holds that what go doc shows is what an
// example runs, but for the network that it runs on.
func TestTheLoginOfThePackageCommentIsAnExample(t *testing.T) {
	example, err := os.ReadFile("example_test.go")
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile("client.go")
	if err != nil {
		t.Fatal(err)
	}
	run := strings.ReplaceAll(string(example), "RoundTripper: network.RoundTripper", "")
	comment, _, _ := strings.Cut(string(source), "\npackage client")
	shown := 0
	for line := range strings.Lines(comment) {
		code, isCode := strings.CutPrefix(line, "//\t")
		if !isCode {
			continue
		}
		shown++
		if !strings.Contains(run, strings.TrimSpace(code)) {
			t.Errorf("no example has %s", code)
		}
	}
	if shown == 0 {
		t.Error("the comment shows no login")
	}
}
