package main

import (
	"bytes"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"mxlogin/client/clienttest"
	"mxlogin/cmd"
)

// TestManPagesAreWhole holds that every command has a page, with all sections, that names
// only pages that there are.
func TestManPagesAreWhole(t *testing.T) {
	pages, err := generate()
	if err != nil {
		t.Fatal(err)
	}
	reference := regexp.MustCompile(`\\fB([\w\\-]+)\\fR\(1\)`)
	for _, command := range commands(cmd.NewRoot(&cmd.App{})) {
		name := pageName(command)
		page, ok := pages["man/"+name+".1"]
		if !ok {
			t.Errorf("no page for %s", command.CommandPath())
			continue
		}
		for _, section := range []string{"NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXIT STATUS", "ENVIRONMENT", "FILES", "SEE ALSO"} {
			if !strings.Contains(page, `.SH "`+section+"\"\n") {
				t.Errorf("%s has no %s", name, section)
			}
		}
		for _, found := range reference.FindAllStringSubmatch(page, -1) {
			if other := strings.ReplaceAll(found[1], `\-`, "-"); pages["man/"+other+".1"] == "" {
				t.Errorf("%s refers to %s, which is no page", name, other)
			}
		}
	}
}

// TestManPagesAreRead has groff read the pages, where it is installed.
func TestManPagesAreRead(t *testing.T) {
	groff, err := exec.LookPath("groff")
	if err != nil {
		clienttest.Skip(t, "groff is not installed")
	}
	pages, err := generate()
	if err != nil {
		t.Fatal(err)
	}
	for name, page := range pages {
		if !strings.HasPrefix(name, "man/") {
			continue
		}
		reader := exec.Command(groff, "-man", "-ww", "-Tutf8", "-z")
		reader.Stdin = strings.NewReader(page)
		if out, err := reader.CombinedOutput(); err != nil || len(bytes.TrimSpace(out)) > 0 {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
}
