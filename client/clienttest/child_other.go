//go:build !linux

package clienttest

import "os/exec"

// endWithParent does nothing: only Linux offers this. Here the child ends with
// its context, or by Stop.
func endWithParent(*exec.Cmd) {}
