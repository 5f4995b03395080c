package clienttest_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"mxlogin/client/clienttest"
)

// parentVariable makes this test binary a program that starts a server and is
// then killed.
const parentVariable = "CLIENTTEST_PARENT_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(parentVariable); dir != "" {
		beParent(dir)
	}
	os.Exit(m.Run())
}

// A test that is killed, or that panics, runs no cleanup: its server must end
// all the same.
func TestDendrite_EndsWithItsParent(t *testing.T) {
	t.Parallel()
	needDendrite(t)
	parent := exec.Command(os.Args[0])
	parent.Env = append(os.Environ(), parentVariable+"="+t.TempDir())
	parent.Stderr = t.Output()
	stdout, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if killErr := parent.Process.Kill(); killErr != nil {
		t.Error(killErr)
	}
	_ = parent.Wait()
	address := strings.TrimSpace(line)
	if err != nil || address == "" {
		t.Fatalf("the parent started no server: %v", err)
	}

	// The server is no child of ours, so there is nothing to wait for.
	for deadline := time.Now().Add(5 * time.Second); ; {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			return
		}
		_ = conn.Close()
		if time.Now().After(deadline) {
			t.Fatal("the server outlives its parent")
		}
	}
}

func beParent(dir string) {
	d, err := clienttest.StartDendrite(context.Background(), clienttest.DendriteOptions{Dir: dir})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(strings.TrimPrefix(d.URL(), "http://"))
	select {}
}
