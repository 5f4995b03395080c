package clienttest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// ErrMissing is in the error of what needs a program that this machine does not have.
var ErrMissing = errors.New("not on this machine")

// installed returns a directory of the user's cache in which install has put something
// once. The directory is named after all that it depends on.
//
// One process installs while the others wait. An installation that was cut short is
// begun anew: the mark that it is whole is written last.
func installed(ctx context.Context, name string, dependsOn [][]byte, install func(dir string) error) (string, error) {
	h := sha256.New()
	for _, part := range dependsOn {
		fmt.Fprintln(h, len(part))
		h.Write(part)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("find a place to keep %s: %w", name, err)
	}
	cache = filepath.Join(cache, "mxlogin-"+name)
	dir := filepath.Join(cache, hex.EncodeToString(h.Sum(nil)[:8]))
	whole := filepath.Join(dir, ".whole")
	if isFile(whole) {
		return dir, nil
	}
	if err := os.MkdirAll(cache, 0o700); err != nil {
		return "", err
	}
	unlock, err := lockFile(ctx, filepath.Join(cache, "lock"))
	if err != nil {
		return "", fmt.Errorf("wait for another installation of %s: %w", name, err)
	}
	defer unlock()
	if isFile(whole) {
		return dir, nil
	}
	if err := os.RemoveAll(dir); err != nil {
		return "", err
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		return "", err
	}
	if err := install(dir); err != nil {
		return "", fmt.Errorf("install %s: %w", name, err)
	}
	return dir, os.WriteFile(whole, nil, 0o600)
}

// runIn runs a command in a directory to its end.
func runIn(ctx context.Context, dir string, argv ...string) error {
	command := exec.CommandContext(ctx, argv[0], argv[1:]...)
	command.Dir = dir
	out, err := command.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s: %w\n%s", argv[0], err, out)
	}
	return nil
}

// program finds the first of some programs that is on this machine.
func program(names ...string) (string, error) {
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("%s: %w", names[0], ErrMissing)
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}
