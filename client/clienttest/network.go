package clienttest

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"net/url"
	"strings"
)

// Network is an internet with one server, which speaks TLS and has several names.
type Network struct {
	Fake *Fake
	// RoundTripper reaches the server by its names, and nothing else.
	RoundTripper http.RoundTripper

	proxy *ConnectProxy
}

// StartNetwork starts a network whose server goes by rules, in the form of [Fake.Load].
func StartNetwork(ctx context.Context, rules string, names ...string) (*Network, error) {
	ca, err := NewCA()
	if err != nil {
		return nil, err
	}
	fake, err := StartFake(ctx, FakeOptions{TLS: true, CA: ca, Hosts: names})
	if err != nil {
		return nil, err
	}
	network := &Network{Fake: fake}
	if err := network.connect(ctx, ca, rules, names); err != nil {
		network.Close()
		return nil, err
	}
	return network, nil
}

func (n *Network) connect(ctx context.Context, ca *CA, rules string, names []string) error {
	if err := n.Fake.Load([]byte(rules)); err != nil {
		return err
	}
	routes := map[string]string{}
	for _, name := range names {
		routes[name+":443"] = strings.TrimPrefix(n.Fake.URL(), "https://")
	}
	proxy, err := StartConnectProxy(ctx, routes)
	if err != nil {
		return err
	}
	n.proxy = proxy
	address, err := url.Parse(proxy.URL())
	if err != nil {
		return err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(ca.PEM())
	n.RoundTripper = &http.Transport{Proxy: http.ProxyURL(address), TLSClientConfig: &tls.Config{RootCAs: roots}}
	return nil
}

// Close stops the server and the way to it.
func (n *Network) Close() {
	if n.proxy != nil {
		n.proxy.Close()
	}
	n.Fake.Close()
}
