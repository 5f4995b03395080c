//go:build unix

package config

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"
)

// runUnixChild is the part of runChild that needs Unix.
func runUnixChild(mode string, args []string) error {
	switch mode {
	case "try-add": // FILE: says whether the change was reached
		store := NewStore(args[0], true, ignoreNotice)
		return store.Update(context.Background(), func(file *File) error {
			fmt.Println("reached")
			return putSession("@new:h")(file)
		})
	case "add-without-space": // FILE: no file may grow beyond 100 bytes
		signal.Ignore(syscall.SIGXFSZ)
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 100, Max: 100}); err != nil {
			return err
		}
		return NewStore(args[0], true, ignoreNotice).Update(context.Background(), putSession("@new:h"))
	}
	return errors.New("unknown mode " + mode)
}

// dropRoot makes cmd run as uid if this process is root, from a copy of the
// binary that every user can reach. Otherwise cmd stays what it is.
func dropRoot(t *testing.T, cmd *exec.Cmd, uid int) {
	t.Helper()
	if os.Geteuid() != 0 {
		return
	}
	cmd.Path = filepath.Join(sharedDir(t), "config.test")
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(uid)}}
	binary, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	in, err := os.Open(binary)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = in.Close() }()
	out, err := os.OpenFile(cmd.Path, os.O_CREATE|os.O_WRONLY|os.O_EXCL, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(out, in); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
}

// sharedDir is a temporary directory that every user can reach; those of
// testing.T are below one of mode 0700.
func sharedDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "mxlogin-config-") //nolint:usetesting // see above
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = os.Chmod(dir, 0o700)
		_ = os.RemoveAll(dir)
	})
	chmod(t, dir, 0o755)
	return dir
}

func chmod(t *testing.T, path string, mode os.FileMode) {
	t.Helper()
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}
