package clienttest_test

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"mxlogin/client/clienttest"
)

func TestNewCanary_IsUnique(t *testing.T) {
	t.Parallel()
	a, b := clienttest.NewCanary("pw"), clienttest.NewCanary("pw")
	if a == b || !strings.HasPrefix(a.String(), "pw-CANARY-") {
		t.Errorf("%s, %s", a, b)
	}
}

func TestScanForSecrets_FindsEachEncoding(t *testing.T) {
	t.Parallel()
	secret := clienttest.NewCanary("p\"w<&/+ \x01é\U0001F511").String()
	texts := map[string]string{
		"raw":             secret,
		"json":            marshal(t, secret),
		"go quoted":       fmt.Sprintf("%q", secret),
		"go quoted ascii": fmt.Sprintf("%+q", secret),
		"html":            html.EscapeString(secret),
		"query":           url.QueryEscape(secret),
		"path":            url.PathEscape(secret),
		"hex":             hex.EncodeToString([]byte(secret)),
		"HEX":             strings.ToUpper(hex.EncodeToString([]byte(secret))),
		"every byte %":    "%" + strings.Join(chunks(hex.EncodeToString([]byte(secret)), 2), "%"),
	}
	encodings := map[string]*base64.Encoding{
		"std": base64.StdEncoding, "raw std": base64.RawStdEncoding,
		"url": base64.URLEncoding, "raw url": base64.RawURLEncoding,
	}
	for name, e := range encodings {
		for before := range 4 {
			for after := range 3 {
				plain := strings.Repeat("x", before) + secret + strings.Repeat("\xff", after)
				texts[fmt.Sprintf("base64 %s %d %d", name, before, after)] = e.EncodeToString([]byte(plain))
			}
		}
	}
	for name, text := range texts {
		surrounded := "before " + text + " after"
		got := record(func(t testing.TB) {
			clienttest.ScanForSecrets(t, "stderr", []byte(surrounded), "another secret", secret)
		}).errors
		if len(got) == 0 || !strings.HasPrefix(got[0], "stderr: holds the secret") {
			t.Errorf("%s: errors %q", name, got)
		}
		other := "before " + strings.ReplaceAll(text, secret, "") + " after"
		if clean := clienttest.FindSecrets([]byte(other), "another secret"); len(clean) > 0 {
			t.Errorf("%s: found %v", name, clean)
		}
	}
}

func TestScanForSecrets_JSONWithoutHTMLEscapes(t *testing.T) {
	t.Parallel()
	const secret = "a<b>&\x01cdef"
	if got := clienttest.FindSecrets([]byte(`{"p":"a<b>&\u0001cdef"}`), secret); len(got) != 1 {
		t.Errorf("found %v", got)
	}
}

// A secret that is empty or short is found everywhere, or nowhere.
func TestScanForSecrets_RefusesWhatProvesNothing(t *testing.T) {
	t.Parallel()
	for _, secrets := range [][]string{nil, {""}, {"short"}, {"long enough", "short"}} {
		for name, scan := range map[string]func(t testing.TB){
			"text": func(t testing.TB) { clienttest.ScanForSecrets(t, "x", nil, secrets...) },
			"dir":  func(t testing.TB) { clienttest.ScanDir(t, os.DevNull, nil, secrets...) },
		} {
			if got := record(scan); got.fatal == "" {
				t.Errorf("%s %q: not refused", name, secrets)
			}
		}
	}
}

func TestScanDir(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	secret := clienttest.NewCanary("tok").String()
	if err := os.MkdirAll(filepath.Join(dir, "sub", secret), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"config.yaml", "sub/leak.tmp"} {
		if err := os.WriteFile(filepath.Join(dir, filepath.FromSlash(name)), []byte("t: "+secret), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	scan := func(dir string, allow func(string) bool) []string {
		return record(func(t testing.TB) { clienttest.ScanDir(t, dir, allow, secret) }).errors
	}
	config := func(path string) bool { return filepath.Base(path) == "config.yaml" }
	if got := scan(dir, config); len(got) != 2 || !holds(got, "leak.tmp: ") || !holds(got, "path ") {
		t.Errorf("with the config file allowed: %q", got)
	}
	if got := scan(dir, nil); len(got) != 3 || !holds(got, "config.yaml: ") {
		t.Errorf("with nothing allowed: %q", got)
	}
	if got := scan(filepath.Join(dir, "missing"), nil); len(got) != 1 {
		t.Errorf("a directory that is missing: %q", got)
	}
}

func TestSkip(t *testing.T) {
	for value, wantFatal := range map[string]bool{"": false, "all": true, "some": false} {
		t.Setenv(clienttest.RequireVariable, value)
		got := record(func(t testing.TB) { clienttest.Skip(t, "no python3") })
		if fatal := strings.Contains(got.fatal, "no python3"); fatal != wantFatal || (got.skipped == "no python3") == wantFatal {
			t.Errorf("%q: fatal %q, skipped %q", value, got.fatal, got.skipped)
		}
	}
}

func holds(all []string, part string) bool {
	return slices.ContainsFunc(all, func(s string) bool { return strings.Contains(s, part) })
}

func marshal(t *testing.T, v any) string {
	t.Helper()
	encoded, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(encoded)
}

func chunks(s string, n int) []string {
	var parts []string
	for part := range slices.Chunk([]byte(s), n) {
		parts = append(parts, string(part))
	}
	return parts
}
