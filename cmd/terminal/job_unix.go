//go:build unix

package terminal

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"sync"

	"golang.org/x/sys/unix"
)

var (
	errSuspend   = errors.New("asked to stop")
	errContinued = errors.New("continued after a stop")
)

// jobControl passes SIGTSTP and SIGCONT on to the prompt under way.
//
// It listens from the first prompt to the end of the process: once
// [signal.Notify] has had SIGTSTP nothing in os/signal gives its default action
// back, and Ctrl-Z must work when no prompt is under way, too.
type jobControl struct {
	once   sync.Once
	mu     sync.Mutex
	prompt *watch // nil when none is under way
}

// watch starts to watch for what ends a wait: ctx and job control.
func (j *jobControl) watch(ctx context.Context) (*watch, error) {
	j.once.Do(j.listen)
	r, w, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("preparing the prompt: %w", err)
	}
	watch := &watch{ctx: ctx, job: j, fd: int(r.Fd()), r: r, w: w}
	watch.unwatch = context.AfterFunc(ctx, func() { watch.wake(wakeDone) })
	j.setPrompt(watch)
	return watch, nil
}

func (j *jobControl) listen() {
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, unix.SIGTSTP, unix.SIGCONT)
	go func() {
		for s := range signals {
			j.handle(s)
		}
	}()
}

func (j *jobControl) handle(s os.Signal) {
	j.mu.Lock()
	defer j.mu.Unlock()
	switch {
	case j.prompt != nil && s == unix.SIGTSTP:
		j.prompt.wake(wakeSuspend)
	case j.prompt != nil:
		j.prompt.wake(wakeContinued)
	case s == unix.SIGTSTP:
		stopSelf()
	}
}

func (j *jobControl) setPrompt(w *watch) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.prompt = w
}

// stopSelf stops this process until SIGCONT. SIGTTIN is a stop signal whose
// default action is in place; unlike SIGSTOP the kernel drops it where no shell
// could continue us (ssh -t HOST COMMAND, a container), as it does Ctrl-Z.
func stopSelf() {
	_ = unix.Kill(unix.Getpid(), unix.SIGTTIN)
}

// What the bytes in the pipe of a watch say.
const (
	wakeDone      = 'd'
	wakeSuspend   = 's'
	wakeContinued = 'c'
)

// watch is a pipe that a wait for the terminal watches as well: what interrupts
// the prompt is written there. So no goroutine reads the terminal, and none is
// left that would swallow input.
type watch struct {
	ctx     context.Context //nolint:containedctx // lives as long as one call of ask
	job     *jobControl
	fd      int
	r, w    *os.File
	unwatch func() bool
}

func (w *watch) close() {
	w.job.setPrompt(nil)
	w.unwatch()
	_ = w.w.Close()
	_ = w.r.Close()
}

func (w *watch) wake(reason byte) {
	_, _ = w.w.Write([]byte{reason})
}

// wait returns when fd is ready. The error is the cause of the context,
// errSuspend or errContinued.
func (w *watch) wait(fd int, d direction) error {
	for {
		if w.ctx.Err() != nil {
			return context.Cause(w.ctx)
		}
		ready, woken, err := selectReady(fd, d, w.fd, forever)
		if err != nil {
			return fmt.Errorf("waiting for the terminal: %w", err)
		}
		if woken {
			switch w.reason() {
			case wakeSuspend:
				return errSuspend
			case wakeContinued:
				return errContinued
			}
			continue
		}
		if ready {
			return nil
		}
	}
}

// reason takes one byte out of the pipe, which must hold one.
func (w *watch) reason() byte {
	var b [1]byte
	_, _ = w.r.Read(b[:])
	return b[0]
}

// overStops does what it is given, and does it anew after a stop.
func (w *watch) overStops(do func() error) error {
	for {
		err := do()
		switch {
		case errors.Is(err, errSuspend):
			w.suspend()
		case errors.Is(err, errContinued):
		default:
			return err
		}
	}
}

// suspend stops this process and returns once it is continued, or soon if it was
// not stopped. The pause is there because a signal to oneself need not have come
// when kill returns: echo must not be off by then.
func (w *watch) suspend() {
	stopSelf()
	_, woken, err := selectReady(noFD, readable, w.fd, pause)
	if err == nil && woken {
		_ = w.reason()
	}
}
