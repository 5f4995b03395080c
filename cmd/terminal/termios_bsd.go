//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package terminal

import "golang.org/x/sys/unix"

// lineLimit is the length at which the line discipline cuts a line: MAX_CANON
// less the newline.
const lineLimit = 1023

const (
	getTermios      = unix.TIOCGETA
	setTermios      = unix.TIOCSETAW // after output is written
	setTermiosFlush = unix.TIOCSETAF // and drops what was typed
)

// checkForeground makes a change that changes nothing: a background process is
// stopped for it (SIGTTOU), or refused if nobody could continue it.
func checkForeground(fd int) error {
	return unix.IoctlSetInt(fd, unix.TIOCSTART, 0)
}
