package terminal

import "golang.org/x/sys/unix"

// lineLimit is the length at which the line discipline cuts a line: N_TTY keeps
// 4095 bytes and the newline.
const lineLimit = 4095

const (
	getTermios      = unix.TCGETS
	setTermios      = unix.TCSETSW // after output is written
	setTermiosFlush = unix.TCSETSF // and drops what was typed
)

// checkForeground makes a change that changes nothing: a background process is
// stopped for it (SIGTTOU), or refused if nobody could continue it.
func checkForeground(fd int) error {
	return unix.IoctlSetInt(fd, unix.TCXONC, unix.TCOON)
}
