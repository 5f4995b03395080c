package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestEveryTestThatIsNamedExists: the pages claim nothing that no test shows.
func TestEveryTestThatIsNamedExists(t *testing.T) {
	root, err := moduleRoot()
	if err != nil {
		t.Fatal(err)
	}
	all := namesOfTests(t, root)
	named := regexp.MustCompile("`((?:Test|Fuzz)[A-Za-z0-9_]+)(…?)`")
	for _, page := range []string{"README.md", "docs/security.md", "docs/architecture.md", "docs/benchmarks.md"} {
		text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(page)))
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range named.FindAllStringSubmatch(string(text), -1) {
			if name, isStart := match[1], match[2] != ""; !strings.Contains(all, "\n"+name+"\n") && (!isStart || !strings.Contains(all, "\n"+name)) {
				t.Errorf("%s names %s, which there is not", page, name)
			}
		}
	}
}

// TestEveryScriptOfTheClaimsExists, for the table of claims and that of the README.
func TestEveryScriptOfTheClaimsExists(t *testing.T) {
	root, err := moduleRoot()
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(root, "docs", "security.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, claims, _ := strings.Cut(string(text), "\n## The tests behind the claims\n")
	claims, _, _ = strings.Cut(claims, "\n## ")
	checked := 0
	for _, match := range regexp.MustCompile("`([a-z][a-z0-9-]+)`").FindAllStringSubmatch(claims, -1) {
		checked++
		if found, err := filepath.Glob(filepath.Join(root, "cmd", "testdata", "*", match[1]+".txtar")); err != nil || len(found) == 0 {
			t.Errorf("there is no script %s", match[1])
		}
	}
	if checked == 0 {
		t.Error("no script is named")
	}
}

// namesOfTests is every test function below root, a line each.
func namesOfTests(t *testing.T, root string) string {
	t.Helper()
	names := "\n"
	err := filepath.WalkDir(root, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		source, err := os.ReadFile(path)
		for _, match := range testFunction.FindAllStringSubmatch(string(source), -1) {
			names += match[1] + "\n"
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}
