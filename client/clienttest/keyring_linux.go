package clienttest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// Keyring is GNOME's keyring on a session bus of its own: a Secret Service whose login
// collection has a password.
type Keyring struct {
	dir    string
	daemon string
	bus    *child
	keeper *child // nil while it is not running
}

// StartKeyring starts a session bus and, on it, a keyring that is unlocked. They run until
// Stop or until ctx ends. Where one of the programs is missing the error is an ErrMissing.
func StartKeyring(ctx context.Context) (k *Keyring, err error) {
	bus, noBus := program("dbus-daemon")
	daemon, noDaemon := program("gnome-keyring-daemon")
	_, noSend := program("dbus-send")
	if err := errors.Join(noBus, noDaemon, noSend); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(memoryDir(), "mxlogin-keyring-")
	if err != nil {
		return nil, err
	}
	k = &Keyring{dir: dir, daemon: daemon}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("start the keyring: %w", err), k.Stop())
		}
	}()
	if err := k.layOut(); err != nil {
		return nil, err
	}
	if k.bus, err = startChild(ctx, dir, bus, "--config-file=bus.conf", "--nofork"); err != nil {
		return nil, err
	}
	return k, k.Unlock(ctx)
}

// busConfig is for a bus that starts nothing by itself.
const busConfig = `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path=%s/bus</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
`

func (k *Keyring) layOut() error {
	for _, name := range []string{"home", "data", "run"} {
		if err := os.Mkdir(filepath.Join(k.dir, name), 0o700); err != nil {
			return err
		}
	}
	return errors.Join(
		os.WriteFile(filepath.Join(k.dir, "bus.conf"), fmt.Appendf(nil, busConfig, k.dir), 0o600),
		os.WriteFile(filepath.Join(k.dir, "password"), []byte("of the collection"), 0o600),
	)
}

// Address is what DBUS_SESSION_BUS_ADDRESS has to be.
func (k *Keyring) Address() string { return "unix:path=" + filepath.Join(k.dir, "bus") }

// Unlock starts the keyring anew, unlocked.
func (k *Keyring) Unlock(ctx context.Context) error { return k.restart(ctx, "false", "--unlock") }

// Lock starts the keyring anew, locked. Nobody is there who could be asked to unlock it.
func (k *Keyring) Lock(ctx context.Context) error { return k.restart(ctx, "true") }

// Freeze leaves the keyring on the bus, where it answers nothing until it is started anew.
func (k *Keyring) Freeze() error { return k.keeper.signal(syscall.SIGSTOP) }

// End ends the keyring; the bus stays.
func (k *Keyring) End() error {
	if k.keeper == nil {
		return nil
	}
	keeper := k.keeper
	k.keeper = nil
	return errors.Join(keeper.signal(syscall.SIGCONT), keeper.stop())
}

// Stop ends both and removes their files.
func (k *Keyring) Stop() error {
	err := k.End()
	if k.bus != nil {
		err = errors.Join(err, k.bus.stop())
	}
	return errors.Join(err, os.RemoveAll(k.dir))
}

func (k *Keyring) restart(ctx context.Context, locked string, flags ...string) error {
	if err := k.End(); err != nil {
		return err
	}
	argv := append([]string{
		"sh", "-c", `exec "$@" <password`, "sh",
		"env", "DBUS_SESSION_BUS_ADDRESS=" + k.Address(), "HOME=" + k.dir + "/home", "XDG_DATA_HOME=" + k.dir + "/data", "XDG_RUNTIME_DIR=" + k.dir + "/run",
		k.daemon, "--foreground", "--components=secrets",
	}, flags...)
	keeper, err := startChild(ctx, k.dir, argv...)
	if err != nil {
		return err
	}
	k.keeper = keeper
	return k.await(ctx, locked)
}

// await returns once the login collection is there, and locked as it should be.
func (k *Keyring) await(ctx context.Context, locked string) error {
	ctx, cancel := context.WithTimeoutCause(ctx, startTimeout, fmt.Errorf("not ready after %s", startTimeout))
	defer cancel()
	poll := time.NewTicker(20 * time.Millisecond)
	defer poll.Stop()
	for {
		out, _ := exec.CommandContext(ctx, "dbus-send", "--bus="+k.Address(), "--print-reply", "--dest=org.freedesktop.secrets",
			"/org/freedesktop/secrets/collection/login", "org.freedesktop.DBus.Properties.Get",
			"string:org.freedesktop.Secret.Collection", "string:Locked").Output() // while it is not there, that fails
		if bytes.Contains(out, []byte("boolean "+locked)) {
			return nil
		}
		select {
		case <-k.keeper.done:
			return fmt.Errorf("ended at once: %w\n%s", k.keeper.err, k.keeper.log.String())
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-poll.C:
		}
	}
}
