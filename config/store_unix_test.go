//go:build unix

package config

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestS1_DirectoriesAreMade0700WhateverTheUmask(t *testing.T) {
	for _, umask := range []int{0o000, 0o077, 0o777} {
		base := t.TempDir()
		store, _ := newStore(t, filepath.Join(base, "a", "mxlogin", "config.yaml"), false)
		old := syscall.Umask(umask)
		err := store.Update(t.Context(), putSession("@a:h"))
		if err == nil {
			chmod(t, filepath.Join(base, "a", "mxlogin", "config.yaml.lock"), 0o644)
			err = store.Update(t.Context(), putSession("@b:h"))
		}
		syscall.Umask(old)
		if err != nil {
			t.Fatalf("umask %04o: %v", umask, err)
		}
		for name, want := range map[string]fs.FileMode{
			"a": 0o700, "a/mxlogin": 0o700, "a/mxlogin/config.yaml": 0o600, "a/mxlogin/config.yaml.lock": 0o600,
		} {
			if got := modeOf(t, filepath.Join(base, name)); got != want {
				t.Errorf("umask %04o: %s has mode %04o", umask, name, got)
			}
		}
	}
}

func TestS2_DirectoryOfTheFile(t *testing.T) {
	tests := []struct {
		name    string
		mode    fs.FileMode
		foreign bool
		want    error
	}{
		{"0700", 0o700, false, nil},
		{"0755", 0o755, false, nil},
		{"0775", 0o775, false, ErrLoose},
		{"0777", 0o777, false, ErrLoose},
		{"1777", 0o777 | fs.ModeSticky, false, ErrLoose},
		{"of another user", 0o755, true, ErrForeign},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "mxlogin")
			if err := os.Mkdir(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(dir, "config.yaml")
			writeFile(t, path, handWritten)
			chmod(t, dir, test.mode)

			store, notices := newStore(t, path, false)
			asForeign(t, store, test.foreign, dir)
			_, loadErr := store.Load()
			updateErr := store.Update(t.Context(), func(*File) error { return nil })
			if !errors.Is(loadErr, test.want) || !errors.Is(updateErr, test.want) {
				t.Errorf("in the default place: %v and %v", loadErr, updateErr)
			}
			if len(*notices) != 0 {
				t.Errorf("in the default place: notices %v", *notices)
			}
			if test.foreign && os.Geteuid() != 0 {
				return // the file counts as foreign too then
			}
			store, notices = newStore(t, path, true)
			mustLoad(t, store)
			if len(*notices) != 0 {
				t.Errorf("Load notifies: %v", *notices)
			}
			mustUpdate(t, store, putSession("@new:h"))
			if got, want := codes(*notices), noticesFor(test.want); !cmp.Equal(got, want) {
				t.Errorf("with an explicit path: notices %v, want %v", got, want)
			}
			if got := modeOf(t, path); got != 0o600 {
				t.Errorf("the file has mode %04o", got)
			}
		})
	}
}

func noticesFor(problem error) []string {
	if problem == nil {
		return nil
	}
	return []string{NoticeDirectory}
}

func TestS2_ParentThatAllMayWrite(t *testing.T) {
	parent := filepath.Join(t.TempDir(), "parent")
	if err := os.Mkdir(parent, 0o700); err != nil {
		t.Fatal(err)
	}
	store, _ := newStore(t, filepath.Join(parent, "mxlogin", "config.yaml"), false)
	chmod(t, parent, 0o777)
	if err := store.Update(t.Context(), unreachable(t)); !errors.Is(err, ErrLoose) {
		t.Errorf("0777: %v", err)
	}
	wantOnly(t, parent)
	chmod(t, parent, 0o777|fs.ModeSticky)
	mustUpdate(t, store, putSession("@a:h"))
}

// TestS2_VolumeThatAllMayWrite has an empty volume as containers get it: what is made in it
// is nobody else's.
func TestS2_VolumeThatAllMayWrite(t *testing.T) {
	volume := t.TempDir()
	chmod(t, volume, 0o777)
	dir := filepath.Join(volume, "mxlogin")
	store, notices := newStore(t, filepath.Join(dir, "config.yaml"), true)
	mustUpdate(t, store, putSession("@a:h"))
	if mode := modeOf(t, dir); mode != 0o700 || len(*notices) != 0 {
		t.Errorf("the directory has mode %04o; notices %v", mode, *notices)
	}

	store, notices = newStore(t, filepath.Join(volume, "other", "config.yaml"), true)
	asForeign(t, store, true, volume)
	mustUpdate(t, store, putSession("@a:h"))
	if got := codes(*notices); !cmp.Equal(got, []string{NoticeDirectory}) {
		t.Errorf("in a volume of another user: notices %v", got)
	}
}

// TestS2_SomebodyIsFasterInAVolume has another user make the directory after it was found
// missing and before it is made: at the moment of the warning about the volume.
func TestS2_SomebodyIsFasterInAVolume(t *testing.T) {
	elsewhere := t.TempDir()
	for name, faster := range map[string]struct {
		make func(t *testing.T, store *Store, dir string)
		want string
	}{
		"their directory": {func(t *testing.T, store *Store, dir string) {
			chmodMade(t, dir, 0o700)
			asForeign(t, store, true, dir)
		}, ErrForeign.Error()},
		"one that all may write": {func(t *testing.T, _ *Store, dir string) {
			chmodMade(t, dir, 0o777)
		}, ErrLoose.Error() + " (mode 0777)"},
		"a link": {func(t *testing.T, _ *Store, dir string) {
			link(t, elsewhere, dir)
		}, "not a directory"},
	} {
		t.Run(name, func(t *testing.T) {
			volume := t.TempDir()
			made := filepath.Join(volume, "made")
			store, _ := newStore(t, filepath.Join(made, "mxlogin", "config.yaml"), true)
			asForeign(t, store, true, volume)
			store.notify = func(Notice) {
				store.uid = os.Geteuid()
				faster.make(t, store, made)
			}
			err := store.Update(t.Context(), unreachable(t))
			var refused *FileError
			if !errors.As(err, &refused) || refused.Path != made || refused.Err.Error() != faster.want {
				t.Errorf("got %v", err)
			}
			wantOnly(t, volume, "made")
			wantOnly(t, elsewhere)
		})
	}
}

func chmodMade(t *testing.T, dir string, mode fs.FileMode) {
	t.Helper()
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	chmod(t, dir, mode)
}

func TestS2_ForeignFileIsRefusedEverywhere(t *testing.T) {
	for _, explicit := range []bool{true, false} {
		path := filepath.Join(t.TempDir(), "config.yaml")
		writeFile(t, path, handWritten)
		store, _ := newStore(t, path, explicit)
		asForeign(t, store, true, path)
		if _, err := store.Load(); !errors.Is(err, ErrForeign) {
			t.Errorf("Load: %v", err)
		}
		if err := store.Update(t.Context(), unreachable(t)); !errors.Is(err, ErrForeign) {
			t.Errorf("Update: %v", err)
		}
		wantFile(t, path, handWritten)
	}
}

func TestS3_ReadOnlyDirectory(t *testing.T) {
	const nobody = 65534
	dir := sharedDir(t)
	path := filepath.Join(dir, "config.yaml")
	writeFile(t, path, handWritten)
	chmod(t, dir, 0o500)
	if os.Geteuid() == 0 {
		for _, owned := range []string{dir, path} {
			if err := os.Chown(owned, nobody, nobody); err != nil {
				t.Fatal(err)
			}
		}
	}
	cmd := childCommand(t, "try-add", path)
	dropRoot(t, cmd, nobody)
	output, err := cmd.CombinedOutput()
	if err == nil || !strings.Contains(string(output), "config.yaml.lock: permission denied") || strings.Contains(string(output), "reached") {
		t.Errorf("got %v: %s", err, output)
	}
	wantOnly(t, dir, "config.yaml")
	wantFile(t, path, handWritten)
}

func TestS4_NoSpaceLeavesTheOldFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "config.yaml")
	writeFile(t, path, handWritten)
	output, err := childCommand(t, "add-without-space", path).CombinedOutput()
	if err == nil || !strings.Contains(string(output), "cannot write") {
		t.Errorf("got %v: %s", err, output)
	}
	wantFile(t, path, handWritten)
	wantOnly(t, dir, "config.yaml", "config.yaml.lock")
}

func TestS6_ALooseFileIsTightenedWithANotice(t *testing.T) {
	tests := []struct {
		mode fs.FileMode
		want []string
	}{
		{0o600, nil},
		{0o640, []string{NoticeFileMode}},
		{0o644, []string{NoticeFileMode}},
		{0o666, []string{NoticeFileMode}},
		{0o600 | fs.ModeSetuid, []string{NoticeFileMode}},
	}
	for _, test := range tests {
		store, notices := newStore(t, filepath.Join(t.TempDir(), "config.yaml"), false)
		writeFile(t, store.Path(), handWritten)
		chmod(t, store.Path(), test.mode)
		mustLoad(t, store)
		if got := fileInfo(t, store.Path()).Mode(); got != test.mode {
			t.Errorf("%v: Load made it %v", test.mode, got)
		}
		mustUpdate(t, store, putSession("@new:h"))
		if got := fileInfo(t, store.Path()).Mode(); got != 0o600 {
			t.Errorf("%v: the mode is now %v", test.mode, got)
		}
		if got := codes(*notices); !cmp.Equal(got, test.want) {
			t.Errorf("%v: notices %v", test.mode, *notices)
		}
	}
}

func TestS6_HardLinkKeepsTheOldContent(t *testing.T) {
	dir := t.TempDir()
	store, notices := newStore(t, filepath.Join(dir, "config.yaml"), false)
	writeFile(t, store.Path(), handWritten)
	other := filepath.Join(dir, "other")
	if err := os.Link(store.Path(), other); err != nil {
		t.Fatal(err)
	}
	mustUpdate(t, store, putSession("@new:h"))
	wantFile(t, other, handWritten)
	if got := codes(*notices); !cmp.Equal(got, []string{NoticeHardLinks}) {
		t.Errorf("notices %v", *notices)
	}
}

func TestALinkIsFollowed(t *testing.T) {
	for _, existing := range []bool{true, false} {
		base := t.TempDir()
		for _, dir := range []string{"home", "dotfiles"} {
			if err := os.Mkdir(filepath.Join(base, dir), 0o700); err != nil {
				t.Fatal(err)
			}
		}
		target := filepath.Join(base, "dotfiles", "mx.yaml")
		if existing {
			writeFile(t, target, handWritten)
		}
		path := filepath.Join(base, "home", "config.yaml")
		link(t, "../home/second", path)
		link(t, target, filepath.Join(base, "home", "second"))

		store, _ := newStore(t, path, false)
		mustLoad(t, store)
		mustUpdate(t, store, putSession("@new:h"))
		if info, err := os.Lstat(path); err != nil || info.Mode()&fs.ModeSymlink == 0 {
			t.Errorf("the link was replaced: %v", err)
		}
		if _, ok := mustLoad(t, store).Account("@new:h"); !ok {
			t.Error("the account is not in the target")
		}
		if got := modeOf(t, target); got != 0o600 {
			t.Errorf("the target has mode %04o", got)
		}
		wantOnly(t, filepath.Join(base, "dotfiles"), "mx.yaml", "mx.yaml.lock")
	}
}

func TestLinksThatAreRefused(t *testing.T) {
	dir := t.TempDir()
	loop := filepath.Join(dir, "loop")
	link(t, "loop", loop)
	store, _ := newStore(t, loop, true)
	if _, err := store.Load(); err == nil || !strings.Contains(err.Error(), "too many") {
		t.Errorf("a loop: %v", err)
	}

	target := filepath.Join(dir, "config.yaml")
	writeFile(t, target, handWritten)
	foreign := filepath.Join(dir, "foreign")
	link(t, target, foreign)
	store, _ = newStore(t, foreign, true)
	asForeign(t, store, true, foreign)
	if _, err := store.Load(); !errors.Is(err, ErrForeign) || !strings.Contains(err.Error(), "link") {
		t.Errorf("a foreign link: %v", err)
	}

	loose := filepath.Join(dir, "loose")
	if err := os.Mkdir(loose, 0o700); err != nil {
		t.Fatal(err)
	}
	chmod(t, loose, 0o777)
	dangling := filepath.Join(dir, "dangling")
	link(t, filepath.Join(loose, "x"), dangling)
	store, _ = newStore(t, dangling, false)
	if err := store.Update(t.Context(), unreachable(t)); !errors.Is(err, ErrLoose) {
		t.Errorf("into a loose directory: %v", err)
	}
}

func TestALinkInPlaceOfTheLockIsNotFollowed(t *testing.T) {
	dir := t.TempDir()
	store, _ := newStore(t, filepath.Join(dir, "config.yaml"), true)
	victim := filepath.Join(dir, "victim")
	writeFile(t, victim, "precious")
	link(t, victim, store.Path()+".lock")
	var refused *FileError
	if err := store.Update(t.Context(), unreachable(t)); !errors.As(err, &refused) || refused.Op != "lock" {
		t.Errorf("got %v", err)
	}
	wantFile(t, victim, "precious")
}

func TestAPipeIsRefusedWithoutOpeningIt(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.yaml")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{path, "/dev/null"} {
		store, _ := newStore(t, path, true)
		if _, err := store.Load(); !errors.Is(err, ErrNotRegular) {
			t.Errorf("%s: got %v", path, err)
		}
	}
}

func TestS18_NoPasswdEntry(t *testing.T) {
	const unknown = 987654
	cmd := childCommand(t, "default-path")
	dropRoot(t, cmd, unknown)
	output, err := cmd.Output()
	got := strings.TrimSpace(string(output))
	if err != nil || os.Geteuid() == 0 && got != "none" || got != "none" && !filepath.IsAbs(got) {
		t.Errorf("got %v: %s", err, got)
	}
}

// TestS19_RootMakesNothingInAForeignHome: under sudo HOME may still be that of
// the user.
func TestS19_RootMakesNothingInAForeignHome(t *testing.T) {
	home := t.TempDir()
	store, _ := newStore(t, filepath.Join(home, ".config", "mxlogin", "config.yaml"), false)
	asForeign(t, store, true, home)
	if file, err := store.Load(); err != nil || len(file.Accounts()) != 0 {
		t.Errorf("Load of a missing file: %v", err)
	}
	err := store.Update(t.Context(), unreachable(t))
	var refused *FileError
	if !errors.As(err, &refused) || !errors.Is(err, ErrForeign) || !strings.Contains(refused.Hint(), "sudo -H") {
		t.Errorf("got %v", err)
	}
	wantOnly(t, home)
}

// asForeign makes path, if foreign is set, another user's in the eyes of store:
// in truth where this process is root, else by giving the store another user ID.
func asForeign(t *testing.T, store *Store, foreign bool, path string) {
	t.Helper()
	switch {
	case !foreign:
	case os.Geteuid() != 0:
		store.uid++
	default:
		if err := os.Lchown(path, 4321, 4321); err != nil {
			t.Fatal(err)
		}
	}
}

func link(t *testing.T, target, path string) {
	t.Helper()
	if err := os.Symlink(target, path); err != nil {
		t.Fatal(err)
	}
}

func modeOf(t *testing.T, path string) fs.FileMode {
	t.Helper()
	return fileInfo(t, path).Mode().Perm()
}

func fileInfo(t *testing.T, path string) fs.FileInfo {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info
}

func codes(notices []Notice) []string {
	var codes []string
	for _, notice := range notices {
		codes = append(codes, notice.Code)
	}
	return codes
}

// TestQ27_TheLockIsSignedAsItWasOpened: a link that is put in its place meanwhile is not
// followed, not even to change a mode.
func TestQ27_TheLockIsSignedAsItWasOpened(t *testing.T) {
	dir := t.TempDir()
	victim, lock := filepath.Join(dir, "victim"), filepath.Join(dir, "config.yaml.lock")
	writeFile(t, victim, "mine")
	if err := os.Chmod(victim, 0o640); err != nil {
		t.Fatal(err)
	}
	link(t, victim, lock)
	if err := signLock(lock); err == nil {
		t.Error("a link is signed")
	}
	info, err := os.Stat(victim)
	content, readErr := os.ReadFile(victim)
	if err != nil || readErr != nil || info.Mode().Perm() != 0o640 || string(content) != "mine" {
		t.Errorf("%v, %v, mode %v, %q", err, readErr, info.Mode(), content)
	}
}
