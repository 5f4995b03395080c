package main

import (
	_ "embed"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

//go:embed cases.txt
var casesText string

// testCase is a fault that mxlogin is built to survive.
type testCase struct {
	id, meaning string
	untested    string // why it can have no test; empty where it has to have one
}

// caseGroup is cases under one heading.
type caseGroup struct {
	title string
	cases []testCase
}

// readCases reads cases.txt.
func readCases() (groups []caseGroup) {
	for line := range strings.Lines(casesText) {
		line = strings.TrimSpace(line)
		if title, ok := strings.CutPrefix(line, "## "); ok {
			groups = append(groups, caseGroup{title: title})
			continue
		}
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		id, meaning, _ := strings.Cut(line, " ")
		meaning, untested, _ := strings.Cut(meaning, " - ")
		last := &groups[len(groups)-1]
		last.cases = append(last.cases, testCase{id, meaning, untested})
	}
	return groups
}

var (
	testFunction = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`)
	caseID       = regexp.MustCompile(`^[A-Z]\d+$`)
)

// testsByCase returns the names of the tests and scripts below root by the ids that they
// have in them.
func testsByCase(root string) (map[string][]string, error) {
	found := map[string][]string{}
	add := func(name, words string) {
		for word := range strings.SplitSeq(words, "_") {
			if caseID.MatchString(word) && !slices.Contains(found[word], name) {
				found[word] = append(found[word], name)
			}
		}
	}
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		name := entry.Name()
		if script, ok := strings.CutSuffix(name, ".txtar"); ok {
			add(script, strings.ToUpper(strings.ReplaceAll(script, "-", "_")))
			return nil
		}
		if !strings.HasSuffix(name, "_test.go") {
			return nil
		}
		source, err := os.ReadFile(path)
		for _, match := range testFunction.FindAllStringSubmatch(string(source), -1) {
			add(match[1], strings.TrimPrefix(strings.TrimPrefix(match[1], "Test"), "Fuzz"))
		}
		return err
	})
	for _, names := range found {
		slices.Sort(names)
	}
	return found, err
}

// ledger is the part of docs/security.md that says which test shows which case. A case
// that has none and may not lack it is an error.
func ledger(root string) (string, error) {
	tests, err := testsByCase(root)
	if err != nil {
		return "", err
	}
	var text strings.Builder
	var missing []string
	for _, group := range readCases() {
		fmt.Fprintf(&text, "\n### %s\n\n| | what happens | the test that shows it |\n| --- | --- | --- |\n", group.title)
		for _, c := range group.cases {
			shown := "none: " + c.untested
			if names := tests[c.id]; len(names) > 0 {
				shown = "`" + strings.Join(names, "`, `") + "`"
			} else if c.untested == "" {
				missing = append(missing, c.id)
			}
			fmt.Fprintf(&text, "| %s | %s | %s |\n", c.id, c.meaning, shown)
		}
	}
	if len(missing) > 0 {
		return "", fmt.Errorf("no test is named after %s", strings.Join(missing, ", "))
	}
	return text.String(), nil
}

const (
	ledgerBegins = "<!-- what follows is made by go run ./docs/gen -->\n"
	ledgerEnds   = "<!-- the end of what is made -->\n"
)

// securityPage is docs/security.md with the ledger as it is today.
func securityPage(root string) (string, error) {
	page, err := os.ReadFile(filepath.Join(root, "docs", "security.md"))
	if err != nil {
		return "", err
	}
	before, rest, begins := strings.Cut(string(page), ledgerBegins)
	_, after, ends := strings.Cut(rest, ledgerEnds)
	if !begins || !ends {
		return "", fmt.Errorf("docs/security.md has no place for the ledger")
	}
	made, err := ledger(root)
	return before + ledgerBegins + made + "\n" + ledgerEnds + after, err
}
