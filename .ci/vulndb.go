//go:build ignore

// Vulndb makes a database for govulncheck of the entries in golang.org/x/vulndb, so that
// the module proxy is enough to have it.
//
//	go run .ci/vulndb.go DIR OUT
//
// DIR holds the module, OUT is made.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// entry is what the index needs of a vulnerability in OSV form.
type entry struct {
	ID       string    `json:"id"`
	Modified time.Time `json:"modified"`
	Aliases  []string  `json:"aliases,omitempty"`
	Affected []struct {
		Package struct {
			Name string `json:"name"`
		} `json:"package"`
		Ranges []struct {
			Events []struct {
				Fixed string `json:"fixed"`
			} `json:"events"`
		} `json:"ranges"`
	} `json:"affected"`
}

type module struct {
	Path  string          `json:"path"`
	Vulns []vulnerability `json:"vulns"`
}

type vulnerability struct {
	ID       string    `json:"id"`
	Modified time.Time `json:"modified"`
	Fixed    string    `json:"fixed,omitempty"`
}

type listed struct {
	ID       string    `json:"id"`
	Modified time.Time `json:"modified"`
	Aliases  []string  `json:"aliases,omitempty"`
}

func main() {
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "vulndb:", err)
		os.Exit(1)
	}
}

func run(dir, out string) error {
	for _, made := range []string{"ID", "index"} {
		if err := os.MkdirAll(filepath.Join(out, made), 0o755); err != nil {
			return err
		}
	}
	files, err := filepath.Glob(filepath.Join(dir, "data", "osv", "*.json"))
	if err != nil || len(files) == 0 {
		return fmt.Errorf("%s has no entries: %v", dir, err)
	}
	modules, latest := map[string]*module{}, time.Time{}
	var all []listed
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		var e entry
		if err := json.Unmarshal(text, &e); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		if err := os.WriteFile(filepath.Join(out, "ID", e.ID+".json"), text, 0o644); err != nil {
			return err
		}
		all = append(all, listed{e.ID, e.Modified, e.Aliases})
		e.addTo(modules)
		if e.Modified.After(latest) {
			latest = e.Modified
		}
	}
	sorted := make([]*module, 0, len(modules))
	for _, m := range modules {
		sorted = append(sorted, m)
	}
	slices.SortFunc(sorted, func(a, b *module) int { return strings.Compare(a.Path, b.Path) })
	for name, value := range map[string]any{"db": map[string]any{"modified": latest}, "modules": sorted, "vulns": all} {
		text, err := json.Marshal(value)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(out, "index", name+".json"), text, 0o644); err != nil {
			return err
		}
	}
	fmt.Printf("%d entries, the latest of %s\n", len(files), latest.Format(time.DateOnly))
	return nil
}

// addTo notes the entry with each module that it affects, and the last version that fixes
// it there.
func (e entry) addTo(modules map[string]*module) {
	for _, affected := range e.Affected {
		path, fixed := affected.Package.Name, ""
		for _, r := range affected.Ranges {
			for _, event := range r.Events {
				if event.Fixed != "" {
					fixed = event.Fixed
				}
			}
		}
		if modules[path] == nil {
			modules[path] = &module{Path: path}
		}
		m := modules[path]
		m.Vulns = append(m.Vulns, vulnerability{e.ID, e.Modified, fixed})
	}
}
