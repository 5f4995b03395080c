package main

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
)

// buildMxlogin builds mxlogin into dir and returns the path of the executable.
// The go command finds the module from any directory inside it.
func buildMxlogin(ctx context.Context, dir string) (string, error) {
	path := filepath.Join(dir, "mxlogin.exe") // Windows needs the suffix, others do not mind
	// Version stamps need git to trust the checkout, which it may not.
	build := exec.CommandContext(ctx, "go", "build", "-buildvcs=false", "-o", path, "mxlogin")
	// A go command that is killed leaves its work: let it be in dir.
	build.Env = append(build.Environ(), "GOTMPDIR="+dir)
	interruptible(build)
	if output, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build mxlogin: %w: %s", err, bytes.TrimSpace(output))
	}
	return path, nil
}
