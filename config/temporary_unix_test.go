//go:build unix

package config

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"mxlogin/client/clienttest"
	"mxlogin/client/secret"
)

// TestK13_TemporaryFilesAreOursFromTheirCreation watches the directory while the
// file is written again and again, with a umask that takes nothing away.
func TestK13_TemporaryFilesAreOursFromTheirCreation(t *testing.T) {
	old := syscall.Umask(0)
	defer syscall.Umask(old)
	dir := t.TempDir()
	store := NewStore(filepath.Join(dir, "config.yaml"), true, ignoreNotice)
	token := clienttest.NewCanary("tok").String()
	err := store.Update(t.Context(), func(f *File) error {
		f.Put(Account{Name: "a", UserID: "@a:h", Homeserver: "https://h", AccessToken: secret.New(token)})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}

	const enough = 5000 // sightings: a file that is tightened late is loose for microseconds
	deadline := time.Now().Add(20 * time.Second)
	ctx, stop := context.WithCancel(t.Context())
	stopped := make(chan error, 1)
	go func() {
		for n := 0; ctx.Err() == nil; n++ {
			err := store.Update(t.Context(), func(f *File) error { return f.SetSetting("device_name", fmt.Sprint(n)) })
			if err == nil {
				err = store.UpdateChecked(t.Context(), StorageFile, unchanged)
			}
			if err != nil {
				stopped <- err
				return
			}
		}
		stopped <- nil
	}()
	seen, loose := 0, 0
	for seen < enough && time.Now().Before(deadline) {
		for _, mode := range temporaryModes(t, dir) {
			seen++
			if mode != 0o600 {
				loose++
			}
		}
	}
	stop()
	if err := <-stopped; err != nil {
		t.Fatal(err)
	}
	if loose > 0 {
		t.Errorf("%d times a temporary file had another mode than 0600", loose)
	}
	if seen < enough {
		t.Errorf("only %d temporary files were seen", seen)
	}
	clienttest.ScanDir(t, dir, func(path string) bool { return path == store.Path() }, token)
}

// temporaryModes returns the modes of what is in dir besides the file and its lock.
func temporaryModes(t *testing.T, dir string) []fs.FileMode {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var modes []fs.FileMode
	for _, entry := range entries {
		if !strings.HasPrefix(entry.Name(), ".config.yaml.tmp-") {
			continue
		}
		if info, err := entry.Info(); err == nil { // else it has been renamed
			modes = append(modes, info.Mode().Perm())
		}
	}
	return modes
}
