package clienttest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

// CA is a certificate authority that only the test knows. Servers that share one
// need a single CA file on the client's side.
type CA struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// TLSFiles are the PEM files of a TLS server.
type TLSFiles struct {
	CA   string // the authority, for the client to trust
	Cert string // the server's certificate
	Key  string // the server's private key
}

// NewCA makes an authority that is valid for a day.
func NewCA() (*CA, error) {
	template, err := certificateTemplate("clienttest CA")
	if err != nil {
		return nil, err
	}
	template.IsCA = true
	template.BasicConstraintsValid = true
	template.KeyUsage = x509.KeyUsageCertSign
	ca := &CA{}
	if ca.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		return nil, fmt.Errorf("make a CA key: %w", err)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, ca.key.Public(), ca.key)
	if err != nil {
		return nil, fmt.Errorf("make a CA: %w", err)
	}
	if ca.cert, err = x509.ParseCertificate(der); err != nil {
		return nil, fmt.Errorf("make a CA: %w", err)
	}
	return ca, nil
}

// PEM is the authority's certificate, for --ca-file and the like.
func (ca *CA) PEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: ca.cert.Raw})
}

// Certificate makes a server certificate for hosts, which are DNS names or IP
// addresses; without any, for the loopback.
func (ca *CA) Certificate(hosts ...string) (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("make a key: %w", err)
	}
	return ca.Faulty(key, func(*x509.Certificate) {}, hosts...)
}

// Faulty makes a certificate as [CA.Certificate] does, but for a key and for what change
// does to it before it is signed.
func (ca *CA) Faulty(key crypto.Signer, change func(*x509.Certificate), hosts ...string) (tls.Certificate, error) {
	if len(hosts) == 0 {
		hosts = []string{"127.0.0.1", "::1", "localhost"}
	}
	template, err := certificateTemplate(hosts[0])
	if err != nil {
		return tls.Certificate{}, err
	}
	template.KeyUsage = x509.KeyUsageDigitalSignature
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	for _, host := range hosts {
		if ip := net.ParseIP(host); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, host)
		}
	}
	change(template)
	der, err := x509.CreateCertificate(rand.Reader, template, ca.cert, key.Public(), ca.key)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("make a certificate for %s: %w", hosts[0], err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, nil
}

// WriteFiles makes a certificate for hosts, as [CA.Certificate] does, and writes
// ca.pem, cert.pem and key.pem into dir.
func (ca *CA) WriteFiles(dir string, hosts ...string) (TLSFiles, error) {
	cert, err := ca.Certificate(hosts...)
	if err != nil {
		return TLSFiles{}, err
	}
	key, err := x509.MarshalPKCS8PrivateKey(cert.PrivateKey)
	if err != nil {
		return TLSFiles{}, fmt.Errorf("encode the key: %w", err)
	}
	files := TLSFiles{
		CA:   filepath.Join(dir, "ca.pem"),
		Cert: filepath.Join(dir, "cert.pem"),
		Key:  filepath.Join(dir, "key.pem"),
	}
	for path, content := range map[string][]byte{
		files.CA:   ca.PEM(),
		files.Cert: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Certificate[0]}),
		files.Key:  pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}),
	} {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			return TLSFiles{}, err
		}
	}
	return files, nil
}

func certificateTemplate(name string) (*x509.Certificate, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, fmt.Errorf("choose a serial number: %w", err)
	}
	now := time.Now()
	return &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: name},
		NotBefore:    now.Add(-time.Hour),
		NotAfter:     now.Add(24 * time.Hour),
	}, nil
}
