package cmd_test

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"log/slog"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"mxlogin/client"
	"mxlogin/client/clienttest"
	"mxlogin/client/matrixid"
	"mxlogin/client/oauth"
	"mxlogin/client/secret"
	"mxlogin/client/transport"
	"mxlogin/cmd"
	"mxlogin/cmd/login"
	"mxlogin/cmd/output"
	"mxlogin/cmd/session"
	"mxlogin/cmd/terminal"
	"mxlogin/config"
)

// TestK6_NothingThatHoldsASecretShowsIt: every type that has one in it, by every verb and
// encoder.
func TestK6_NothingThatHoldsASecretShowsIt(t *testing.T) {
	canary := clienttest.NewCanary("tok").String()
	held := secret.New(canary)
	base, err := matrixid.ParseBaseURL("https://hs.test")
	if err != nil {
		t.Fatal(err)
	}
	bound := client.New(transport.New(transport.Options{}), base).Bind(held)
	tokens := client.Tokens{AccessToken: held, RefreshToken: held}
	account := config.Account{Name: "work", AccessToken: held, RefreshToken: held}
	source := terminal.Source{Name: "password", Value: held}
	holders := []any{
		bound,
		transport.Request{Method: "POST", Base: base, Path: "/x", Bearer: bound, JSON: transport.Fields{"password": bound}, Form: transport.Fields{"code": bound}},
		client.Session{Tokens: tokens},
		tokens,
		client.LoginTokenGrant{Token: held},
		oauth.NewCodeGrant(oauth.CodeGrant{State: "s"}),
		account,
		session.Result{Account: account},
		session.Answer{Session: client.Session{Tokens: tokens}},
		source,
		login.Password{Source: source},
		login.Token{Source: source},
		output.Session{AccessToken: held, RefreshToken: held},
		output.LoginToken{Token: held},
		cmdEnvironment(canary),
	}
	for _, holder := range holders {
		for _, shape := range []any{holder, &holder, []any{holder}, map[string]any{"x": holder}, fmt.Errorf("wrapped: %v", holder)} {
			clienttest.ScanForSecrets(t, fmt.Sprintf("%T", holder), []byte(everyForm(shape)), canary)
		}
	}
}

// everyForm is what verbs and encoders make of a value.
func everyForm(value any) string {
	var all, logged bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%o", "%b", "%c", "%U", "%t", "%e", "%g", "%p", "%10.3s"} {
		_, _ = fmt.Fprintf(&all, verb+"\n", value)
	}
	slog.New(slog.NewTextHandler(&logged, nil)).Info("m", "v", value)
	slog.New(slog.NewJSONHandler(&logged, nil)).Info("m", "v", value)
	encoded, err := json.Marshal(value)
	_, _ = fmt.Fprintf(&all, "%s %v\n", encoded, err)
	err = gob.NewEncoder(&all).Encode(value)
	_, _ = fmt.Fprintf(&all, "%v\n%s", err, &logged)
	return all.String()
}

// secretName is what a field that holds a secret would be called.
var secretName = regexp.MustCompile(`(?i)(token|password|passphrase|secret|verifier)$`)

// TestK6_SecretsHaveTheirType: no struct holds one as a string or bytes, but for the JSON
// that is printed where it was asked for.
func TestK6_SecretsHaveTheirType(t *testing.T) {
	allowed := []string{
		"SessionObject.AccessToken", "SessionObject.RefreshToken", "LoginTokenObject.LoginToken",
		"Can.Password", "Can.LoginToken", // the names of their sources
	}
	var found []string
	for _, root := range []string{".", "../client", "../config"} {
		err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || strings.Contains(path, "clienttest") {
				return err
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
			if err == nil {
				found = append(found, plainSecrets(file)...)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, field := range found {
		if !slices.Contains(allowed, field) {
			t.Errorf("%s holds a secret as text", field)
		}
	}
	for _, field := range allowed {
		if !slices.Contains(found, field) {
			t.Errorf("there is no %s any more", field)
		}
	}
}

// plainSecrets are the fields of a file that are named like a secret and are text.
func plainSecrets(file *ast.File) (found []string) {
	ast.Inspect(file, func(node ast.Node) bool {
		spec, ok := node.(*ast.TypeSpec)
		if !ok {
			return true
		}
		fields, ok := spec.Type.(*ast.StructType)
		if !ok {
			return true
		}
		for _, field := range fields.Fields.List {
			kind := fmt.Sprint(field.Type)
			if list, isList := field.Type.(*ast.ArrayType); isList {
				kind = "[]" + fmt.Sprint(list.Elt)
			}
			for _, name := range field.Names {
				if secretName.MatchString(name.Name) && (kind == "string" || kind == "[]byte") {
					found = append(found, spec.Name.Name+"."+name.Name)
				}
			}
		}
		return true
	})
	return found
}

func cmdEnvironment(value string) cmd.Environment {
	return cmd.NewEnvironment([]string{"MXLOGIN_PASSWORD=" + value, "MXLOGIN_ACCESS_TOKEN=" + value})
}
