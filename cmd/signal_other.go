//go:build !unix

package cmd

import (
	"os"
	"os/exec"
)

func endingSignals() []os.Signal { return []os.Signal{os.Interrupt} }

// isTyped is true where the console sends interrupts to all its processes.
func isTyped(os.Signal) bool { return true }

func shellCode(ended *exec.ExitError) int { return ended.ExitCode() }

// endBySignal does nothing where a process cannot end itself by a signal.
func endBySignal(error) {}

func isInit() bool { return false }

// awaitChild waits for the command and returns its end as that of mxlogin.
func awaitChild(child *exec.Cmd) error { return exitStatus(child.Wait()) }
