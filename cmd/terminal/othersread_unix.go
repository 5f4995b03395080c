//go:build unix

package terminal

import (
	"errors"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// othersRead reports whether a regular file is readable beyond its owner, and whoever runs
// mxlogin could change that: it is theirs, and not on a file system that is mounted to be
// read, as secrets are in containers. A FIFO lives for one reading only.
func othersRead(path string, info os.FileInfo) bool {
	if !info.Mode().IsRegular() || info.Mode().Perm()&0o044 == 0 {
		return false
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(owner.Uid) == os.Geteuid() && !errors.Is(unix.Access(path, unix.W_OK), unix.EROFS)
}
