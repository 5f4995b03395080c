package clienttest

import (
	"crypto/rand"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Canary is a secret that a test plants, to see where it turns up.
type Canary string

// NewCanary makes a canary that nobody else has: "pw-CANARY-…" for the kind "pw".
func NewCanary(kind string) Canary {
	return Canary(kind + "-CANARY-" + rand.Text())
}

// String is the secret itself.
func (c Canary) String() string { return string(c) }

// ScanForSecrets fails the test if text holds one of the secrets, as it is or in
// one of the encodings of [FindSecrets]. Where says what the text is.
func ScanForSecrets(t testing.TB, where string, text []byte, secrets ...string) {
	t.Helper()
	refuseShort(t, secrets)
	for _, leak := range FindSecrets(text, secrets...) {
		t.Errorf("%s: holds %s", where, leak)
	}
}

// ScanDir is ScanForSecrets for every regular file below dir, its path included,
// but for the files that allow lets pass. A nil allow lets none pass.
func ScanDir(t testing.TB, dir string, allow func(path string) bool, secrets ...string) {
	t.Helper()
	refuseShort(t, secrets)
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		ScanForSecrets(t, "path "+path, []byte(strings.TrimPrefix(path, dir)), secrets...)
		if !entry.Type().IsRegular() || allow != nil && allow(path) {
			return nil
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		ScanForSecrets(t, path, content, secrets...)
		return nil
	})
	if err != nil {
		t.Errorf("scan for secrets: %v", err)
	}
}

// leastSecret is the length below which a find would mean nothing.
const leastSecret = 8

func refuseShort(t testing.TB, secrets []string) {
	t.Helper()
	if len(secrets) == 0 {
		t.Fatal("no secrets to scan for")
	}
	for _, secret := range secrets {
		if len(secret) < leastSecret {
			t.Fatalf("secret %q is too short to scan for", secret)
		}
	}
}
