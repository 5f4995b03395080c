package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// programs are the paths of what is measured, and of what measures.
type programs struct {
	mxlogin string
	mautrix string
	peak    string
	script  string // of curl and jq
}

// buildPrograms builds into dir. Binaries are built as for a release.
func buildPrograms(ctx context.Context, dir string) (programs, error) {
	here, err := moduleDir(ctx)
	if err != nil {
		return programs{}, err
	}
	p := programs{
		mxlogin: filepath.Join(dir, "mxlogin"),
		mautrix: filepath.Join(dir, "mautrix"),
		peak:    filepath.Join(dir, "peak"),
		script:  filepath.Join(here, "curl.sh"),
	}
	// mxlogin with the versions of its own go.mod: this module's are others.
	mxlogin := filepath.Join(here, "..", "..")
	for _, b := range []struct{ module, program, output string }{
		{mxlogin, ".", p.mxlogin},
		{here, "./mautrix", p.mautrix},
		{here, "./peak", p.peak},
	} {
		if err := build(ctx, b.module, b.program, b.output); err != nil {
			return programs{}, err
		}
	}
	return p, nil
}

// moduleDir is the directory of this module.
func moduleDir(ctx context.Context) (string, error) {
	out, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}", "mxlogin/docs/benchmarks").Output()
	if err != nil {
		return "", fmt.Errorf("find this module, which has to hold the working directory: %w", err)
	}
	return strings.TrimSpace(string(out)), nil
}

func build(ctx context.Context, module, program, output string) error {
	command := exec.CommandContext(ctx, "go", "build", "-C", module, "-buildvcs=false", "-trimpath", "-ldflags=-s -w", "-o", output, program)
	command.Env = append(os.Environ(), "CGO_ENABLED=0")
	if text, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("build %s in %s: %w: %s", program, module, err, bytes.TrimSpace(text))
	}
	return nil
}

// missingTools are those of names that are not installed.
func missingTools(names ...string) []string {
	var missing []string
	for _, tool := range names {
		if _, err := exec.LookPath(tool); err != nil {
			missing = append(missing, tool)
		}
	}
	return missing
}
