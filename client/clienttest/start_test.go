package clienttest

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Another server that has the port, and answers as a homeserver does, must not
// be taken for the one that was to be started.
func TestDendrite_AnotherServerAtThePortIsNotTakenForOurs(t *testing.T) {
	t.Parallel()
	tools := builtTools(t)
	impostor := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"m.server":"other.invalid:443","versions":["v1.2"]}`))
	}))
	defer impostor.Close()
	taken := impostor.Listener.Addr().String()

	free, err := freeAddress()
	if err != nil {
		t.Fatal(err)
	}
	d := &Dendrite{ServerName: "localhost", Dir: t.TempDir(), tools: tools, secret: "s", identity: "ours.invalid:443"}
	err = d.run(t.Context(), DendriteOptions{}, taken, free)
	if !errors.Is(err, errPortTaken) {
		t.Errorf("got %v, want %v", err, errPortTaken)
	}
}

// The lock is what keeps test packages from building Dendrite side by side.
func TestLockFile_OneHolderAtATime(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "lock")
	unlock, err := lockFile(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	full, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := lockFile(full, path); !errors.Is(err, context.Canceled) {
		t.Errorf("a held lock: got %v, want %v", err, context.Canceled)
	}
	unlock()
	again, err := lockFile(t.Context(), path)
	if err != nil {
		t.Fatalf("a lock that was given back: %v", err)
	}
	again()
}

func TestBuildKey_ChangesWithTheSources(t *testing.T) {
	t.Parallel()
	module, err := dendriteModule(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	before, err := buildKey(module)
	if err != nil {
		t.Fatal(err)
	}
	changed := t.TempDir()
	if err := os.CopyFS(changed, os.DirFS(module)); err != nil {
		t.Fatal(err)
	}
	if same, err := buildKey(changed); err != nil || same != before {
		t.Errorf("a copy has the key %s, %v; want %s", same, err, before)
	}
	for _, name := range []string{"go.mod", "go.sum", "puttoken/main.go"} {
		path := filepath.Join(changed, filepath.FromSlash(name))
		if err := os.WriteFile(path, []byte("// other"), 0o600); err != nil {
			t.Fatal(err)
		}
		after, err := buildKey(changed)
		if err != nil {
			t.Fatal(err)
		}
		if after == before {
			t.Errorf("another %s has duplicate key", name)
		}
		before = after
	}
}

// A build that fails leaves nothing that the next run would take for a result,
// and says what the compiler said.
func TestGoBuild_FailureLeavesNothing(t *testing.T) {
	t.Parallel()
	module := t.TempDir()
	if err := os.WriteFile(filepath.Join(module, "go.mod"), []byte("module broken\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cache := t.TempDir()
	var progress bytes.Buffer
	err := goBuild(t.Context(), module, filepath.Join(cache, "target"), &progress)
	if err == nil || !strings.Contains(err.Error(), "dendrite") {
		t.Errorf("the error does not say why: %v", err)
	}
	if !strings.Contains(progress.String(), "a minute or two") {
		t.Errorf("progress: %q", progress.String())
	}
	left, err := os.ReadDir(cache)
	if err != nil {
		t.Fatal(err)
	}
	if len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestBuildDendrite_IsFoundAtOnce(t *testing.T) {
	tools := builtTools(t)
	var progress bytes.Buffer
	begun := time.Now()
	again, err := buildDendrite(t.Context(), &progress)
	if err != nil {
		t.Fatal(err)
	}
	if took := time.Since(begun); took > 250*time.Millisecond {
		t.Errorf("took %s", took)
	}
	if again != tools || progress.Len() > 0 {
		t.Errorf("built again: %+v, %q", again, progress.String())
	}
}

func builtTools(t *testing.T) dendriteTools {
	t.Helper()
	if testing.Short() {
		t.Skip("needs a real homeserver")
	}
	tools, err := buildDendrite(t.Context(), t.Output())
	if err != nil {
		t.Fatal(err)
	}
	return tools
}

// TestFreeAddress_IsNoneThatListenersGet: the port stays free until the server has started,
// however many listeners there are meanwhile.
func TestFreeAddress_IsNoneThatListenersGet(t *testing.T) {
	t.Parallel()
	for range 100 {
		address, err := freeAddress()
		if err != nil {
			t.Fatal(err)
		}
		_, text, err := net.SplitHostPort(address)
		if err != nil {
			t.Fatal(err)
		}
		// Linux hands out 32768 and above, other systems 49152 and above.
		if port, err := strconv.Atoi(text); err != nil || port < 1024 || port >= 32768 {
			t.Errorf("%s, %v", address, err)
		}
	}
}
