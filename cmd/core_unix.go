//go:build unix

package cmd

import (
	"os/exec"
	"syscall"
)

// forbidCore keeps the kernel from writing the memory of this process, which has secrets
// in it, to a file when it crashes. It returns what starts a command with the limit that
// was in force before.
func forbidCore() (start func(*exec.Cmd) error) {
	forbidDump()
	var before syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_CORE, &before); err != nil {
		return (*exec.Cmd).Start
	}
	none := before
	none.Cur = 0
	if err := syscall.Setrlimit(syscall.RLIMIT_CORE, &none); err != nil {
		return (*exec.Cmd).Start
	}
	return func(command *exec.Cmd) error { // which takes its limits from this process
		if err := syscall.Setrlimit(syscall.RLIMIT_CORE, &before); err == nil {
			defer func() { _ = syscall.Setrlimit(syscall.RLIMIT_CORE, &none) }()
		}
		return command.Start()
	}
}
