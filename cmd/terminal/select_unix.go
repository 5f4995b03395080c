//go:build unix

package terminal

import (
	"errors"
	"time"

	"golang.org/x/sys/unix"
)

// direction is what to wait for.
type direction int

const (
	readable direction = iota
	writable
)

const (
	forever time.Duration = -1
	pause                 = 100 * time.Millisecond
	noFD                  = -1
)

// selectReady waits for fd, if it is not noFD, and for wakeFD to be readable. It
// uses select because poll and kqueue do not know terminals on macOS. A signal
// ends it with nothing ready.
func selectReady(fd int, d direction, wakeFD int, timeout time.Duration) (ready, woken bool, err error) {
	if max(fd, wakeFD) >= unix.FD_SETSIZE {
		return false, false, errors.New("too many open files for select")
	}
	var reads, writes unix.FdSet
	reads.Set(wakeFD)
	watched := &reads
	if d == writable {
		watched = &writes
	}
	if fd != noFD {
		watched.Set(fd)
	}
	var limit *unix.Timeval
	if timeout != forever {
		tv := unix.NsecToTimeval(timeout.Nanoseconds())
		limit = &tv
	}
	_, err = unix.Select(max(fd, wakeFD)+1, &reads, &writes, nil, limit)
	if errors.Is(err, unix.EINTR) {
		return false, false, nil
	}
	if err != nil {
		return false, false, err
	}
	return fd != noFD && watched.IsSet(fd), reads.IsSet(wakeFD), nil
}
