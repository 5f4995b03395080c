package cmd

import "syscall"

// forbidDump also holds where cores go to a program, which no limit keeps from getting
// them, and keeps other processes of the user from reading this one's memory and
// environment. A command that is started is not concerned.
func forbidDump() {
	_, _, _ = syscall.RawSyscall(syscall.SYS_PRCTL, syscall.PR_SET_DUMPABLE, 0, 0)
}
