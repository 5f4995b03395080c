package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// faultyDisk fails at one of its calls, by number, and notes their names.
type faultyDisk struct {
	failing int
	err     error
	calls   []string
}

// failure counts a call, and is its error.
func (d *faultyDisk) failure(call string) error {
	d.calls = append(d.calls, call)
	if len(d.calls) == d.failing {
		return &fs.PathError{Op: call, Path: "x", Err: d.err}
	}
	return nil
}

func (d *faultyDisk) createTemp(dir, prefix string) (tempFile, error) {
	if err := d.failure("create"); err != nil {
		return nil, err
	}
	temp, err := realDisk{}.createTemp(dir, prefix)
	return faultyFile{temp, d}, err
}

func (d *faultyDisk) rename(from, to string) error {
	return errors.Join(d.failure("rename"), d.unlessFailed(func() error { return realDisk{}.rename(from, to) }))
}

func (d *faultyDisk) remove(path string) error {
	return errors.Join(d.failure("remove"), realDisk{}.remove(path)) // the test must not leave it
}

func (d *faultyDisk) syncDirectory(dir string) error {
	return errors.Join(d.failure("sync directory"), realDisk{}.syncDirectory(dir))
}

// unlessFailed does what the last call counted asks for, if that did not fail.
func (d *faultyDisk) unlessFailed(do func() error) error {
	if len(d.calls) == d.failing {
		return nil
	}
	return do()
}

type faultyFile struct {
	tempFile
	disk *faultyDisk
}

func (f faultyFile) Write(data []byte) (n int, err error) {
	if err := f.disk.failure("write"); err != nil {
		n, _ := f.tempFile.Write(data[:len(data)/2]) // what fits
		return n, err
	}
	return f.tempFile.Write(data)
}

func (f faultyFile) Chmod(mode os.FileMode) error {
	return errors.Join(f.disk.failure("chmod"), f.tempFile.Chmod(mode))
}

func (f faultyFile) Sync() error {
	return errors.Join(f.disk.failure("sync"), f.tempFile.Sync())
}

func (f faultyFile) Close() error {
	return errors.Join(f.disk.failure("close"), f.tempFile.Close())
}

// TestS4_EveryCallOfASaveMayFail: with each error at each call the file is the old one, or
// the new one once it has its name, the error is one of the file, and no temporary file is
// left.
func TestS4_EveryCallOfASaveMayFail(t *testing.T) {
	for _, code := range []syscall.Errno{syscall.ENOSPC, syscall.EIO, syscall.EROFS} {
		for failing := 1; ; failing++ {
			d := &faultyDisk{failing: failing, err: code}
			if checkFaultySave(t, d) {
				break
			}
		}
	}
}

// checkFaultySave reports whether the save needed fewer calls than were to fail.
func checkFaultySave(t *testing.T, d *faultyDisk) (whole bool) {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "config.yaml")
	writeFile(t, path, handWritten)
	store := NewStore(path, true, ignoreNotice)
	store.disk = d
	err := store.Update(t.Context(), putSession("@new:h"))
	content, readErr := os.ReadFile(path)
	if readErr != nil {
		t.Fatal(readErr)
	}
	name := fmt.Sprintf("%v at call %d, %s", d.err, len(d.calls), strings.Join(d.calls, ", "))
	if len(d.calls) < d.failing {
		if err != nil || string(content) == handWritten {
			t.Errorf("without a failure: %v", err)
		}
		if order := strings.Join(d.calls, ", "); order != "create, write, chmod, sync, close, rename, sync directory" {
			t.Errorf("the calls are %s", order)
		}
		return true
	}
	var refused *FileError
	if !errors.As(err, &refused) || !errors.Is(err, d.err) {
		t.Errorf("%s: got %v", name, err)
	}
	renamed := d.calls[d.failing-1] == "sync directory"
	if isOld := string(content) == handWritten; isOld == renamed {
		t.Errorf("%s: the file is\n%s", name, content)
	}
	wantOnly(t, dir, "config.yaml", "config.yaml.lock")
	return false
}

// TestS4_ACheckSeesThatNothingCanBeSaved before anything is sent.
func TestS4_ACheckSeesThatNothingCanBeSaved(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "config.yaml")
	writeFile(t, path, handWritten)
	for failing := 1; ; failing++ {
		d := &faultyDisk{failing: failing, err: syscall.ENOSPC}
		store := NewStore(path, true, ignoreNotice)
		store.disk = d
		reached := false
		err := store.UpdateChecked(t.Context(), StorageFile, func(*File) error {
			reached = true
			return errors.New("sent")
		})
		if len(d.calls) < failing {
			if !reached {
				t.Errorf("without a failure: %v", err)
			}
			break
		}
		if reached || !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("at %s: reached %t, %v", d.calls[failing-1], reached, err)
		}
		wantOnly(t, dir, "config.yaml", "config.yaml.lock")
	}
	wantFile(t, path, handWritten)
}
