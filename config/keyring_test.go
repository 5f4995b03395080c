package config

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mxlogin/client/secret"
)

// machine is a disk and a keyring that count their calls together. At one of them, by
// number, a call fails, or the power does: then so do all that follow.
type machine struct {
	faultyDisk
	items map[string]string
	power bool // what fails is the power
}

func newMachine() *machine {
	return &machine{faultyDisk: faultyDisk{err: syscall.EIO}, items: map[string]string{}}
}

func (m *machine) isDead() bool { return m.power && m.failing > 0 && len(m.calls) >= m.failing }

func (m *machine) call(name string) error {
	if m.isDead() {
		return errDead
	}
	if err := m.failure(name); err != nil {
		return &KeyringError{Op: "use", Err: err}
	}
	return nil
}

var errDead = errors.New("the power is off")

func (m *machine) Get(_ context.Context, name string) (secret.Value, error) {
	if err := m.call("get"); err != nil {
		return secret.Value{}, err
	}
	text, ok := m.items[name]
	if !ok {
		return secret.Value{}, &KeyringError{Op: "read", Err: ErrNoItem}
	}
	return secret.New(text), nil
}

func (m *machine) Set(_ context.Context, name string, value secret.Value) error {
	if err := m.call("set"); err != nil {
		return err
	}
	m.items[name] = value.Reveal()
	return nil
}

func (m *machine) Delete(_ context.Context, name string) error {
	if err := m.call("delete"); err != nil {
		return err
	}
	if _, ok := m.items[name]; !ok {
		return &KeyringError{Op: "delete from", Err: ErrNoItem}
	}
	delete(m.items, name)
	return nil
}

func (m *machine) createTemp(dir, prefix string) (tempFile, error) {
	if m.isDead() {
		return nil, errDead
	}
	temp, err := m.faultyDisk.createTemp(dir, prefix)
	if err != nil {
		return nil, err
	}
	return mortalFile{temp, m}, nil
}

func (m *machine) rename(from, to string) error {
	if m.isDead() {
		return errDead
	}
	return m.faultyDisk.rename(from, to)
}

func (m *machine) remove(path string) error {
	if m.isDead() {
		return errDead
	}
	return m.faultyDisk.remove(path)
}

func (m *machine) syncDirectory(dir string) error {
	if m.isDead() {
		return errDead
	}
	return m.faultyDisk.syncDirectory(dir)
}

type mortalFile struct {
	tempFile
	machine *machine
}

func (f mortalFile) Write(data []byte) (int, error) {
	if f.machine.isDead() {
		return 0, errDead
	}
	return f.tempFile.Write(data)
}

// storeOn is a store at path with the disk and the keyring of m, which fail nowhere.
func storeOn(m *machine, path string) *Store {
	m.failing, m.calls = 0, nil
	store := NewStore(path, true, ignoreNotice).WithKeyring(m)
	store.disk = m
	return store
}

// inKeyring is a session whose tokens are this text and "refresh " and this text.
func inKeyring(storage, token string) Account {
	account := Account{Name: "alice", UserID: "@alice:h", Homeserver: "https://h", API: APILegacy, Storage: storage}
	account.SetTokens(secret.New(token), secret.New("refresh "+token))
	return account
}

func putAccount(account Account) func(*File) error {
	return func(file *File) error {
		file.Put(account)
		return nil
	}
}

// transitions are the changes of an account that a keyring has to do with: what it is
// before, nil for nothing, and the change.
func transitions() map[string]struct {
	before *Account
	change func(*Store) func(*File) error
} {
	move := func(storage string) func(*Store) func(*File) error {
		return func(store *Store) func(*File) error {
			return func(file *File) error {
				account, _ := file.Account("alice")
				account, err := store.Unlock(context.Background(), account)
				if err != nil {
					return err
				}
				account.SetStorage(storage)
				file.Put(account)
				return nil
			}
		}
	}
	put := func(storage string) func(*Store) func(*File) error {
		return func(*Store) func(*File) error { return putAccount(inKeyring(storage, "new")) }
	}
	remove := func(*Store) func(*File) error {
		return func(file *File) error {
			file.Remove("alice")
			return nil
		}
	}
	inFile, kept := inKeyring("", "old"), inKeyring(StorageKeyring, "old")
	return map[string]struct {
		before *Account
		change func(*Store) func(*File) error
	}{
		"a login":                    {nil, put(StorageKeyring)},
		"a renewal":                  {&kept, put(StorageKeyring)},
		"a login back into the file": {&kept, put(StorageFile)},
		"a login out of the file":    {&inFile, put(StorageKeyring)},
		"a move into the keyring":    {&inFile, move(StorageKeyring)},
		"a move into the file":       {&kept, move(StorageFile)},
		"a logout":                   {&kept, remove},
	}
}

// TestKeyring_EveryCallMayFail: at each call of the disk and of the keyring that call
// fails, or the power does. Then the file names the old or the new session, with its
// tokens, and the next change leaves no other token in the keyring, and each in one place.
func TestKeyring_EveryCallMayFail(t *testing.T) {
	points := 0
	for name, transition := range transitions() {
		for _, power := range []bool{false, true} {
			for failing := 1; ; failing++ {
				m, path := newMachine(), filepath.Join(t.TempDir(), "config.yaml")
				if transition.before != nil {
					if err := storeOn(m, path).Update(t.Context(), putAccount(*transition.before)); err != nil {
						t.Fatal(err)
					}
				}
				store := storeOn(m, path)
				m.failing, m.power = failing, power
				err := store.Update(t.Context(), transition.change(store))
				if len(m.calls) < failing {
					if err != nil {
						t.Errorf("%s: %v", name, err)
					}
					break
				}
				points++
				at := fmt.Sprintf("%s, power %t, call %d, %s", name, power, failing, m.calls[failing-1])
				var keyring *KeyringError
				var file *FileError
				if err != nil && !errors.As(err, &keyring) && !errors.As(err, &file) && !power {
					t.Errorf("%s: got %v", at, err)
				}
				checkOnePlace(t, at, m, path, transition.before != nil)
			}
		}
	}
	t.Log(points, "points")
}

// checkOnePlace looks at what is left, and changes the file once more.
func checkOnePlace(t *testing.T, at string, m *machine, path string, had bool) {
	t.Helper()
	store := storeOn(m, path)
	m.power = false
	file, err := store.Load()
	if err != nil {
		t.Fatalf("%s: %v", at, err)
	}
	account, ok := file.Account("alice")
	if !ok && had && !strings.HasPrefix(at, "a logout") {
		t.Errorf("%s: the account is gone", at)
	}
	account, err = store.Unlock(t.Context(), account)
	if err != nil {
		t.Errorf("%s: %v", at, err)
	}
	access, refresh := account.AccessToken.Reveal(), account.RefreshToken.Reveal()
	if ok && (access != "old" && access != "new" || refresh != "refresh "+access) {
		t.Errorf("%s: the tokens are %q and %q", at, access, refresh)
	}
	if err := store.Update(t.Context(), func(file *File) error {
		file.SetDefaultAccount("somebody")
		return nil
	}); err != nil {
		t.Fatalf("%s: %v", at, err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), leftoversKey) {
		t.Errorf("%s: leftovers in\n%s", at, text)
	}
	var want []string
	if account.Items != (Items{}) {
		want = []string{access, refresh}
		if strings.Contains(string(text), "_token: "+access) {
			t.Errorf("%s: the token is in the file too:\n%s", at, text)
		}
	}
	if diff := cmp.Diff(want, slices.Sorted(maps.Values(m.items))); diff != "" {
		t.Errorf("%s: the keyring has %s", at, diff)
	}
}

func TestKeyring_IsBoundToTheUserAndTheHomeserver(t *testing.T) {
	m, path := newMachine(), filepath.Join(t.TempDir(), "config.yaml")
	store := storeOn(m, path)
	account := inKeyring(StorageKeyring, "secret")
	if err := store.Update(t.Context(), putAccount(account)); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*Account){
		"homeserver": func(a *Account) { a.Homeserver = "https://evil" },
		"user":       func(a *Account) { a.UserID = "@mallory:h" },
	} {
		other := account
		other.AccessToken, other.RefreshToken = secret.Value{}, secret.Value{}
		change(&other)
		if got, err := store.Unlock(t.Context(), other); !errors.Is(err, ErrNoItem) || !got.AccessToken.IsZero() {
			t.Errorf("another %s: got %v", name, err)
		}
	}
	text, err := os.ReadFile(path)
	if err != nil || strings.Contains(string(text), "secret") {
		t.Errorf("%v, the file is\n%s", err, text)
	}
	for name := range m.items {
		if strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r > '~' }) {
			t.Errorf("%q", name)
		}
	}
}

// TestR13_TwoConfigFilesShareAKeyring: each has items of its own, so a logout in the one
// leaves the other its session.
func TestR13_TwoConfigFilesShareAKeyring(t *testing.T) {
	m, dir := newMachine(), t.TempDir()
	one, two := storeOn(m, filepath.Join(dir, "one.yaml")), storeOn(m, filepath.Join(dir, "two.yaml"))
	for _, store := range []*Store{one, two} {
		if err := store.Update(t.Context(), putAccount(inKeyring(StorageKeyring, "of "+filepath.Base(store.Path())))); err != nil {
			t.Fatal(err)
		}
	}
	if err := one.Update(t.Context(), func(file *File) error {
		file.Remove("alice")
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	want := []string{"of two.yaml", "refresh of two.yaml"}
	if diff := cmp.Diff(want, slices.Sorted(maps.Values(m.items))); diff != "" {
		t.Error(diff)
	}
}

// TestKeyring_ACheckedChangeSeesThatItCannotBeUsed before anything is sent.
func TestKeyring_ACheckedChangeSeesThatItCannotBeUsed(t *testing.T) {
	for failing := 1; ; failing++ {
		m := newMachine()
		store := storeOn(m, filepath.Join(t.TempDir(), "config.yaml"))
		m.failing = failing
		reached := false
		err := store.UpdateChecked(t.Context(), StorageKeyring, func(*File) error {
			reached = true
			return errors.New("sent")
		})
		if len(m.items) > 0 && m.calls[len(m.calls)-1] != "delete" {
			t.Errorf("left behind at %v: %v", m.calls, m.items)
		}
		if len(m.calls) < failing {
			if !reached {
				t.Errorf("without a failure: %v", err)
			}
			return
		}
		if reached || err == nil {
			t.Errorf("at %s: reached %t, %v", m.calls[failing-1], reached, err)
		}
	}
}

// TestKeyring_ACutSecretIsSeen: one library said yes to a secret that it had cut.
func TestKeyring_ACutSecretIsSeen(t *testing.T) {
	m, path := newMachine(), filepath.Join(t.TempDir(), "config.yaml")
	store := storeOn(m, path).WithKeyring(cutting{m})
	err := store.Update(t.Context(), putAccount(inKeyring(StorageKeyring, "secret")))
	if !errors.Is(err, ErrItemChanged) {
		t.Errorf("got %v", err)
	}
	if file, err := store.Load(); err != nil || len(file.Accounts()) != 0 {
		t.Errorf("saved all the same: %v", err)
	}
}

type cutting struct{ *machine }

func (c cutting) Set(ctx context.Context, name string, value secret.Value) error {
	return c.machine.Set(ctx, name, secret.New(value.Reveal()[1:]))
}

func TestSameSession(t *testing.T) {
	kept, file := inKeyring(StorageKeyring, "t"), inKeyring("", "t")
	locked := kept
	locked.AccessToken, locked.RefreshToken = secret.Value{}, secret.Value{}
	again := inKeyring(StorageKeyring, "t")
	for _, test := range []struct {
		a, b Account
		want bool
	}{
		{kept, kept, true},
		{kept, locked, true},
		{kept, again, false}, // another login
		{kept, file, false},
		{file, file, true},
		{file, inKeyring("", "u"), false},
		{Account{}, Account{}, true},
	} {
		if got := test.a.SameSession(test.b); got != test.want {
			t.Errorf("%+v and %+v: %t", test.a.Items, test.b.Items, got)
		}
	}
}
