package cmd_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
)

// installed is the program as people have it, for tests that the test binary is too large
// for or too busy: it is built once.
var installed program

type program struct {
	once sync.Once
	dir  string
	err  error
}

func (p *program) path() (string, error) {
	p.once.Do(func() { p.err = p.build() })
	return filepath.Join(p.dir, "mxlogin"), p.err
}

func (p *program) build() (err error) {
	if p.dir, err = os.MkdirTemp("", "mxlogin-installed-"); err != nil {
		return err
	}
	build := exec.Command("go", "build", "-buildvcs=false", "-o", filepath.Join(p.dir, "mxlogin"), "mxlogin")
	build.Env = append(os.Environ(), "CGO_ENABLED=0") // as releases are
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	return nil
}

func (p *program) remove() error {
	if p.dir == "" {
		return nil
	}
	return os.RemoveAll(p.dir)
}
