package cmd_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"io"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mxlogin/client/clienttest"
)

// faultyTLS are servers whose certificate or whose TLS is not to be trusted, and what a
// person reads of each.
func faultyTLS(t *testing.T, ca *clienttest.CA) map[string]struct {
	config *tls.Config
	want   string
} {
	t.Helper()
	stranger, err := clienttest.NewCA()
	if err != nil {
		t.Fatal(err)
	}
	certify := func(by *clienttest.CA, key crypto.Signer, change func(*x509.Certificate), hosts ...string) *tls.Config {
		t.Helper()
		certificate, err := by.Faulty(key, change, hosts...)
		if err != nil {
			t.Fatal(err)
		}
		return &tls.Config{Certificates: []tls.Certificate{certificate}}
	}
	elliptical, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	nothing := func(*x509.Certificate) {}
	old := certify(ca, elliptical, nothing)
	old.MinVersion, old.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
	return map[string]struct {
		config *tls.Config
		want   string
	}{
		"expired": {certify(ca, elliptical, func(c *x509.Certificate) {
			c.NotBefore, c.NotAfter = time.Now().Add(-48*time.Hour), time.Now().Add(-24*time.Hour)
		}), "expired or is not valid yet"},
		"not yet valid": {certify(ca, elliptical, func(c *x509.Certificate) {
			c.NotBefore, c.NotAfter = time.Now().Add(24*time.Hour), time.Now().Add(48*time.Hour)
		}), "expired or is not valid yet"},
		"another host": {certify(ca, elliptical, nothing, "other.test"), "is for another host: it is for other.test"},
		"the name in CN only": {certify(ca, elliptical, func(c *x509.Certificate) {
			c.IPAddresses, c.DNSNames = nil, nil
			c.Subject.CommonName = "127.0.0.1"
		}), "is for another host: it names none"},
		"an unknown authority": {certify(stranger, elliptical, nothing), "signed by an authority that is not trusted here"},
		"for clients only": {certify(ca, elliptical, func(c *x509.Certificate) {
			c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
		}), "not valid for a server"},
		"signed with SHA-1": {certify(ca, elliptical, func(c *x509.Certificate) {
			c.SignatureAlgorithm = x509.ECDSAWithSHA1
		}), "the certificate is signed in a way that is not secure"},
		"RSA of 512 bits":    {certify(ca, weakKey(t), nothing), "the server ended the TLS handshake"},
		"TLS 1.0 and 1.1":    {old, "the server speaks no TLS 1.2 or later"},
		"signed by itself":   {selfSigned(t, elliptical), "signed by an authority that is not trusted here"},
		"an empty handshake": {&tls.Config{GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) { return nil, io.ErrUnexpectedEOF }}, "the server ended the TLS handshake"},
	}
}

// weakKey is a key that no certificate should have. crypto/rsa makes none of that size
// unless it is asked to.
func weakKey(t *testing.T) crypto.Signer {
	t.Helper()
	t.Setenv("GODEBUG", "rsa1024min=0")
	key, err := rsa.GenerateKey(rand.Reader, 512)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func selfSigned(t *testing.T, key crypto.Signer) *tls.Config {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
}

// TestH50_FaultyTLS: each fault has its sentence and exit code 5, and the password goes
// nowhere; no way around it is offered.
func TestH50_FaultyTLS(t *testing.T) {
	ca, err := clienttest.NewCA()
	if err != nil {
		t.Fatal(err)
	}
	for name, fault := range faultyTLS(t, ca) {
		t.Run(name, func(t *testing.T) {
			asked := make(chan struct{}, 1)
			server, err := clienttest.StartHostile(t.Context(), fault.config, func(net.Conn) { asked <- struct{}{} })
			if err != nil {
				t.Fatal(err)
			}
			defer server.Close()
			checkTLSFault(t, ca, server.URL(), fault.want)
			select {
			case <-asked:
				t.Error("the connection was trusted")
			default:
			}
		})
	}
	silent, err := clienttest.StartHostile(t.Context(), nil, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) })
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	plain, err := clienttest.StartHostile(t.Context(), nil, func(c net.Conn) {
		_, _ = io.WriteString(c, "HTTP/1.1 400 Bad Request\r\n\r\n")
		_, _ = io.Copy(io.Discard, c)
	})
	if err != nil {
		t.Fatal(err)
	}
	defer plain.Close()
	t.Run("a handshake that stalls", func(t *testing.T) {
		checkTLSFault(t, ca, "https"+strings.TrimPrefix(silent.URL(), "http"), "no answer to the TLS handshake within 1s")
	})
	t.Run("plain HTTP", func(t *testing.T) {
		checkTLSFault(t, ca, "https"+strings.TrimPrefix(plain.URL(), "http"), "the server does not speak TLS on this port")
	})
}

func checkTLSFault(t *testing.T, ca *clienttest.CA, url, want string) {
	t.Helper()
	victim := newVictim(t, ca)
	run := victim.logIn(t, url)
	if run.code != 5 || !strings.Contains(run.stderr, want) || !strings.Contains(run.stderr, url) {
		t.Errorf("exit code %d; want %q\n%s", run.code, want, run.stderr)
	}
	for _, word := range []string{"insecure", "skip", "ignore"} {
		if strings.Contains(run.stderr, word) {
			t.Errorf("it offers %q:\n%s", word, run.stderr)
		}
	}
	victim.check(t, run, "no token")
}

// TestH51_TheFileOfAuthoritiesIsReadFirst: nothing is dialled for one that is none.
func TestH51_TheFileOfAuthoritiesIsReadFirst(t *testing.T) {
	ca, err := clienttest.NewCA()
	if err != nil {
		t.Fatal(err)
	}
	server, err := clienttest.StartHostile(t.Context(), nil, func(net.Conn) {})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	for name, content := range map[string]string{
		"empty": "", "no PEM": "hello", "a key": "-----BEGIN PRIVATE KEY-----\nMAo=\n-----END PRIVATE KEY-----\n",
		"a certificate that is none": "-----BEGIN CERTIFICATE-----\nMAo=\n-----END CERTIFICATE-----\n", "missing": "-",
	} {
		t.Run(name, func(t *testing.T) {
			victim := newVictim(t, ca)
			path := filepath.Join(victim.dir, "other.pem")
			if content != "-" {
				if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			run := victim.logIn(t, server.URL(), "--ca-file", path)
			if run.code != 2 || !strings.Contains(run.stderr, "--ca-file") || server.Connections() > 0 {
				t.Errorf("exit code %d, %d connections\n%s", run.code, server.Connections(), run.stderr)
			}
			victim.check(t, run, "no token")
		})
	}
}
