package clienttest

import (
	"context"
	"crypto/rand"
	_ "embed"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

// SynapseOptions says how a Synapse is set up. The zero value is a password server
// named localhost, without rate limits, whose refreshable access tokens live five
// minutes.
type SynapseOptions struct {
	PublicURL string // where it says that it is (well_known); default its own URL

	AccessTokenLifetime time.Duration // of sessions with a refresh token; default 5 minutes

	// OAuth has all logins done by an authorization server, which takes any name; the
	// legacy login API is gone then. Of the other options PublicURL and
	// AccessTokenLifetime alone go with it.
	OAuth bool

	SessionLifetime time.Duration // at which every session ends; 0: none does
	NoRenewal       bool

	SSO        int  // identity providers that it offers, 2 at most
	SSOConfirm bool // asks "Continue to your account?" also of clients on the loopback
	GetToken   bool // mints login tokens
	JWT        bool // see [Synapse.JWT]
	AppService bool // see [AppServiceToken]
	NoPassword bool

	RateLimit bool // three logins from an address, then one in five seconds
	Approval  bool // new accounts wait for the administrator
	Closed    bool // takes no logins; [AdminContact] says why
}

// AdminContact is whom a Synapse names that takes no logins.
const AdminContact = "mailto:admin@example.org"

// Synapse is a real homeserver, v1.163.2, as a child process on 127.0.0.1. It is
// installed from PyPI into a virtual environment of its own.
type Synapse struct {
	Dir   string // its configuration, homeserver.yaml, and database
	Tools string // the programs that come with it

	url       string
	secret    string // of shared secret registration
	issuer    string // of the provider
	processes []*child
	provider  *child // among them, where there is one

	mu    sync.Mutex
	admin string // access token of an administrator, made when first needed
}

//go:embed synapse/requirements.txt
var synapseRequirements []byte

// StartSynapse starts a server, after installing it if need be, and returns when it
// answers. It runs until Stop or until ctx ends; on Linux it also ends with this
// process, however that ends. The error is [ErrMissing] where Python or, for SSO, Node
// is not there.
func StartSynapse(ctx context.Context, o SynapseOptions) (*Synapse, error) {
	python, err := installSynapse(ctx)
	if err != nil {
		return nil, err
	}
	for range startAttempts {
		var s *Synapse
		if s, err = launchSynapse(ctx, python, o); err == nil {
			return s, nil
		}
		if !errors.Is(err, errPortTaken) {
			break
		}
	}
	return nil, fmt.Errorf("start Synapse: %w", err)
}

// URL is the base URL that clients use, without a final slash.
func (s *Synapse) URL() string { return s.url }

// ServerName is the server name in its user IDs.
func (s *Synapse) ServerName() string { return synapseName }

const synapseName = "localhost"

// Log is what the server, and the identity provider, have written so far.
func (s *Synapse) Log() string {
	var log strings.Builder
	for _, process := range s.processes {
		log.WriteString(process.log.String())
	}
	return log.String()
}

// Stop ends the server and removes its files. It may be called again.
func (s *Synapse) Stop() error {
	var errs []error
	for _, process := range s.processes {
		errs = append(errs, process.stop())
	}
	if err := errors.Join(append(errs, os.RemoveAll(s.Dir))...); err != nil {
		return fmt.Errorf("stop Synapse: %w", err)
	}
	return nil
}

// IssuerURL is where the identity provider or the authorization server is; "" for none.
func (s *Synapse) IssuerURL() string { return s.issuer }

// SetProviderDown has nobody answer at the provider's port, or somebody again. Its
// sessions outlive that.
func (s *Synapse) SetProviderDown(ctx context.Context, down bool) error {
	if answersAt(ctx, s.issuer) != down {
		return nil
	}
	if err := s.provider.signal(syscall.SIGHUP); err != nil {
		return fmt.Errorf("signal the provider: %w", err)
	}
	poll := time.NewTicker(20 * time.Millisecond)
	defer poll.Stop()
	for answersAt(ctx, s.issuer) == down {
		select {
		case <-poll.C:
		case <-s.provider.done:
			return errors.New("the provider has ended")
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}

// answersAt reports whether connections to the port of a URL are taken.
func answersAt(ctx context.Context, url string) bool {
	connection, err := (&net.Dialer{}).DialContext(ctx, "tcp", portOf(url))
	if err != nil {
		return false
	}
	_ = connection.Close()
	return true
}

// installSynapse returns the Python of a virtual environment that has Synapse.
func installSynapse(ctx context.Context) (python string, err error) {
	system, err := program("python3", "python")
	if err != nil {
		return "", err
	}
	version, err := exec.CommandContext(ctx, system, "--version").Output()
	if err != nil {
		return "", fmt.Errorf("python3: %w: %w", ErrMissing, err)
	}
	// Some systems have Python without what makes a virtual environment.
	if err := exec.CommandContext(ctx, system, "-c", "import venv, ensurepip").Run(); err != nil {
		return "", fmt.Errorf("python3 with venv: %w: %w", ErrMissing, err)
	}
	dir, err := installed(ctx, "synapse", [][]byte{synapseRequirements, version, []byte(system)}, func(dir string) error {
		list := filepath.Join(dir, "requirements.txt")
		if err := os.WriteFile(list, synapseRequirements, 0o600); err != nil {
			return err
		}
		if err := runIn(ctx, dir, system, "-m", "venv", "venv"); err != nil {
			return err
		}
		return runIn(ctx, dir, filepath.Join(dir, "venv", "bin", "pip"), "install", "-q", "--disable-pip-version-check", "--only-binary=:all:", "-r", list)
	})
	return filepath.Join(dir, "venv", "bin", "python"), err
}

func launchSynapse(ctx context.Context, python string, o SynapseOptions) (s *Synapse, err error) {
	s = &Synapse{Tools: filepath.Dir(python), secret: rand.Text()}
	if s.Dir, err = os.MkdirTemp(memoryDir(), "mxlogin-synapse-"); err != nil {
		return nil, fmt.Errorf("make its directory: %w", err)
	}
	if err := s.run(ctx, python, o); err != nil {
		return nil, errors.Join(err, s.Stop())
	}
	return s, nil
}

// run starts the processes and waits until they answer. The ports have to be known
// before: the configuration names them.
func (s *Synapse) run(ctx context.Context, python string, o SynapseOptions) error {
	address, err := freeAddress()
	if err != nil {
		return err
	}
	s.url = "http://" + address
	provider := ""
	if o.SSO > 0 || o.OAuth {
		if provider, err = s.startProvider(ctx, o); err != nil {
			return err
		}
	}
	files, err := s.writeConfig(o, address, provider)
	if err != nil {
		return err
	}
	argv := []string{python, "-m", "synapse.app.homeserver"}
	for _, file := range files {
		argv = append(argv, "-c", file)
	}
	process, err := startChild(ctx, s.Dir, argv...)
	if err != nil {
		return err
	}
	s.processes = append(s.processes, process)
	if err := awaitAnswer(ctx, process, s.url+"/_matrix/client/versions"); err != nil {
		return fmt.Errorf("%w\n%s", err, s.Log())
	}
	// Another server might have been faster to take the port; only this one has the
	// secret.
	if err := s.isOurs(ctx, o); err != nil {
		return fmt.Errorf("%w: %s: %w", errPortTaken, address, err)
	}
	return nil
}

// awaitAnswer returns once a server answers at url, or with the reason why its process
// will not.
func awaitAnswer(ctx context.Context, process *child, url string) error {
	ctx, cancel := context.WithTimeoutCause(ctx, startTimeout, fmt.Errorf("not ready after %s", startTimeout))
	defer cancel()
	poll := time.NewTicker(20 * time.Millisecond)
	defer poll.Stop()
	for callJSON(ctx, "GET", url, "", nil, nil) != nil {
		select {
		case <-process.done:
			if address := portOf(url); isTaken(address) {
				return fmt.Errorf("%w: %s", errPortTaken, address)
			}
			return fmt.Errorf("ended at once: %w", process.err)
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-poll.C:
		}
	}
	return nil
}

// portOf is the address in a URL of this machine.
func portOf(url string) string {
	var port int
	if _, err := fmt.Sscanf(url, "http://127.0.0.1:%d", &port); err != nil {
		return ""
	}
	return net.JoinHostPort("127.0.0.1", fmt.Sprint(port))
}
