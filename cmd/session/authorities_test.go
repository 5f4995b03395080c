package session_test

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"mxlogin/client/clienttest"
	"mxlogin/cmd/choose"
	"mxlogin/cmd/session"
)

// TestQ24_Q29_Q41_FilesOfAuthorities. Q24: one with a byte order mark is read. Q29: a
// device is not. Q41: the errors say
// which form a file has, and nothing of its name.
func TestQ24_Q29_Q41_FilesOfAuthorities(t *testing.T) {
	ca, err := clienttest.NewCA()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	pem := string(ca.PEM())
	for name, test := range map[string]struct{ content, want, hint string }{
		"PEM":                    {pem, "", ""},
		"with a byte order mark": {"\ufeff" + pem, "", ""},
		"with Windows lines":     {strings.ReplaceAll(pem, "\n", "\r\n"), "", ""},
		"DER":                    {"\x30\x82\x01\x02xx", "has no certificate in PEM form", "DER"},
		"indented":               {"  " + strings.ReplaceAll(pem, "\n", "\n  "), "has no certificate in PEM form", "indented"},
		"a private key":          {"-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----\n", "has no certificate in PEM form", "private key"},
		"something else":         {"hello", "has no certificate in PEM form", ""},
		"too large":              {strings.Repeat("x", 5<<20), "larger than 4 MiB", ""},
	} {
		path := filepath.Join(dir, "hunter2-"+strings.ReplaceAll(name, " ", "-"))
		if err := os.WriteFile(path, []byte(test.content), 0o600); err != nil {
			t.Fatal(err)
		}
		checkAuthorities(t, name, path, test.want, test.hint)
	}
	checkAuthorities(t, "a directory", dir, "not a regular file", "")
	checkAuthorities(t, "none", filepath.Join(dir, "hunter2"), "cannot be read", "")
	if runtime.GOOS != "windows" {
		checkAuthorities(t, "a device", "/dev/zero", "not a regular file", "")
	}
}

func checkAuthorities(t *testing.T, name, path, want, hint string) {
	t.Helper()
	_, err := session.CheckCAFile(path)
	if want == "" {
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		return
	}
	var usage *choose.UsageError
	if !errors.As(err, &usage) || !strings.Contains(usage.Message, want) || !strings.Contains(usage.Hint, hint) || strings.Contains(usage.Message+usage.Hint, "hunter2") {
		t.Errorf("%s: %v", name, err)
	}
}
