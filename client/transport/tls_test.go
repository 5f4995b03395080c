package transport_test

import (
	"crypto/x509"
	"errors"
	"testing"

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

func TestTLSErrorsNameTheReason(t *testing.T) {
	ca, err := clienttest.NewCA()
	if err != nil {
		t.Fatal(err)
	}
	good := clienttest.NewFake(t, clienttest.FakeOptions{TLS: true, CA: ca})
	otherHost := clienttest.NewFake(t, clienttest.FakeOptions{TLS: true, CA: ca, Hosts: []string{"hs.test"}})
	plain := clienttest.NewFake(t, clienttest.FakeOptions{})
	trusting, _ := newClient(transport.Options{RootCAs: poolOf(t, ca)})
	wary, _ := newClient(transport.Options{})
	cases := []struct {
		name   string
		client *transport.Client
		url    string
		want   string
	}{
		{"unknown authority", wary, good.URL(), "the certificate is signed by an authority that is not trusted here"},
		{"other host", trusting, otherHost.URL(), "the certificate is for another host"},
		{"no TLS", trusting, "https" + plain.URL()[len("http"):], "the server does not speak TLS on this port"},
	}
	for _, c := range cases {
		_, err := c.client.Do(t.Context(), transport.Request{Method: "POST", Base: baseOf(t, c.url), Path: "/x", JSON: transport.Fields{}})
		var tls *transport.TLSError
		if !errors.As(err, &tls) || tls.Reason != c.want || tls.Host != "127.0.0.1" {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}
