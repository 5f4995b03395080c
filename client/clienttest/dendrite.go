package clienttest

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// WellKnownSelf as DendriteOptions.WellKnown stands for the server's own URL,
// which nobody knows before it runs.
const WellKnownSelf = "self"

// DendriteOptions says how a Dendrite is set up. The zero value is a password
// server named localhost, without rate limits.
type DendriteOptions struct {
	ServerName  string     // in user IDs; default localhost
	RateLimit   *RateLimit // nil: none
	WellKnown   string     // base_url of /.well-known/matrix/client, or WellKnownSelf; empty: 404
	BcryptCost  int        // default 4, the least; 10 is what servers use, and costs 60 ms a login
	AppServices []string   // paths of application service registrations
	TLS         *TLSFiles  // nil: plain http
	Progress    io.Writer  // told when Dendrite has to be built first; may be nil
	Dir         string     // its files, kept after Stop; default a new directory, removed by Stop
}

// RateLimit is Dendrite's: each client, that is each TCP connection, has
// Threshold slots, and a request takes one for Cooloff. With a Threshold of 0
// every request to a limited endpoint is answered 429, also those of
// [Dendrite.Devices].
type RateLimit struct {
	Threshold int
	Cooloff   time.Duration // to the millisecond
}

// Dendrite is a real homeserver, v0.15.2, as a child process on 127.0.0.1.
type Dendrite struct {
	ServerName string
	Dir        string // its configuration and databases

	process   *child
	tools     dendriteTools
	plainURL  string // http, also where TLS is on
	tlsURL    string // empty without TLS
	secret    string // of shared secret registration
	identity  string // a name that only this server answers with
	temporary bool   // Dir goes with the server
}

const (
	startAttempts = 5
	startTimeout  = 30 * time.Second
	readyPoll     = 5 * time.Millisecond
)

// errPortTaken says that another process took the port before Dendrite did.
var errPortTaken = errors.New("port taken")

// StartDendrite starts a server, after building it if need be, and returns when
// it answers. It runs until Stop or until ctx ends; on Linux it also ends with
// this process, however that ends.
func StartDendrite(ctx context.Context, o DendriteOptions) (*Dendrite, error) {
	tools, err := buildDendrite(ctx, o.Progress)
	if err != nil {
		return nil, err
	}
	for range startAttempts {
		var d *Dendrite
		if d, err = launchDendrite(ctx, tools, o); err == nil {
			return d, nil
		}
		if !errors.Is(err, errPortTaken) {
			break
		}
	}
	return nil, fmt.Errorf("start Dendrite: %w", err)
}

// URL is the base URL that clients use, without a final slash.
func (d *Dendrite) URL() string {
	if d.tlsURL != "" {
		return d.tlsURL
	}
	return d.plainURL
}

// Log is what the server has written so far.
func (d *Dendrite) Log() string {
	return d.process.log.String()
}

// Stop ends the server and removes its files, unless DendriteOptions.Dir named
// their place. A server that does not end within 5 s is killed, which is an
// error. Stop may be called again.
func (d *Dendrite) Stop() error {
	err := d.process.stop()
	if d.temporary {
		err = errors.Join(err, os.RemoveAll(d.Dir))
	}
	if err != nil {
		return fmt.Errorf("stop Dendrite: %w", err)
	}
	return nil
}

func launchDendrite(ctx context.Context, tools dendriteTools, o DendriteOptions) (d *Dendrite, err error) {
	d = &Dendrite{
		ServerName: o.ServerName,
		Dir:        o.Dir,
		tools:      tools,
		secret:     rand.Text(),
		identity:   strings.ToLower(rand.Text()) + ".invalid:443",
	}
	if d.ServerName == "" {
		d.ServerName = "localhost"
	}
	if d.Dir == "" {
		d.temporary = true
		if d.Dir, err = os.MkdirTemp(memoryDir(), "mxlogin-dendrite-"); err != nil {
			return nil, fmt.Errorf("make its directory: %w", err)
		}
	}
	if err := d.runAtFreePorts(ctx, o); err != nil {
		if d.temporary {
			err = errors.Join(err, os.RemoveAll(d.Dir))
		}
		return nil, err
	}
	return d, nil
}

// runAtFreePorts chooses the addresses: one for http, which Dendrite never goes
// without, and one for TLS.
func (d *Dendrite) runAtFreePorts(ctx context.Context, o DendriteOptions) error {
	plain, err := freeAddress()
	if err != nil {
		return err
	}
	secure, err := freeAddress()
	if err == nil && secure == plain {
		err = fmt.Errorf("%w: %s twice", errPortTaken, plain)
	}
	if err != nil {
		return err
	}
	return d.run(ctx, o, plain, secure)
}

// run starts the process and waits until it answers at its addresses.
func (d *Dendrite) run(ctx context.Context, o DendriteOptions, plain, secure string) error {
	config := filepath.Join(d.Dir, "dendrite.yaml")
	argv := []string{d.tools.dendrite, "-config", config, "-http-bind-address", plain}
	d.plainURL = "http://" + plain
	if o.TLS != nil {
		argv = append(argv, "-https-bind-address", secure, "-tls-cert", o.TLS.Cert, "-tls-key", o.TLS.Key)
		d.tlsURL = "https://" + secure
	}
	if err := d.writeConfig(config, o); err != nil {
		return err
	}
	process, err := startChild(ctx, d.Dir, argv...)
	if err != nil {
		return err
	}
	d.process = process
	if err := d.awaitReady(ctx); err != nil {
		_ = d.process.stop()
		if isTaken(plain) || isTaken(secure) {
			return fmt.Errorf("%w: %s or %s", errPortTaken, plain, secure)
		}
		return fmt.Errorf("%w\n%s", err, d.Log())
	}
	return nil
}

// awaitReady returns once this very server answers, or with the reason why it
// will not. The answer of another server that was faster to take the port does
// not count.
func (d *Dendrite) awaitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, startTimeout, fmt.Errorf("not ready after %s", startTimeout))
	defer cancel()
	poll := time.NewTicker(readyPoll)
	defer poll.Stop()
	for !d.isReady(ctx) {
		select {
		case <-d.process.done:
			return fmt.Errorf("ended at once: %w", d.process.err)
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-poll.C:
		}
	}
	return nil
}

func (d *Dendrite) isReady(ctx context.Context) bool {
	for _, base := range []string{d.plainURL, d.tlsURL} {
		if base == "" {
			continue
		}
		var server struct {
			Name string `json:"m.server"`
		}
		if err := callJSON(ctx, "GET", base+"/.well-known/matrix/server", "", nil, &server); err != nil || server.Name != d.identity {
			return false
		}
		if err := callJSON(ctx, "GET", base+"/_matrix/client/versions", "", nil, nil); err != nil {
			return false
		}
	}
	return true
}

// memoryDir is a directory in memory, where SQLite's syncs cost nothing, or
// empty, which stands for the usual place of temporary files.
func memoryDir() string {
	const shm = "/dev/shm"
	probe, err := os.CreateTemp(shm, "mxlogin-probe-")
	if err != nil {
		return ""
	}
	_ = probe.Close()
	_ = os.Remove(probe.Name())
	return shm
}

// freeAddress is an address of the loopback where nobody listens at the moment. Its port is
// below those that systems hand out: a listener of another test, which gets one of those,
// would answer in the place of a server that is still starting.
func freeAddress() (string, error) {
	const lowest, count, tries = 20000, 12000, 100
	var err error
	for range tries {
		var random [2]byte
		_, _ = rand.Read(random[:]) // it never fails
		var l net.Listener
		address := fmt.Sprintf("127.0.0.1:%d", lowest+int(binary.BigEndian.Uint16(random[:]))%count)
		if l, err = net.Listen("tcp", address); err == nil {
			return address, l.Close()
		}
	}
	return "", fmt.Errorf("find a free port: %w", err)
}

func isTaken(address string) bool {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return true
	}
	_ = l.Close()
	return false
}
