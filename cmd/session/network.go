package session

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"mxlogin/client/oauth"
	"mxlogin/client/secret"
	"mxlogin/client/transport"
	"mxlogin/cmd/choose"
	"mxlogin/config"
)

// Network is how this run reaches homeservers, by the settings in force.
type Network struct {
	Timeout   time.Duration // of one request
	MaxWait   time.Duration // for rate limits
	UserAgent string
	CAFile    string
	AllowHTTP []string

	// What gave the two above, for a person: a flag, a variable or a line of the file; ""
	// for none. One that is given empty takes off what an account remembers.
	CAFileFrom, AllowHTTPFrom string

	Metadata     *oauth.Cache                // of what homeservers say of their authorization servers
	Lookup       func(string) (string, bool) // of the environment, for proxies; nil: there are none
	Clock        oauth.Clock                 // for waits that an authorization server asks for
	RoundTripper http.RoundTripper           // nil: one for the authorities in force
	Hide         func(secret.Value)          // gets every secret that is about to be sent
	WaitOut      func(context.Context, transport.Wait) error
	OnTrace      func(transport.Trace) // nil: no trace
	OnSlow       func(transport.Slow)
}

// Connection is how one homeserver is reached, and what an account made by it has
// to remember.
type Connection struct {
	Transport *transport.Client
	Metadata  *oauth.Cache
	Clock     oauth.Clock
	CAFile    string
	AllowHTTP []string

	plain []transport.HTTPHost // AllowHTTP, read
}

// For makes the connection to a homeserver by what the account that is saved for
// it remembers; nil is none.
func (n Network) For(account *config.Account) (Connection, error) {
	c := Connection{Metadata: n.Metadata, Clock: n.Clock, CAFile: n.CAFile, AllowHTTP: slices.Clone(n.AllowHTTP)}
	caFileFrom := n.CAFileFrom
	var err error
	if c.plain, err = parseHTTPHosts(n.AllowHTTPFrom, n.AllowHTTP); err != nil {
		return Connection{}, err
	}
	if account != nil {
		if n.CAFileFrom == "" {
			c.CAFile, caFileFrom = account.CAFile, "ca_file of account "+account.Name
		}
		if err := c.addHTTPHosts(*account, n.AllowHTTPFrom != "" && len(n.AllowHTTP) == 0); err != nil {
			return Connection{}, err
		}
	}
	if n.Lookup != nil {
		if err := transport.CheckProxies(n.Lookup); err != nil {
			return Connection{}, err
		}
	}
	roots, err := readAuthorities(caFileFrom, c.CAFile)
	if err != nil {
		return Connection{}, err
	}
	c.Transport = transport.New(transport.Options{
		Timeout:      n.Timeout,
		MaxWait:      n.MaxWait,
		UserAgent:    n.UserAgent,
		RootCAs:      roots,
		AllowHTTP:    c.plain,
		RoundTripper: n.RoundTripper,
		OnBind:       n.Hide,
		WaitOut:      n.WaitOut,
		OnTrace:      n.OnTrace,
		OnSlow:       n.OnSlow,
	})
	return c, nil
}

// addHTTPHosts adds the hosts that the account remembers, unless they are taken off.
func (c *Connection) addHTTPHosts(account config.Account, takenOff bool) error {
	if takenOff {
		return nil
	}
	remembered, err := parseHTTPHosts("allow_http of account "+account.Name, account.AllowHTTP)
	if err != nil {
		return err
	}
	c.plain = append(c.plain, remembered...)
	c.AllowHTTP = append(c.AllowHTTP, account.AllowHTTP...)
	slices.Sort(c.AllowHTTP)
	c.AllowHTTP = slices.Compact(c.AllowHTTP)
	return nil
}

// CheckCAFile holds that a file has certificate authorities in it, and returns its
// absolute path: the next command may run elsewhere, where another file has the same
// relative one. No path is none. Errors call the file ca_file, as the config file does.
func CheckCAFile(path string) (string, error) {
	if path == "" {
		return "", nil
	}
	if _, err := readAuthorities("ca_file", path); err != nil {
		return "", err
	}
	absolute, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("ca_file: %w", err)
	}
	return absolute, nil
}

// CheckAllowHTTP reads a list of hosts to which plain http is allowed, with commas
// between them.
func CheckAllowHTTP(list string) ([]string, error) {
	if list == "" {
		return nil, nil
	}
	hosts := strings.Split(list, ",")
	for i := range hosts {
		hosts[i] = strings.TrimSpace(hosts[i])
	}
	_, err := parseHTTPHosts("allow_http", hosts)
	return hosts, err
}

// readAuthorities adds the certificates of a PEM file to the system's. Errors call the
// file from.
func readAuthorities(from, path string) (*x509.CertPool, error) {
	if path == "" {
		return nil, nil //nolint:nilnil // no pool means the system's
	}
	pem, err := readCertificates(from, path)
	if err != nil {
		return nil, err
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(pem) {
		return nil, noCertificate(from, pem)
	}
	return pool, nil
}

// maxCertificates bounds the file of --ca-file in bytes.
const maxCertificates = 4 << 20

// readCertificates reads a regular file: others may have no end. Its errors hold no path,
// which may be a secret in the wrong place. A byte order mark is skipped.
func readCertificates(from, path string) ([]byte, error) {
	refuse := func(reason any, err error) error {
		return &choose.UsageError{Message: fmt.Sprintf("the file named by %s cannot be read: %v", from, reason), Err: err}
	}
	file, err := os.Open(path)
	if err != nil {
		reason := err
		if named := (*fs.PathError)(nil); errors.As(err, &named) {
			reason = named.Err
		}
		return nil, refuse(reason, err)
	}
	defer func() { _ = file.Close() }()
	if info, err := file.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, refuse("it is not a regular file", err)
	}
	pem, err := io.ReadAll(io.LimitReader(file, maxCertificates+1))
	switch {
	case err != nil:
		return nil, refuse("the disk failed", err)
	case len(pem) > maxCertificates:
		return nil, refuse("it is larger than 4 MiB", nil)
	}
	return bytes.TrimPrefix(pem, []byte("\ufeff")), nil
}

// noCertificate says what a file holds that has no certificate in PEM form.
func noCertificate(from string, content []byte) error {
	err := &choose.UsageError{Message: "the file named by " + from + " has no certificate in PEM form"}
	switch {
	case bytes.Contains(content, []byte("PRIVATE KEY-----")):
		err.Hint = "it holds a private key; give the authority's certificate"
	case bytes.HasPrefix(content, []byte{0x30, 0x82}):
		err.Hint = "it is in DER form; make it PEM: openssl x509 -inform der -in FILE -out ca.pem"
	case bytes.Contains(content, []byte("BEGIN CERTIFICATE")):
		err.Hint = "its lines are indented or damaged; each must begin at the start of a line"
	}
	return err
}

// parseHTTPHosts reads hosts that from names.
func parseHTTPHosts(from string, texts []string) ([]transport.HTTPHost, error) {
	hosts := make([]transport.HTTPHost, len(texts))
	for i, text := range texts {
		host, err := transport.ParseHTTPHost(text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", from, err)
		}
		hosts[i] = host
	}
	return hosts, nil
}
