package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestPagesAreUpToDate holds that the pages in the repository are those that the
// code makes: after a change run go run ./docs/gen.
func TestPagesAreUpToDate(t *testing.T) {
	pages, err := generate()
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range pages {
		got, err := os.ReadFile(filepath.Join("..", filepath.FromSlash(name)))
		if err != nil {
			t.Errorf("%v; run go run ./docs/gen", err)
			continue
		}
		if diff := cmp.Diff(want, string(got)); diff != "" {
			t.Errorf("%s is not up to date; run go run ./docs/gen\n%s", name, diff)
		}
	}
	for _, dir := range []string{"commands", "man"} {
		err := filepath.WalkDir(filepath.Join("..", dir), func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			name := filepath.ToSlash(strings.TrimPrefix(path, ".."+string(filepath.Separator)))
			if _, ok := pages[name]; !ok {
				t.Errorf("%s is of no command; run go run ./docs/gen", name)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
}
