package cmd

import "os/exec"

// forbidCore does nothing: Windows writes no memory to a file unless somebody has set it up.
func forbidCore() (start func(*exec.Cmd) error) { return (*exec.Cmd).Start }
