//go:build unix

package main

import (
	"bytes"
	"os"
	"os/exec"
	"syscall"
	"testing"
)

// TestMain_EndsCleanBySignal sends signals to a quickstart in a process of its own.
func TestMain_EndsCleanBySignal(t *testing.T) {
	skipIfShort(t)
	for _, test := range []struct {
		args     []string
		signal   syscall.Signal
		at       string
		exitCode int
	}{
		{nil, syscall.SIGINT, "Building mxlogin", 130},
		{nil, syscall.SIGTERM, "$ mxlogin access-token", 143},
		{[]string{"-serve"}, syscall.SIGINT, "Ctrl-C ends it", 0},
	} {
		t.Run(test.signal.String()+" at "+test.at, func(t *testing.T) {
			tempDir := useTempDir(t)
			var stderr bytes.Buffer
			quickstart := exec.CommandContext(t.Context(), "quickstart", test.args...)
			out := &screen{at: test.at}
			out.do = func() {
				if err := quickstart.Process.Signal(test.signal); err != nil {
					t.Error(err)
				}
			}
			quickstart.Stdout, quickstart.Stderr = out, &stderr
			_ = quickstart.Run()
			if got, want := quickstart.ProcessState.ExitCode(), test.exitCode; got != want {
				t.Errorf("exit code %d, want %d; stderr: %s", got, want, &stderr)
			}
			checkNothingLeft(t, tempDir, out)
		})
	}
}

// TestMain_ChildrenGetTheSignalToo is Ctrl-C on a terminal, which signals the whole
// process group.
func TestMain_ChildrenGetTheSignalToo(t *testing.T) {
	skipIfShort(t)
	tempDir := useTempDir(t)
	quickstart := exec.CommandContext(t.Context(), "quickstart")
	quickstart.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	out := &screen{at: "$ mxlogin whoami"}
	out.do = func() {
		if err := syscall.Kill(-quickstart.Process.Pid, syscall.SIGINT); err != nil {
			t.Error(err)
		}
	}
	quickstart.Stdout = out
	_ = quickstart.Run()
	if got := quickstart.ProcessState.ExitCode(); got != 130 {
		t.Errorf("exit code %d, want 130", got)
	}
	checkNothingLeft(t, tempDir, out)
}

// TestMain_EndsCleanByBrokenPipe is what `quickstart | head` does.
func TestMain_EndsCleanByBrokenPipe(t *testing.T) {
	skipIfShort(t)
	tempDir := useTempDir(t)
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	quickstart := exec.CommandContext(t.Context(), "quickstart")
	quickstart.Stdout = writer
	if err := quickstart.Start(); err != nil {
		t.Fatal(err)
	}
	_ = writer.Close()
	_ = reader.Close()
	_ = quickstart.Wait()
	if quickstart.ProcessState.ExitCode() <= 0 {
		t.Errorf("it ended otherwise than by itself, with an error: %s", quickstart.ProcessState)
	}
	checkNothingLeft(t, tempDir, &screen{})
}
