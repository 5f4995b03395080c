//go:build unix

// Peak runs a command and prints its peak resident memory, in bytes, as the last
// line of stdout.
//
//	peak COMMAND [ARGUMENT]...
//
// It is a program of its own because Linux counts what the starting process holds
// as the child's: the figure is never less than what peak itself needs, so peak
// has to be small.
package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "peak:", err)
		os.Exit(1)
	}
}

func run(argv []string) error {
	if len(argv) == 0 {
		return errors.New("no command")
	}
	command := exec.Command(argv[0], argv[1:]...)
	command.Stdin, command.Stdout, command.Stderr = os.Stdin, os.Stdout, os.Stderr
	if err := command.Run(); err != nil {
		return fmt.Errorf("%s: %w", argv[0], err)
	}
	usage, ok := command.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		return errors.New("this system does not tell what a process has used")
	}
	_, err := fmt.Println(int64(usage.Maxrss) * maxrssUnit())
	return err
}

// maxrssUnit is the size in bytes of the unit of Rusage.Maxrss.
func maxrssUnit() int64 {
	if runtime.GOOS == "darwin" || runtime.GOOS == "ios" {
		return 1
	}
	return 1 << 10
}
