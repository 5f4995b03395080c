package cmd_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// layers are the packages of mxlogin, each with the ones of the module that it
// may import. docs and the test servers stand beside them.
func layers() map[string][]string {
	base := []string{"client/secret", "client/matrixid"}
	wire := append(slices.Clone(base), "client/transport")
	api := append(slices.Clone(wire), "client/discovery")
	kept := append(slices.Clone(api), "client", "client/oauth", "config", "cmd/choose")
	login := append(slices.Clone(kept), "cmd/session", "cmd/terminal")
	return map[string][]string{
		"client/secret":    nil,
		"client/matrixid":  nil,
		"client/transport": base,
		"client/discovery": wire,
		"client":           api,
		"client/oauth":     append(slices.Clone(api), "client"),
		"config":           {"client/secret"},
		"cmd/choose":       {"client/matrixid", "config"},
		"cmd/session":      kept,
		"cmd/login":        append(slices.Clone(login), "cmd/callback"),
		"cmd/terminal":     {"client/secret"},
		"cmd/output":       {"client/secret", "client/transport", "cmd/terminal"},
		"cmd/callback":     nil,
		"cmd":              append(slices.Clone(login), "cmd/login", "cmd/output"),
		"":                 {"cmd"},
	}
}

func TestImportsRunOneWay(t *testing.T) {
	list := goList(t, "-f", `{{.ImportPath}} {{join .Imports " "}}`, "./...")
	allowed := layers()
	for _, line := range list {
		fields := strings.Fields(line)
		name := strings.TrimPrefix(strings.TrimPrefix(fields[0], "mxlogin"), "/")
		if strings.HasPrefix(name, "docs") {
			continue
		}
		may, known := allowed[name]
		if !known && name != "client/clienttest" {
			t.Errorf("package %q has no place in the layout", name)
		}
		for _, path := range fields[1:] {
			if imported, ours := strings.CutPrefix(path, "mxlogin/"); ours && !slices.Contains(may, imported) {
				t.Errorf("%s imports %s", fields[0], path)
			}
		}
	}
}

func TestTheClientNeedsTheStandardLibraryOnly(t *testing.T) {
	for _, path := range goList(t, "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", "./client/...") {
		if !strings.HasPrefix(path, "mxlogin/client") {
			t.Errorf("the client depends on %s", path)
		}
	}
}

func TestOnlyItsPlacesKnowALibrary(t *testing.T) {
	owners := map[string][]string{
		"github.com/spf13/cobra":        {"mxlogin/cmd", "mxlogin/docs"},
		"github.com/zalando/go-keyring": {"mxlogin/config"},
		"github.com/godbus/dbus/v5":     {"mxlogin/config"}, // the errors of go-keyring
		"github.com/spf13/pflag":        {"mxlogin/cmd", "mxlogin/docs"},
		"github.com/spf13/viper":        {"mxlogin/config"},
		"github.com/gofrs/flock":        {"mxlogin/config"},
		"go.yaml.in/yaml/v3":            {"mxlogin/config"},
		"golang.org/x/term":             {"mxlogin/cmd/terminal"},
		"golang.org/x/sys/unix":         {"mxlogin/cmd/terminal"},
		"golang.org/x/sys/windows":      {"mxlogin/cmd/terminal"},
		"github.com/cli/browser":        {"mxlogin/cmd/terminal"},
		"github.com/creack/pty":         {"mxlogin/docs"},
		"rsc.io/qr":                     {"mxlogin/cmd/output"},
	}
	for _, line := range goList(t, "-f", `{{.ImportPath}} {{join .Imports " "}}`, "./...") {
		fields := strings.Fields(line)
		for _, path := range fields[1:] {
			places, owned := owners[path]
			first, _, isPath := strings.Cut(path, "/")
			switch {
			case !isPath || !strings.Contains(first, ".") && first != "mxlogin":
			case first == "mxlogin":
			case !owned:
				t.Errorf("%s imports %s, which has no place in the layout", fields[0], path)
			case !slices.ContainsFunc(places, func(p string) bool { return fields[0] == p || p == "mxlogin/docs" && strings.HasPrefix(fields[0], p) }):
				t.Errorf("%s imports %s", fields[0], path)
			}
		}
	}
}

func TestTheTopLevelIsFixed(t *testing.T) {
	entries, err := os.ReadDir("..")
	if err != nil {
		t.Fatal(err)
	}
	built := []string{"mxlogin", "mxlogin.exe", "dist"} // as .gitignore has them
	var top []string
	for _, entry := range entries {
		if name := entry.Name(); !strings.HasPrefix(name, ".") && !slices.Contains(built, name) {
			top = append(top, name)
		}
	}
	want := []string{"LICENSE", "README.md", "client", "cmd", "config", "docs", "go.mod", "go.sum", "main.go"}
	if diff := cmp.Diff(want, top); diff != "" {
		t.Error(diff)
	}
}

// TestSecretsAreRevealedInFewPlaces lists them. A new place needs a reason: it is
// where a secret leaves for what it is meant for.
func TestSecretsAreRevealedInFewPlaces(t *testing.T) {
	want := map[string]int{
		"client/oauth/code.go":          1, // into the code challenge, which does not tell it
		"client/transport/request.go":   2, // into a body; to find it in an answer
		"client/transport/transport.go": 1, // into the Authorization header
		"cmd/credentials.go":            1, // to be read as JSON
		"cmd/exec.go":                   2, // into the environment of the command
		"cmd/output/login_token.go":     1, // to stdout, where it was asked for
		"cmd/output/session.go":         6, // the same
		"cmd/terminal/person.go":        2, // from the environment, to be checked like any source; to look at its form
		"cmd/terminal/scrub.go":         1, // to be searched for and taken out
		"config/account_yaml.go":        1, // into the config file
		"config/keyring_system.go":      1, // into the keyring
	}
	got := map[string]int{}
	err := filepath.WalkDir("..", func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		content, err := os.ReadFile(path)
		if n := strings.Count(string(content), ".Reveal()"); n > 0 {
			got[filepath.ToSlash(strings.TrimPrefix(path, ".."+string(filepath.Separator)))] = n
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func goList(t *testing.T, args ...string) []string {
	t.Helper()
	list := exec.Command("go", append([]string{"list"}, args...)...)
	list.Dir = ".."
	out, err := list.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	return strings.FieldsFunc(string(out), func(r rune) bool { return r == '\n' })
}
