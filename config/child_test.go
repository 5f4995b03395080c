package config

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"

	"mxlogin/client/secret"
)

// childVariable makes the test binary one of the processes that the tests need.
const childVariable = "MXLOGIN_CONFIG_TEST_CHILD"

func TestMain(m *testing.M) {
	mode := os.Getenv(childVariable)
	if mode == "" {
		os.Exit(m.Run())
	}
	if err := runChild(mode, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(3)
	}
}

func runChild(mode string, args []string) error {
	switch mode {
	case "add": // FILE USERID
		store := NewStore(args[0], true, ignoreNotice)
		return store.Update(context.Background(), putSession(args[1]))
	case "hold": // FILE: holds the lock until its standard input ends
		store := NewStore(args[0], true, ignoreNotice)
		return store.Update(context.Background(), func(*File) error {
			fmt.Println("locked")
			_, err := io.Copy(io.Discard, os.Stdin)
			return err
		})
	case "default-path":
		path, err := DefaultPath(func(string) (string, bool) { return "", false })
		if errors.Is(err, ErrNoDefaultPath) {
			path = "none"
		}
		fmt.Println(path)
		return nil
	}
	return runUnixChild(mode, args)
}

// child is a command that runs this test binary as runChild(mode, args).
func childCommand(t *testing.T, mode string, args ...string) *exec.Cmd {
	t.Helper()
	binary, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), binary, args...) // outlives it into the cleanup
	cmd.Env = append(os.Environ(), childVariable+"="+mode)
	return cmd
}

// startHolder starts a process that holds the lock of the file at path until the
// test ends.
func startHolder(t *testing.T, path string) *exec.Cmd {
	t.Helper()
	holder := childCommand(t, "hold", path)
	stdin, err := holder.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := holder.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := holder.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = stdin.Close()
		if err := holder.Wait(); err != nil {
			t.Errorf("the holder of the lock: %v", err)
		}
	})
	if line, err := bufio.NewReader(stdout).ReadString('\n'); err != nil || strings.TrimSpace(line) != "locked" {
		t.Fatalf("the holder says %q, %v", line, err)
	}
	return holder
}

// putSession is a change that saves a session of userID.
func putSession(userID string) func(*File) error {
	return func(file *File) error {
		file.Put(Account{UserID: userID, Homeserver: "https://h", AccessToken: secret.New("tok-" + userID), API: APILegacy})
		return nil
	}
}
