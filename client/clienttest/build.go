package clienttest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// dendriteTools are the executables of the nested module dendritetool.
type dendriteTools struct {
	dendrite string
	putToken string
}

// buildDendrite builds the nested module, or finds what an earlier run built.
// The result is kept in the user's cache directory under a name made of all
// that it depends on, so finding it starts no go command.
//
// One process builds while the others wait: test packages run in parallel, and
// the first build takes a minute or two. It is announced on progress.
func buildDendrite(ctx context.Context, progress io.Writer) (dendriteTools, error) {
	module, err := dendriteModule(ctx)
	if err != nil {
		return dendriteTools{}, err
	}
	key, err := buildKey(module)
	if err != nil {
		return dendriteTools{}, fmt.Errorf("read the module that builds Dendrite: %w", err)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return dendriteTools{}, fmt.Errorf("find a place to keep Dendrite: %w", err)
	}
	cache = filepath.Join(cache, "mxlogin-dendrite")
	built := filepath.Join(cache, key)
	if !isDir(built) {
		if err := os.MkdirAll(cache, 0o700); err != nil {
			return dendriteTools{}, err
		}
		unlock, err := lockFile(ctx, filepath.Join(cache, "lock"))
		if err != nil {
			return dendriteTools{}, fmt.Errorf("wait for another build of Dendrite: %w", err)
		}
		defer unlock()
		if !isDir(built) {
			if err := goBuild(ctx, module, built, progress); err != nil {
				return dendriteTools{}, fmt.Errorf("build Dendrite: %w", err)
			}
		}
	}
	return dendriteTools{
		dendrite: filepath.Join(built, executable("dendrite")),
		putToken: filepath.Join(built, executable("puttoken")),
	}, nil
}

// dendriteModule is the directory of the nested module. It lies beside this
// file, whose path the compiler knows unless it was told to trim it.
func dendriteModule(ctx context.Context) (string, error) {
	if _, file, _, ok := runtime.Caller(0); ok && filepath.IsAbs(file) {
		return filepath.Join(filepath.Dir(file), "dendritetool"), nil
	}
	out, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}", "mxlogin").Output()
	if err != nil {
		return "", fmt.Errorf("find the module mxlogin: %w", withStderr(err))
	}
	return filepath.Join(strings.TrimSpace(string(out)), "client", "clienttest", "dendritetool"), nil
}

// buildKey names a build by its sources and its compiler.
func buildKey(module string) (string, error) {
	h := sha256.New()
	fmt.Fprintln(h, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	for _, name := range []string{"go.mod", "go.sum", "puttoken/main.go"} {
		content, err := os.ReadFile(filepath.Join(module, filepath.FromSlash(name)))
		if err != nil {
			return "", err
		}
		fmt.Fprintln(h, name, len(content))
		h.Write(content)
	}
	return hex.EncodeToString(h.Sum(nil)[:8]), nil
}

// goBuild builds beside the target and renames, so that a build which was cut
// short is never taken for a whole one.
func goBuild(ctx context.Context, module, target string, progress io.Writer) error {
	if progress != nil {
		fmt.Fprintln(progress, "building the Dendrite homeserver, once: this takes a minute or two")
	}
	partial, err := os.MkdirTemp(filepath.Dir(target), "partial-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(partial)

	build := exec.CommandContext(ctx, "go", "build", "-o", partial+string(filepath.Separator),
		"github.com/element-hq/dendrite/cmd/dendrite", "./puttoken")
	build.Dir = module
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=", "GOWORK=off", "GOOS=", "GOARCH=", "GOTMPDIR="+partial)
	// Killed, go would leave its own temporary files behind.
	build.Cancel = func() error {
		if err := build.Process.Signal(os.Interrupt); err != nil {
			return build.Process.Kill()
		}
		return nil
	}
	build.WaitDelay = stopGrace
	if _, err := build.Output(); err != nil {
		return withStderr(err)
	}
	return os.Rename(partial, target)
}

func executable(name string) string {
	if runtime.GOOS == "windows" {
		return name + ".exe"
	}
	return name
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// withStderr adds to the error of exec.Cmd.Output what the command had to say.
func withStderr(err error) error {
	var exit *exec.ExitError
	if errors.As(err, &exit) && len(exit.Stderr) > 0 {
		return fmt.Errorf("%w: %s", err, bytes.TrimSpace(exit.Stderr))
	}
	return err
}
