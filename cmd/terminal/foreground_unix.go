//go:build unix

package terminal

import "golang.org/x/sys/unix"

// IsInForeground reports whether this process is in the foreground of its controlling
// terminal: then the signal of a key reaches it and the processes that it has started
// alike.
func IsInForeground() bool {
	fd, err := unix.Open("/dev/tty", unix.O_RDONLY|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		return false
	}
	defer func() { _ = unix.Close(fd) }()
	group, err := unix.IoctlGetInt(fd, unix.TIOCGPGRP)
	return err == nil && group == unix.Getpgrp()
}
