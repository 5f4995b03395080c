package cmd

import (
	"io"
	"os"
	"time"
)

// stream is an output that may take nothing, such as a terminal whose output somebody has
// stopped: then a write lasts until the run is ended, and no longer.
type stream struct {
	io.Writer
	ended func() <-chan struct{} // of the run's context
}

// stuckAfter is how long a write is waited for before anybody asks whether the run has
// ended: that question costs threads.
const stuckAfter = 100 * time.Millisecond

// Write leaves a write behind that is still under way when the run has ended.
func (s stream) Write(text []byte) (int, error) {
	done := make(chan written, 1)
	go func() {
		var w written
		defer func() {
			w.fault = recover()
			done <- w
		}()
		w.n, w.err = s.Writer.Write(text)
	}()
	timer := time.NewTimer(stuckAfter)
	defer timer.Stop()
	select {
	case w := <-done:
		return w.result()
	case <-timer.C:
	}
	select {
	case w := <-done:
		return w.result()
	case <-s.ended():
		return 0, os.ErrDeadlineExceeded
	}
}

// written is what came of a write in a goroutine of its own.
type written struct {
	n     int
	err   error
	fault any // of a panic, which is one of the caller
}

func (w written) result() (int, error) {
	if w.fault != nil {
		panic(w.fault)
	}
	return w.n, w.err
}

// Fd lets others see whether the stream is a terminal.
func (s stream) Fd() uintptr {
	if file, ok := s.Writer.(*os.File); ok {
		return file.Fd()
	}
	return ^uintptr(0)
}
