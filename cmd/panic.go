package cmd

import (
	"fmt"
	"runtime"
)

// panicError is a fault of mxlogin. The value of a panic is not repeated: it may
// hold what was being worked on.
type panicError struct{ where string }

func (e *panicError) Error() string { return "internal error at " + e.where }

func panicked(any) error {
	pcs := make([]uintptr, 16)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(3, pcs)])
	for {
		frame, more := frames.Next()
		if !isRuntime(frame.Function) || !more {
			return &panicError{where: fmt.Sprintf("%s:%d", frame.Function, frame.Line)}
		}
	}
}

func isRuntime(function string) bool {
	return len(function) > 8 && function[:8] == "runtime."
}
