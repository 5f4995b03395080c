package session_test

import (
	"context"
	"errors"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mxlogin/client/secret"
	"mxlogin/cmd/session"
	"mxlogin/config"
)

// keyring is one in memory, which may be locked.
type keyring struct {
	mu       sync.Mutex
	items    map[string]secret.Value
	locked   bool
	readOnly bool
}

func (k *keyring) Get(_ context.Context, name string) (secret.Value, error) {
	return k.with("read", func() (secret.Value, error) {
		value, ok := k.items[name]
		if !ok {
			return value, &config.KeyringError{Op: "read", Err: config.ErrNoItem}
		}
		return value, nil
	})
}

func (k *keyring) Set(_ context.Context, name string, value secret.Value) error {
	_, err := k.with("write to", func() (secret.Value, error) {
		if k.readOnly {
			return value, &config.KeyringError{Op: "write to", Err: errors.New("no space")}
		}
		k.items[name] = value
		return value, nil
	})
	return err
}

func (k *keyring) Delete(_ context.Context, name string) error {
	_, err := k.with("delete from", func() (secret.Value, error) {
		delete(k.items, name)
		return secret.Value{}, nil
	})
	return err
}

func (k *keyring) with(op string, do func() (secret.Value, error)) (secret.Value, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.locked {
		return secret.Value{}, &config.KeyringError{Op: op, Err: config.ErrKeyringSilent}
	}
	return do()
}

func (k *keyring) tokens() []string {
	var tokens []string
	for value := range maps.Values(k.items) {
		tokens = append(tokens, value.Reveal())
	}
	return slices.Sorted(slices.Values(tokens))
}

// withKeyring is a world whose store has a keyring.
func withKeyring(t *testing.T) (*world, *keyring) {
	t.Helper()
	w, k := newWorld(t), &keyring{items: map[string]secret.Value{}}
	w.keeper.Store = config.NewStore(w.path, true, func(config.Notice) {}).WithKeyring(k)
	return w, k
}

// keeps is l, its tokens to be kept in the keyring.
func keeps(l session.Login) session.Login {
	l.Storage = config.StorageKeyring
	return l
}

// kept is a session of alice in the keyring, with tokens access-0 and refresh-0, that ends
// in left.
func (w *world) kept(left time.Duration) config.Account {
	w.t.Helper()
	account := w.aliceWith("", "DEVICE")
	account.Storage = config.StorageKeyring
	account.SetTokens(secret.New("access-0"), secret.New("refresh-0"))
	account.ExpiresAt, account.Lifetime = w.keeper.Now().Add(left).UTC().Truncate(time.Second), 5*time.Minute
	w.put(account)
	return w.account("@alice:hs.test")
}

func wantTokens(t *testing.T, k *keyring, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, k.tokens()); diff != "" {
		t.Errorf("the keyring has %s", diff)
	}
}

func TestALoginIntoTheKeyring(t *testing.T) {
	w, k := withKeyring(t)
	attempt := w.begin(keeps(w.asAlice()))
	wantTokens(t, k)
	got, err := attempt.Finish(t.Context(), answerFor(t, "@alice:hs.test", attempt.Options().DeviceID))
	if err != nil || !holds(got.Account.AccessToken, "new-token") {
		t.Fatalf("%+v, %v", got, err)
	}
	wantTokens(t, k, "new-token")
	if text := w.read(); strings.Contains(text, "new-token") || !strings.Contains(text, "storage: keyring") {
		t.Errorf("the file is\n%s", text)
	}
	opened, err := w.keeper.Open(t.Context(), w.account("@alice:hs.test"))
	if err != nil || !holds(opened.Account.AccessToken, "new-token") {
		t.Fatalf("%v", err)
	}
	w.answers(logout, 200, `{}`)
	if done, err := w.keeper.End(t.Context(), w.account("@alice:hs.test")); err != nil || done != session.LoggedOut {
		t.Errorf("%v, %v", done, err)
	}
	wantTokens(t, k)
	if diff := cmp.Diff([]string{logout + " new-token"}, w.sent()); diff != "" {
		t.Error(diff)
	}
}

// TestAKeyringThatIsLocked: nothing is sent, and nothing is lost.
func TestAKeyringThatIsLocked(t *testing.T) {
	w, k := withKeyring(t)
	account := w.kept(time.Second)
	before := w.read()
	k.locked = true
	login := w.asAlice()
	login.NewDevice = true
	for name, do := range map[string]func() error{
		"a login": func() error {
			_, err := w.keeper.NewAttempt(keeps(login)).Begin(t.Context())
			return err
		},
		"another login of the session": func() error {
			_, err := w.keeper.NewAttempt(w.renewing(keeps(w.asAlice()))).Begin(t.Context())
			return err
		},
		"a renewal": func() error { _, err := w.keeper.Renew(t.Context(), account); return err },
		"use":       func() error { _, err := w.keeper.Open(t.Context(), account); return err },
		"a logout":  func() error { _, err := w.keeper.End(t.Context(), account); return err },
		"a logout of all": func() error {
			_, _, err := w.keeper.EndAll(t.Context(), account)
			return err
		},
	} {
		var failed *config.KeyringError
		if err := do(); !errors.As(err, &failed) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if status, err := w.keeper.Status(t.Context(), account); status != session.StatusLocked || err == nil {
		t.Errorf("%s, %v", status, err)
	}
	if sent := w.sent(); len(sent) != 0 {
		t.Errorf("sent %v", sent)
	}
	wantTokens(t, k, "access-0", "refresh-0")
	if diff := cmp.Diff(before, w.read()); diff != "" {
		t.Error(diff)
	}
	k.locked = false
	if err := w.keeper.Forget(t.Context(), account); err != nil {
		t.Fatal(err)
	}
	wantTokens(t, k)
}

// TestR5_AKeyringThatTakesNothing: what could not be saved is not asked for.
func TestR5_AKeyringThatTakesNothing(t *testing.T) {
	w, k := withKeyring(t)
	account := w.kept(time.Second)
	k.readOnly = true
	var failed *config.KeyringError
	if _, err := w.keeper.Renew(t.Context(), account); !errors.As(err, &failed) {
		t.Errorf("got %v", err)
	}
	if sent := w.sent(); len(sent) != 0 {
		t.Errorf("sent %v", sent)
	}
	wantTokens(t, k, "access-0", "refresh-0")
}

// TestALoginThatIsCutKeepsItsStorage, for the login that finishes it.
func TestALoginThatIsCutKeepsItsStorage(t *testing.T) {
	w, _ := withKeyring(t)
	for range 2 { // a new entry, and one that is there
		w.begin(keeps(w.asAlice()))
		if account := w.account("@alice:hs.test"); !account.Pending || account.Storage != config.StorageKeyring {
			t.Errorf("%+v", account)
		}
		w.put(config.Account{UserID: "@alice:hs.test", Homeserver: w.base.String(), DeviceID: "CUT", Pending: true})
	}
}

// TestR1_R4_ARenewalInTheKeyring: of many at once one renews, and each has the new token,
// also who read the file before.
func TestR1_R4_ARenewalInTheKeyring(t *testing.T) {
	w, k := withKeyring(t)
	server := w.rotates()
	account := w.kept(time.Second)
	w.openAtOnce(account)
	if server.renewals != 1 {
		t.Errorf("%d renewals", server.renewals)
	}
	wantTokens(t, k, "access-1", "refresh-1")
	late := account
	late.ExpiresAt = time.Time{} // it was good for long, when it was read
	if opened, err := w.keeper.Open(t.Context(), late); err != nil || !holds(opened.Account.AccessToken, "access-1") {
		t.Errorf("who comes late got %v", err)
	}
}

func TestASessionInTheKeyringThatIsOver(t *testing.T) {
	w, k := withKeyring(t)
	account := w.kept(time.Second)
	w.answers(refresh, 401, `{"errcode":"M_UNKNOWN_TOKEN"}`)
	_, err := w.keeper.Open(t.Context(), account)
	var over *session.OverError
	if !errors.As(err, &over) {
		t.Errorf("got %v", err)
	}
	wantTokens(t, k)
	if after := w.account("@alice:hs.test"); after.HasSession() || after.Storage != config.StorageKeyring {
		t.Errorf("%+v", after)
	}
}

// TestAnItemThatIsGone: somebody has deleted it.
func TestAnItemThatIsGone(t *testing.T) {
	w, k := withKeyring(t)
	account := w.kept(time.Hour)
	clear(k.items)
	if _, err := w.keeper.Open(t.Context(), account); !errors.Is(err, config.ErrNoItem) {
		t.Errorf("got %v", err)
	}
	if w.sent() != nil {
		t.Errorf("sent %v", w.sent())
	}
}

// TestANewDeviceInTheKeyring ends the session before it, whose token has left the keyring.
func TestANewDeviceInTheKeyring(t *testing.T) {
	w, k := withKeyring(t)
	w.kept(time.Hour)
	l := w.renewing(keeps(w.asAlice()))
	l.NewDevice = true
	attempt := w.begin(l)
	w.answers(logout, 200, `{}`)
	if _, err := attempt.Finish(t.Context(), answerFor(t, "@alice:hs.test", attempt.Options().DeviceID)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{logout + " access-0"}, w.sent()); diff != "" {
		t.Error(diff)
	}
	wantTokens(t, k, "new-token")
}

// TestS4_ASaveIntoTheKeyringWhoseLastStepFails puts the session before back there.
func TestS4_ASaveIntoTheKeyringWhoseLastStepFails(t *testing.T) {
	for _, had := range []bool{false, true} {
		w, k := withKeyring(t)
		if had {
			w.kept(time.Hour)
		}
		before, tokens := w.load().Accounts(), k.tokens()
		l := w.renewing(keeps(w.asAlice()))
		l.NewDevice = true
		w.keeper.Store = &lateStore{w.keeper.Store, 1} // Begin's is an UpdateChecked
		attempt := w.begin(l)
		w.answers(logout, 200, `{}`)
		_, err := attempt.Finish(t.Context(), answerFor(t, "@alice:hs.test", attempt.Options().DeviceID))
		var unsaved *session.UnsavedError
		if !errors.As(err, &unsaved) || !unsaved.Fate.LoggedOut {
			t.Errorf("got %v", err)
		}
		wantTokens(t, k, tokens...)
		if diff := cmp.Diff(before, w.load().Accounts(), cmp.Comparer(secret.Value.Equal)); diff != "" {
			t.Errorf("the accounts: %s", diff)
		}
	}
}

// TestAKeyringThatFailsAfterTheLogin: the new session is ended, and told of.
func TestAKeyringThatFailsAfterTheLogin(t *testing.T) {
	w, k := withKeyring(t)
	attempt := w.begin(keeps(w.asAlice()))
	w.answers(logout, 200, `{}`)
	k.locked = true
	_, err := attempt.Finish(t.Context(), answerFor(t, "@alice:hs.test", attempt.Options().DeviceID))
	var unsaved *session.UnsavedError
	var failed *config.KeyringError
	if !errors.As(err, &unsaved) || !unsaved.Fate.LoggedOut || !errors.As(err, &failed) {
		t.Errorf("got %v", err)
	}
	if text, _ := os.ReadFile(w.path); strings.Contains(string(text), "new-token") {
		t.Errorf("the file is\n%s", text)
	}
}
