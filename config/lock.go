package config

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"time"

	"github.com/gofrs/flock"
)

const (
	lockPollInterval = 10 * time.Millisecond

	// Windows locks byte 0 against reading and writing too, so the process ID
	// of the holder stands behind it.
	holderOffset = 1
)

// acquireLock takes the lock file at path and waits for it up to timeout. The
// lock goes with the process; the file is never removed, since another process
// might be about to lock it.
func acquireLock(ctx context.Context, path string, timeout time.Duration) (release func(), err error) {
	if err := makeLock(path); err != nil {
		return nil, newFileError("lock", path, err)
	}
	limited, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	lock := flock.New(path, flock.SetFlag(os.O_RDWR|noFollow))
	_, err = lock.TryLockContext(limited, lockPollInterval)
	switch {
	case err == nil:
	case ctx.Err() != nil:
		return nil, fmt.Errorf("wait for the lock of the config file: %w", ctx.Err())
	case limited.Err() != nil:
		return nil, newFileError("lock", path, fmt.Errorf("%w%s for %v", ErrLocked, holder(path), timeout))
	default:
		return nil, newFileError("lock", path, err)
	}
	if err := signLock(path); err != nil {
		_ = lock.Unlock()
		return nil, newFileError("lock", path, err)
	}
	return func() { _ = lock.Unlock() }, nil
}

// makeLock makes the lock file where there is none, with a mode of 0600 whatever the
// umask is.
func makeLock(path string) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY|noFollow, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	err = file.Chmod(0o600)
	if closeErr := file.Close(); err == nil {
		err = closeErr
	}
	return err
}

// signLock notes our process ID in the lock file, over that of a former holder.
func signLock(path string) error {
	file, err := os.OpenFile(path, os.O_WRONLY|noFollow, 0)
	if err != nil {
		return err
	}
	if err = file.Chmod(0o600); err == nil { // it may be looser, from a copy
		_, err = file.WriteAt(fmt.Appendf(nil, "%-20d\n", os.Getpid()), holderOffset)
	}
	if closeErr := file.Close(); err == nil {
		err = closeErr
	}
	return err
}

// holder is " (process N)" if the lock file says so.
func holder(path string) string {
	file, err := os.OpenFile(path, os.O_RDONLY|noFollow, 0)
	if err != nil {
		return ""
	}
	defer func() { _ = file.Close() }()
	text := make([]byte, 20)
	if _, err := file.ReadAt(text, holderOffset); err != nil {
		return ""
	}
	pid, err := strconv.Atoi(string(bytes.TrimSpace(text)))
	if err != nil {
		return ""
	}
	return fmt.Sprintf(" (process %d)", pid)
}
