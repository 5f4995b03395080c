package config

import (
	"errors"
	"os"
	"syscall"
	"time"
)

const (
	renameTimeout  = 2 * time.Second
	renameInterval = 20 * time.Millisecond

	errorSharingViolation = syscall.Errno(32)
)

// rename replaces to. It fails while a reader or a virus scanner has the file
// open, which does not last long.
func rename(from, to string) error {
	retry := time.NewTicker(renameInterval)
	defer retry.Stop()
	expired := time.After(renameTimeout)
	for {
		err := os.Rename(from, to)
		if !errors.Is(err, syscall.ERROR_ACCESS_DENIED) && !errors.Is(err, errorSharingViolation) {
			return err
		}
		select {
		case <-expired:
			return err
		case <-retry.C:
		}
	}
}

// syncDirectory has nothing to do: NTFS journals names.
func syncDirectory(string) error { return nil }
