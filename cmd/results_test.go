package cmd

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mxlogin/cmd/output"
	"mxlogin/config"
)

// TestEveryCommandHasItsJSON holds the table of results against the command tree, and
// that every member of a result is explained.
func TestEveryCommandHasItsJSON(t *testing.T) {
	silent := []string{
		"exec", "api", "config", "config set", "config unset", "accounts use", "accounts rename", "accounts set", // exec and api: what the command and the server write
		"help", "completion", "completion bash", "completion zsh", "completion fish", "completion powershell",
	}
	var known []string
	for _, result := range Results() {
		known = append(known, result.Commands...)
		checkDocumented(t, reflect.TypeOf(result.Object))
	}
	checkDocumented(t, reflect.TypeFor[output.FailureObject]())
	checkDocumented(t, reflect.TypeFor[output.WarningObject]())
	var missing []string
	for _, command := range allCommands(NewRoot(&App{})) {
		name := strings.TrimPrefix(strings.TrimPrefix(command.CommandPath(), "mxlogin"), " ")
		if at := slices.Index(known, name); at >= 0 {
			known = slices.Delete(known, at, at+1)
		} else if name != "" && !command.IsAdditionalHelpTopicCommand() && !slices.Contains(silent, name) {
			missing = append(missing, name)
		}
	}
	if len(missing)+len(known) > 0 {
		t.Errorf("commands without a row: %q; rows without a command: %q", missing, known)
	}
}

func checkDocumented(t *testing.T, object reflect.Type) {
	t.Helper()
	for field := range object.Fields() {
		if field.Tag.Get("json") == "" || field.Tag.Get("doc") == "" {
			t.Errorf("%v.%s has no name in JSON or no meaning", object, field.Name)
		}
		if element := field.Type; element.Kind() == reflect.Slice && element.Elem().Kind() == reflect.Struct {
			checkDocumented(t, element.Elem())
		}
	}
}

// TestTheTablesOfCodesAreComplete reads the source for the codes of warnings and the
// events that it writes.
func TestTheTablesOfCodesAreComplete(t *testing.T) {
	warnings := map[string]bool{config.NoticeFileMode: true, config.NoticeHardLinks: true, config.NoticeDirectory: true, config.NoticeKeyring: true, "not_taken": true}
	events := map[string][]string{"open_url": nil, "device_code": nil, "request": nil} // what output itself writes: its own tests
	for _, call := range calls(t) {
		name := calledName(call)
		code, isText := literal(call.Args[0])
		switch {
		case !isText:
		case name == "warning" || name == "warn":
			warnings[code] = true
		case name == "notice" && len(call.Args) == 3:
			events[code] = keys(call.Args[2])
		}
	}
	var wantWarnings []string
	for _, warning := range output.Warnings() {
		wantWarnings = append(wantWarnings, warning.Name)
	}
	if diff := cmp.Diff(wantWarnings, sortedKeys(warnings)); diff != "" {
		t.Errorf("warnings (-table +source):\n%s", diff)
	}
	var wantEvents []string
	for _, event := range output.Events() {
		wantEvents = append(wantEvents, event.Type)
		for _, key := range events[event.Type] {
			if !slices.ContainsFunc(event.Fields, func(f output.Code) bool { return f.Name == key }) {
				t.Errorf("the table lacks %s of %s", key, event.Type)
			}
		}
		if len(events[event.Type]) > 0 && len(events[event.Type]) != len(event.Fields) {
			t.Errorf("the table of %s has members that the source has not", event.Type)
		}
	}
	if diff := cmp.Diff(wantEvents, sortedKeys(events)); diff != "" {
		t.Errorf("events (-table +source):\n%s", diff)
	}
}

// calls returns every call with an argument in the source of mxlogin below cmd.
func calls(t *testing.T) (found []*ast.CallExpr) {
	t.Helper()
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(node ast.Node) bool {
			if call, ok := node.(*ast.CallExpr); ok && len(call.Args) > 0 {
				found = append(found, call)
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func calledName(call *ast.CallExpr) string {
	switch called := call.Fun.(type) {
	case *ast.Ident:
		return strings.ToLower(called.Name)
	case *ast.SelectorExpr:
		return strings.ToLower(called.Sel.Name)
	}
	return ""
}

func literal(expression ast.Expr) (text string, ok bool) {
	basic, ok := expression.(*ast.BasicLit)
	if !ok || basic.Kind != token.STRING {
		return "", false
	}
	text, err := strconv.Unquote(basic.Value)
	return text, err == nil
}

// keys are those of a map literal.
func keys(expression ast.Expr) (names []string) {
	composite, ok := expression.(*ast.CompositeLit)
	if !ok {
		return nil
	}
	for _, element := range composite.Elts {
		if pair, ok := element.(*ast.KeyValueExpr); ok {
			name, _ := literal(pair.Key)
			names = append(names, name)
		}
	}
	return names
}

func sortedKeys[V any](m map[string]V) []string {
	var names []string
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
