package cmd

import (
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"mxlogin/client/transport"
	"mxlogin/cmd/output"
	"mxlogin/config"
)

// connection is how this run reaches a homeserver, and what an account made by it
// has to remember.
type connection struct {
	transport *transport.Client
	http      []transport.HTTPHost
	caFile    string
	allowHTTP []string
}

// connect makes the HTTP client by the settings in force and by what the account,
// if there is one, remembers.
func (a *App) connect(account *config.Account) (connection, error) {
	settings, err := a.Settings()
	if err != nil {
		return connection{}, err
	}
	c := connection{caFile: settings.CAFile, allowHTTP: slices.Clone(settings.AllowHTTP)}
	if account != nil {
		if c.caFile == "" {
			c.caFile = account.CAFile
		}
		c.allowHTTP = append(c.allowHTTP, account.AllowHTTP...)
		slices.Sort(c.allowHTTP)
		c.allowHTTP = slices.Compact(c.allowHTTP)
	}
	roots, err := readAuthorities(c.caFile)
	if err != nil {
		return connection{}, err
	}
	if c.http, err = parseHTTPHosts(c.allowHTTP); err != nil {
		return connection{}, err
	}
	report := a.Reporter()
	o := transport.Options{
		Timeout:      settings.Timeout,
		MaxWait:      settings.MaxWait,
		UserAgent:    "mxlogin/" + buildVersion().Version,
		RootCAs:      roots,
		AllowHTTP:    c.http,
		RoundTripper: a.RoundTripper,
		WaitOut:      a.waitOut,
	}
	if settings.Verbose {
		o.OnTrace = func(t transport.Trace) { reportTrace(report, t) }
	}
	c.transport = transport.New(o)
	return c, nil
}

// readAuthorities adds the certificates of a PEM file to the system's.
func readAuthorities(path string) (*x509.CertPool, error) {
	if path == "" {
		return nil, nil //nolint:nilnil // no pool means the system's
	}
	pem, err := os.ReadFile(path)
	if err != nil {
		reason := err
		if named := (*fs.PathError)(nil); errors.As(err, &named) {
			reason = named.Err // without the path, which may be a secret in the wrong place
		}
		return nil, &UsageError{Message: fmt.Sprintf("the file of --ca-file cannot be read: %v", reason), Err: err}
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(pem) {
		return nil, &UsageError{Message: "the file of --ca-file holds no certificate in PEM form"}
	}
	return pool, nil
}

func parseHTTPHosts(texts []string) ([]transport.HTTPHost, error) {
	hosts := make([]transport.HTTPHost, len(texts))
	for i, text := range texts {
		host, err := transport.ParseHTTPHost(text)
		if err != nil {
			return nil, fmt.Errorf("allow_http: %w", err)
		}
		hosts[i] = host
	}
	return hosts, nil
}

func reportTrace(report *output.Reporter, t transport.Trace) {
	line := output.TraceLine{Method: t.Method, Origin: t.Origin, Path: t.Path, Status: t.Status, Duration: t.Duration}
	for _, field := range t.Fields {
		line.Fields = append(line.Fields, [2]string{field.Name, field.Value})
	}
	if t.Err != nil {
		line.Err = strings.TrimPrefix(t.Err.Error(), t.Method+" "+t.Origin+t.Path+": ")
	}
	report.Trace(line)
}
