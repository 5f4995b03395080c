// Command gen writes the pages of docs that come from the code: one for each
// command, as Markdown and as a man page, and those of the tables of settings,
// exit codes, environment variables, JSON, and of the tests by case.
//
//	go run ./docs/gen
package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func run() error {
	root, err := moduleRoot()
	if err != nil {
		return err
	}
	pages, err := generate()
	if err != nil {
		return err
	}
	docs := filepath.Join(root, "docs")
	for _, dir := range []string{"commands", "man"} { // pages of commands that are gone go too
		if err := os.RemoveAll(filepath.Join(docs, dir)); err != nil {
			return err
		}
	}
	for name, text := range pages {
		path := filepath.Join(docs, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

func moduleRoot() (string, error) {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "mxlogin").Output()
	if err != nil {
		return "", fmt.Errorf("find the module mxlogin: %w", err)
	}
	return strings.TrimSpace(string(out)), nil
}
