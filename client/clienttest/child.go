package clienttest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"syscall"
	"time"
)

// stopGrace is how long a child may take to end by itself once asked.
const stopGrace = 5 * time.Second

// child is a process that runs until stop, until its context ends or until this
// process is gone, whichever comes first.
type child struct {
	process *os.Process
	cancel  context.CancelFunc
	done    chan struct{}
	err     error // how it ended; to be read once done is closed
	log     logBuffer
}

// startChild starts dir's program argv. Standard output and error go to the log.
func startChild(ctx context.Context, dir string, argv ...string) (*child, error) {
	ctx, cancel := context.WithCancel(ctx)
	c := &child{cancel: cancel, done: make(chan struct{})}

	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Dir = dir
	cmd.Stdout, cmd.Stderr = &c.log, &c.log
	cmd.Cancel = func() error {
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			return cmd.Process.Kill() // Windows has no SIGTERM
		}
		return nil
	}
	cmd.WaitDelay = stopGrace
	endWithParent(cmd)

	started := make(chan error)
	go func() {
		// To the kernel the parent is the thread that starts the child, not the
		// process: the thread has to live as long as the child does.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		c.process = cmd.Process
		started <- err
		if err != nil {
			return
		}
		c.err = cmd.Wait()
		close(c.done)
	}()
	if err := <-started; err != nil {
		cancel()
		return nil, fmt.Errorf("start %s: %w", argv[0], err)
	}
	return c, nil
}

// signal sends the child a signal that does not end it.
func (c *child) signal(s os.Signal) error { return c.process.Signal(s) }

// stop asks the child to end, kills it if it does not, and waits. It returns nil
// if the child ended as it was asked to: in good order, or by the very signal
// that asked, where it was too young to have a handler for it.
func (c *child) stop() error {
	c.cancel()
	<-c.done
	var ended *exec.ExitError
	switch {
	case errors.Is(c.err, context.Canceled), errors.Is(c.err, context.DeadlineExceeded):
		return nil
	case errors.As(c.err, &ended) && ended.String() == asked:
		return nil
	}
	return c.err
}

// asked is how the end by SIGTERM reads.
const asked = "signal: terminated"

// logBuffer collects what a process writes while others read it.
type logBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}
