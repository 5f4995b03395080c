package cmd_test

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"testing"

	"github.com/godbus/dbus/v5"
	"github.com/rogpeppe/go-internal/testscript"

	"mxlogin/client/clienttest"
)

// TestKeyring runs the scripts that keep tokens in a real Secret Service, by way of two
// more commands:
//
//	keyring HOW   start it anew, unlocked or locked; end it (away), freeze it, or take the
//	              bus away as well (no-bus)
//	items N       fail if its login collection has not N items
//	forgotten     delete them
func TestKeyring(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: no server is started")
	}
	server, err := localDendrite.start()
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, keyringScripts(t, "testdata/keyring", server))
}

// TestKeyring_Synapse does so with sessions that are renewed.
func TestKeyring_Synapse(t *testing.T) {
	needSynapse(t)
	testscript.Run(t, keyringScripts(t, "testdata/keyring-synapse", nil))
}

// keyringScripts are scripts with a keyring each.
func keyringScripts(t *testing.T, dir string, server *clienttest.Dendrite) testscript.Params {
	params := scripts(t, dir, server)
	setUp := params.Setup
	params.Setup = func(env *testscript.Env) error {
		keyring, err := clienttest.StartKeyring(context.Background())
		if errors.Is(err, clienttest.ErrMissing) {
			clienttest.Skip(t, err.Error())
		}
		if err != nil {
			return err
		}
		env.Values[currentKeyring{}] = keyring
		env.Setenv("DBUS_SESSION_BUS_ADDRESS", keyring.Address())
		env.Defer(func() {
			if err := keyring.Stop(); err != nil {
				t.Error(err)
			}
		})
		return setUp(env)
	}
	params.Cmds["keyring"] = scriptKeyring
	params.Cmds["items"] = func(ts *testscript.TestScript, _ bool, args []string) {
		want, err := strconv.Atoi(args[0])
		ts.Check(err)
		if items := itemsOf(ts); len(items) != want {
			ts.Fatalf("the keyring has %d items, want %d", len(items), want)
		}
	}
	params.Cmds["forgotten"] = func(ts *testscript.TestScript, _ bool, _ []string) {
		for _, item := range itemsOf(ts) {
			ts.Check(item.Call("org.freedesktop.Secret.Item.Delete", 0).Err)
		}
	}
	return params
}

// currentKeyring is the key of the keyring of a script.
type currentKeyring struct{}

func scriptKeyring(ts *testscript.TestScript, _ bool, args []string) {
	keyring := ts.Value(currentKeyring{}).(*clienttest.Keyring)
	ts.Setenv("DBUS_SESSION_BUS_ADDRESS", keyring.Address())
	switch args[0] {
	case "unlocked":
		ts.Check(keyring.Unlock(context.Background()))
	case "locked":
		ts.Check(keyring.Lock(context.Background()))
	case "away":
		ts.Check(keyring.End())
	case "frozen":
		ts.Check(keyring.Freeze())
	case "no-bus":
		ts.Setenv("DBUS_SESSION_BUS_ADDRESS", keyring.Address()+"-that-is-not-there")
	default:
		ts.Fatalf("unknown: keyring %s", args[0])
	}
}

// itemsOf are those of the login collection.
func itemsOf(ts *testscript.TestScript) []dbus.BusObject {
	bus, err := dbus.Connect(ts.Value(currentKeyring{}).(*clienttest.Keyring).Address())
	ts.Check(err)
	ts.Defer(func() { _ = bus.Close() })
	property, err := bus.Object("org.freedesktop.secrets", "/org/freedesktop/secrets/collection/login").
		GetProperty("org.freedesktop.Secret.Collection.Items")
	ts.Check(err)
	var items []dbus.BusObject
	for _, path := range property.Value().([]dbus.ObjectPath) {
		items = append(items, bus.Object("org.freedesktop.secrets", path))
	}
	return items
}

// TestGuideKeyring runs docs/guides/keyring.md in one home.
func TestGuideKeyring(t *testing.T) {
	world := newGuideWorld(t)
	keyring, err := clienttest.StartKeyring(t.Context())
	if errors.Is(err, clienttest.ErrMissing) {
		clienttest.Skip(t, err.Error())
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := keyring.Stop(); err != nil {
			t.Error(err)
		}
	})
	commands := strings.Join(blocks(t, readText(t, "../docs/guides/keyring.md"), "sh"), "") + "mxlogin accounts -o json\nmxlogin logout\n"
	run := world.sh(t, commands, "MXLOGIN_PASSWORD="+world.alicePassword, "DBUS_SESSION_BUS_ADDRESS="+keyring.Address())
	if run.code != 0 || !strings.Contains(run.stdout, `"storage":"keyring"`) || !strings.Contains(run.stdout, "Logged out") {
		t.Errorf("exit code %d\n%s%s", run.code, run.stdout, run.stderr)
	}
}
