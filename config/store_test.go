package config

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestUpdateAndLoad(t *testing.T) {
	store, notices := newStore(t, filepath.Join(t.TempDir(), "a", "b", "config.yaml"), true)
	if file, err := store.Load(); err != nil || len(file.Accounts()) != 0 {
		t.Fatalf("a missing file: %v", err)
	}
	if _, err := os.Stat(filepath.Dir(store.Path())); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Load made the directory: %v", err)
	}
	mustUpdate(t, store, putSession("@a:h"))
	file := mustLoad(t, store)
	if account, ok := file.Account("@a:h"); !ok || !account.HasSession() {
		t.Errorf("got %+v", file.Accounts())
	}
	if len(*notices) != 0 {
		t.Errorf("notices %v", *notices)
	}
}

func TestUpdateWithoutAChangeWritesNothing(t *testing.T) {
	store, _ := newStore(t, filepath.Join(t.TempDir(), "config.yaml"), true)
	nothing := func(*File) error { return nil }
	mustUpdate(t, store, nothing)
	if _, err := os.Stat(store.Path()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("an empty file was made: %v", err)
	}
	writeFile(t, store.Path(), handWritten)
	before, err := os.Stat(store.Path())
	if err != nil {
		t.Fatal(err)
	}
	mustUpdate(t, store, nothing)
	mustUpdate(t, store, func(file *File) error { file.SetDefaultAccount("work"); return nil })
	after, err := os.Stat(store.Path())
	if err != nil || !os.SameFile(before, after) {
		t.Errorf("the file was replaced: %v", err)
	}
}

func TestAnErrorOfTheChangeIsReturnedAsItIs(t *testing.T) {
	store, _ := newStore(t, filepath.Join(t.TempDir(), "config.yaml"), true)
	writeFile(t, store.Path(), handWritten)
	refused := errors.New("refused")
	err := store.Update(t.Context(), func(file *File) error {
		file.Remove("work")
		return refused
	})
	if err != refused { //nolint:errorlint // as it is
		t.Errorf("got %v", err)
	}
	wantFile(t, store.Path(), handWritten)
}

func TestWhatCouldNotBeReadAgainIsNotWritten(t *testing.T) {
	store, _ := newStore(t, filepath.Join(t.TempDir(), "config.yaml"), true)
	writeFile(t, store.Path(), handWritten)
	for name, broken := range map[string]Account{
		"incomplete":    {UserID: "@c:h"},
		"unknown API":   {UserID: "@c:h", Homeserver: "https://h", API: "x"},
		"year 10000":    {UserID: "@c:h", Homeserver: "https://h", ExpiresAt: time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)},
		"invalid UTF-8": {UserID: "@c:\xff", Homeserver: "https://h"},
	} {
		err := store.Update(t.Context(), func(file *File) error { file.Put(broken); return nil })
		var refused *FileError
		if !errors.As(err, &refused) || refused.Op != "write" {
			t.Errorf("%s: got %v", name, err)
		}
		wantFile(t, store.Path(), handWritten)
	}
}

// TestQ38_AnEmptyFile that is named is a new one, as mktemp and touch make it; in the
// default place nobody makes one. What is YAML and no config file is told how one begins.
func TestQ38_AnEmptyFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.yaml")
	writeFile(t, path, "")
	named, _ := newStore(t, path, true)
	if file, err := named.Load(); err != nil || len(file.Accounts()) != 0 {
		t.Errorf("got %v", err)
	}
	place, _ := newStore(t, path, false)
	if _, err := place.Load(); !errors.Is(err, ErrInvalid) {
		t.Errorf("in the default place: %v", err)
	}
	mustUpdate(t, named, putSession("@a:h"))
	if file, err := place.Load(); err != nil || len(file.Accounts()) != 1 {
		t.Errorf("after a change: %v", err)
	}
	for _, text := range []string{"{}\n", "settings:\n", "# a comment\n", "settings: {quiet: true}\n"} {
		writeFile(t, path, text)
		_, err := named.Load()
		var refused *FileError
		if !errors.As(err, &refused) || !strings.Contains(refused.Hint(), "\nversion: 1\naccounts: []") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// TestQ42_WhereNothingCanBeLocked, and Q38: where a file is mounted by itself.
func TestQ38_Q42_HintsOfFileSystems(t *testing.T) {
	for code, want := range map[error]string{syscall.ENOLCK: "--storage none", syscall.ENOSYS: "--config", syscall.EOPNOTSUPP: "does not support locks", syscall.EBUSY: "mount its directory"} {
		err := newFileError("lock", "/home/a/config.yaml.lock", &fs.PathError{Op: "flock", Path: "x", Err: code})
		if !strings.Contains(err.Hint(), want) {
			t.Errorf("%v: %q", code, err.Hint())
		}
	}
}

func TestS8_ABrokenFileIsLeftAsItIs(t *testing.T) {
	files := noConfigFiles()
	delete(files, "empty") // see TestQ38
	files["newer"] = []byte("version: 7\n")
	for name, data := range files {
		t.Run(name, func(t *testing.T) {
			store, _ := newStore(t, filepath.Join(t.TempDir(), "config.yaml"), true)
			writeFile(t, store.Path(), string(data))
			_, loadErr := store.Load()
			updateErr := store.Update(t.Context(), putSession("@a:h"))
			for _, err := range []error{loadErr, updateErr} {
				var refused *FileError
				if !errors.As(err, &refused) || !strings.Contains(refused.Hint(), "the file was left unchanged") {
					t.Errorf("got %v", err)
				}
				if errors.Is(err, ErrInvalid) && !strings.Contains(refused.Hint(), store.Path()+".broken") {
					t.Errorf("the hint says %q", refused.Hint())
				}
			}
			wantFile(t, store.Path(), string(data))
		})
	}
}

func TestS12_FiftyWritersLoseNothing(t *testing.T) {
	store, _ := newStore(t, filepath.Join(t.TempDir(), "new", "config.yaml"), true)
	runWriters(t, store.Path(), 50)
	file := mustLoad(t, store)
	if got := len(file.Accounts()); got != 50 {
		t.Errorf("%d accounts of 50", got)
	}
	wantOnly(t, filepath.Dir(store.Path()), "config.yaml", "config.yaml.lock")
}

// TestS13_ReadersNeverSeeAHalfWrittenFile reads for as long as 50 processes
// write: the file must be valid each time and never lose an account.
func TestS13_ReadersNeverSeeAHalfWrittenFile(t *testing.T) {
	store, _ := newStore(t, filepath.Join(t.TempDir(), "config.yaml"), true)
	mustUpdate(t, store, putSession("@first:h"))
	done := make(chan struct{})
	var readers sync.WaitGroup
	for range 4 {
		readers.Go(func() {
			for seen := 1; ; {
				file, err := store.Load()
				if err != nil {
					t.Error(err)
					return
				}
				if got := len(file.Accounts()); got < seen {
					t.Errorf("%d accounts after %d", got, seen)
				} else {
					seen = got
				}
				select {
				case <-done:
					return
				default:
				}
			}
		})
	}
	runWriters(t, store.Path(), 50)
	close(done)
	readers.Wait()
}

// runWriters lets n processes save an account each, all at once.
func runWriters(t *testing.T, path string, n int) {
	t.Helper()
	writers := make([]*exec.Cmd, n)
	outputs := make([]bytes.Buffer, n)
	for i := range writers {
		writers[i] = childCommand(t, "add", path, fmt.Sprintf("@user%d:h", i))
		writers[i].Stderr = &outputs[i]
		if err := writers[i].Start(); err != nil {
			t.Fatal(err)
		}
	}
	for i, writer := range writers {
		if err := writer.Wait(); err != nil {
			t.Errorf("writer %d: %v: %s", i, err, &outputs[i])
		}
	}
}

func TestS15_ALockThatIsHeldIsGivenUpOn(t *testing.T) {
	store, _ := newStore(t, filepath.Join(t.TempDir(), "config.yaml"), true)
	writeFile(t, store.Path(), handWritten)
	holder := startHolder(t, store.Path())

	store.lockTimeout = 30 * time.Millisecond
	err := store.Update(t.Context(), unreachable(t))
	var refused *FileError
	if !errors.As(err, &refused) || !errors.Is(err, ErrLocked) {
		t.Fatalf("got %v", err)
	}
	if want := fmt.Sprintf("(process %d)", holder.Process.Pid); !strings.Contains(err.Error(), want) {
		t.Errorf("got %q, want %s in it", err, want)
	}
	mustLoad(t, store) // reading needs no lock

	store.lockTimeout = defaultLockTimeout
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(nil)
	if err := store.Update(ctx, unreachable(t)); !errors.Is(err, context.Canceled) || errors.Is(err, ErrLocked) {
		t.Errorf("after a cancellation: %v", err)
	}
	wantFile(t, store.Path(), handWritten)
}

func TestTheLockTimeoutIsTenSeconds(t *testing.T) {
	if store := NewStore("x", true, ignoreNotice); store.lockTimeout != 10*time.Second {
		t.Errorf("got %v", store.lockTimeout)
	}
}

func TestS3_ReadOnlyFile(t *testing.T) {
	store, _ := newStore(t, filepath.Join(t.TempDir(), "config.yaml"), true)
	writeFile(t, store.Path(), handWritten)
	if err := os.Chmod(store.Path(), 0o400); err != nil {
		t.Fatal(err)
	}
	mustLoad(t, store)
	if err := store.Update(t.Context(), unreachable(t)); !errors.Is(err, ErrReadOnly) {
		t.Errorf("got %v", err)
	}
	wantFile(t, store.Path(), handWritten)
	if err := os.Chmod(store.Path(), 0o600); err != nil { // for the cleanup on Windows
		t.Fatal(err)
	}
}

func TestS3_ParentIsAFile(t *testing.T) {
	parent := filepath.Join(t.TempDir(), "file")
	writeFile(t, parent, "")
	for _, explicit := range []bool{true, false} {
		store, _ := newStore(t, filepath.Join(parent, "mxlogin", "config.yaml"), explicit)
		var refused *FileError
		if err := store.Update(t.Context(), unreachable(t)); !errors.As(err, &refused) {
			t.Errorf("got %v", err)
		}
	}
}

// TestS16_Q28_StaleTemporaryFilesAreRemoved. Q28: who has the lock knows that nobody writes
// them, however new they are. They may hold tokens.
func TestS16_Q28_StaleTemporaryFilesAreRemoved(t *testing.T) {
	for name, work := range map[string]func(*Store) error{
		"a change":  func(s *Store) error { return s.Update(t.Context(), putSession("@a:h")) },
		"no change": func(s *Store) error { return s.Update(t.Context(), func(*File) error { return nil }) },
		"a check":   func(s *Store) error { return s.UpdateChecked(t.Context(), StorageFile, unchanged) },
	} {
		dir := t.TempDir()
		store, _ := newStore(t, filepath.Join(dir, "config.yaml"), true)
		mustUpdate(t, store, putSession("@b:h"))
		for _, left := range []string{".config.yaml.tmp-1", ".config.yaml.tmp-2", ".other.yaml.tmp-1", "config.yaml.tmp-1"} {
			writeFile(t, filepath.Join(dir, left), "access_token: x")
		}
		if err := work(store); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		wantOnly(t, dir, ".other.yaml.tmp-1", "config.yaml", "config.yaml.lock", "config.yaml.tmp-1")
	}
}

func TestAFileThatIsTooLargeIsRefused(t *testing.T) {
	store, _ := newStore(t, filepath.Join(t.TempDir(), "config.yaml"), true)
	writeFile(t, store.Path(), handWritten+"x: "+strings.Repeat("x", maxFileSize))
	if _, err := store.Load(); !errors.Is(err, ErrInvalid) {
		t.Errorf("got %v", err)
	}
}

func TestADirectoryIsNoFile(t *testing.T) {
	store, _ := newStore(t, t.TempDir(), true)
	if _, err := store.Load(); !errors.Is(err, ErrNotRegular) {
		t.Errorf("got %v", err)
	}
	if err := store.Update(t.Context(), unreachable(t)); !errors.Is(err, ErrNotRegular) {
		t.Errorf("got %v", err)
	}
}

func BenchmarkLoadAndFindOneOf100Accounts(b *testing.B) {
	store, _ := newStore(b, filepath.Join(b.TempDir(), "config.yaml"), true)
	mustUpdate(b, store, func(file *File) error {
		for i := range 100 {
			if err := putSession(fmt.Sprintf("@user%d:example.org", i))(file); err != nil {
				return err
			}
		}
		return nil
	})
	for b.Loop() {
		if _, ok := mustLoad(b, store).Account("@user99:example.org"); !ok {
			b.Fatal("the account is not there")
		}
	}
}

func newStore(t testing.TB, path string, explicit bool) (*Store, *[]Notice) {
	t.Helper()
	var notices []Notice
	return NewStore(path, explicit, func(notice Notice) { notices = append(notices, notice) }), &notices
}

func mustUpdate(t testing.TB, store *Store, change func(*File) error) {
	t.Helper()
	if err := store.Update(t.Context(), change); err != nil {
		t.Fatal(err)
	}
}

func mustLoad(t testing.TB, store *Store) *File {
	t.Helper()
	file, err := store.Load()
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// unreachable is a change that must not be asked for.
func unreachable(t *testing.T) func(*File) error {
	return func(*File) error {
		t.Error("the change was asked for")
		return nil
	}
}

func writeFile(t testing.TB, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func wantFile(t *testing.T, path, want string) {
	t.Helper()
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("%s: %s", path, diff)
	}
}

// wantOnly holds that a directory has just these entries.
func wantOnly(t *testing.T, dir string, want ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, entry := range entries {
		got = append(got, entry.Name())
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s: %s", dir, diff)
	}
}

func TestCheckLeavesTheFileAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.yaml")
	store := NewStore(path, true, func(Notice) {})
	if err := store.Update(t.Context(), func(f *File) error {
		f.Put(Account{UserID: "@a:h", Homeserver: "https://h"})
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	before, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := store.UpdateChecked(t.Context(), StorageFile, unchanged); err != nil {
		t.Fatal(err)
	}
	after, err := os.Stat(path)
	if err != nil || !os.SameFile(before, after) {
		t.Errorf("the file was replaced: %v", err)
	}
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(entries) != 2 { // the file and its lock
		t.Errorf("left behind: %v, %v", entries, err)
	}
}

func TestCheckFailsWhereUpdateWould(t *testing.T) {
	dir := t.TempDir()
	blocked := filepath.Join(dir, "a-file")
	readOnly := filepath.Join(dir, "read-only.yaml")
	broken := filepath.Join(dir, "broken.yaml")
	for path, content := range map[string]string{blocked: "x", readOnly: "version: 1\n", broken: "x: ["} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(readOnly, 0o400); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{filepath.Join(blocked, "config.yaml"), readOnly, broken} {
		var failed *FileError
		if err := NewStore(path, true, func(Notice) {}).UpdateChecked(t.Context(), StorageFile, unchanged); !errors.As(err, &failed) {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// TestUpdateCheckedChangesNothingThatCouldNotBeSaved: the change is not even made. The
// name of the file leaves no room for that of a temporary one beside it.
func TestUpdateCheckedChangesNothingThatCouldNotBeSaved(t *testing.T) {
	store := NewStore(filepath.Join(t.TempDir(), strings.Repeat("a", 245)), true, ignoreNotice)
	var failed *FileError
	if err := store.UpdateChecked(t.Context(), StorageFile, unreachable(t)); !errors.As(err, &failed) {
		t.Errorf("got %v", err)
	}
}

func TestUpdateCheckedSaves(t *testing.T) {
	store := NewStore(filepath.Join(t.TempDir(), "config.yaml"), true, ignoreNotice)
	err := store.UpdateChecked(t.Context(), StorageFile, func(file *File) error {
		file.Put(Account{UserID: "@alice:example.org", Homeserver: "https://h"})
		return nil
	})
	if err != nil || len(mustLoad(t, store).Accounts()) != 1 {
		t.Errorf("got %v", err)
	}
}

func TestPatienceIsNotLessThanTheUsual(t *testing.T) {
	store := NewStore("x", true, ignoreNotice)
	for patience, want := range map[time.Duration]time.Duration{time.Second: defaultLockTimeout, time.Minute: time.Minute} {
		if got := store.WithPatience(patience).lockTimeout; got != want {
			t.Errorf("%s: waits for %s, want %s", patience, got, want)
		}
	}
}

func unchanged(*File) error { return nil }
