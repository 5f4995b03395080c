package transport_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"mxlogin/client/clienttest"
	"mxlogin/client/transport"
)

func poolOf(t *testing.T, ca *clienttest.CA) *x509.CertPool {
	t.Helper()
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(ca.PEM()) {
		t.Fatal("the authority's PEM is not read")
	}
	return pool
}

// TestQ41_TLSErrorsNameTheReason, and what the certificate has.
func TestQ41_TLSErrorsNameTheReason(t *testing.T) {
	ca, err := clienttest.NewCA()
	if err != nil {
		t.Fatal(err)
	}
	good := clienttest.NewFake(t, clienttest.FakeOptions{TLS: true, CA: ca})
	otherHost := clienttest.NewFake(t, clienttest.FakeOptions{TLS: true, CA: ca, Hosts: []string{"hs.test"}})
	plain := clienttest.NewFake(t, clienttest.FakeOptions{})
	trusting, _ := newClient(transport.Options{RootCAs: poolOf(t, ca)})
	wary, _ := newClient(transport.Options{})
	other, err := clienttest.NewCA()
	if err != nil {
		t.Fatal(err)
	}
	trustingOther, _ := newClient(transport.Options{RootCAs: poolOf(t, other)})
	cases := []struct {
		name   string
		client *transport.Client
		url    string
		want   string
	}{
		{"unknown authority", wary, good.URL(), "the certificate is signed by an authority that is not trusted here (clienttest CA), or the server does not send an intermediate certificate"},
		{"another authority", trustingOther, good.URL(), "the certificate is signed by an authority that is not trusted here (clienttest CA), or the server does not send an intermediate certificate"},
		{"other host", trusting, otherHost.URL(), "the certificate is for another host: it is for hs.test"},
		{"no TLS", trusting, "https" + plain.URL()[len("http"):], "the server does not speak TLS on this port"},
	}
	for _, c := range cases {
		_, err := c.client.Do(t.Context(), transport.Request{Method: "POST", Base: baseOf(t, c.url), Path: "/x", JSON: transport.Fields{}})
		var refused *transport.TLSError
		if !errors.As(err, &refused) || refused.Reason != c.want || refused.Host != "127.0.0.1" || refused.OwnRoots != (c.client != wary) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// TestI33_ACertificateOutOfItsTimeNamesTheClock: a machine whose clock is wrong
// sees good certificates this way.
func TestI33_ACertificateOutOfItsTimeNamesTheClock(t *testing.T) {
	for name, valid := range map[string][2]time.Time{
		"clock ahead":  {time.Now().Add(-48 * time.Hour), time.Now().Add(-24 * time.Hour)},
		"clock behind": {time.Now().Add(24 * time.Hour), time.Now().Add(48 * time.Hour)},
	} {
		certificate, pool := selfSigned(t, valid[0], valid[1])
		server := httptest.NewUnstartedServer(http.NotFoundHandler())
		server.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}}
		server.Config.ErrorLog = log.New(io.Discard, "", 0)
		server.StartTLS()
		client, _ := newClient(transport.Options{RootCAs: pool})
		_, err := client.Do(t.Context(), transport.Request{Method: "POST", Base: baseOf(t, server.URL), Path: "/x", JSON: transport.Fields{}})
		server.Close()
		var refused *transport.TLSError
		if !errors.As(err, &refused) || !strings.Contains(refused.Reason, "according to this machine's clock") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func selfSigned(t *testing.T, from, to time.Time) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: from, NotAfter: to,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(parsed)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}
