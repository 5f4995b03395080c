package transport_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"strconv"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"mxlogin/client/clienttest"
	"mxlogin/client/transport"
)

// The types of DNS records that are asked for.
const (
	typeA    = 1
	typeAAAA = 28
)

// nameServer is the address of the server that the process asks for names, nil where it
// asks the system's. A lookup may go on after the test that it was for, so the resolver
// that reads this is there from the start and stays.
var nameServer = resolveByTest()

func resolveByTest() *atomic.Pointer[string] {
	server := new(atomic.Pointer[string])
	net.DefaultResolver = &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
		if of := server.Load(); of != nil {
			network, address = "udp", *of
		}
		return new(net.Dialer).DialContext(ctx, network, address)
	}}
	return server
}

// answerDNS has the process ask a server of the test for names. It gets the type of the
// record and returns the code of the answer and the addresses; no answer at all where
// silent.
func answerDNS(t *testing.T, answer func(kind uint16) (code byte, addresses []net.IP, silent bool)) {
	t.Helper()
	server, err := new(net.ListenConfig).ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := server.LocalAddr().String()
	nameServer.Store(&address)
	t.Cleanup(func() {
		nameServer.Store(nil)
		_ = server.Close()
	})
	go func() {
		for query := make([]byte, 1500); ; {
			n, from, err := server.ReadFrom(query)
			if err != nil {
				return
			}
			if reply := replyTo(query[:n], answer); reply != nil {
				_, _ = server.WriteTo(reply, from)
			}
		}
	}()
}

// replyTo makes the answer to a query of one question, by RFC 1035, 4.
func replyTo(query []byte, answer func(kind uint16) (byte, []net.IP, bool)) []byte {
	end := 12 + bytes.IndexByte(query[12:], 0) + 5
	kind := binary.BigEndian.Uint16(query[end-4:])
	code, addresses, silent := answer(kind)
	if silent {
		return nil
	}
	reply := append([]byte{}, query[:2]...)
	reply = append(reply, 0x81, 0x80|code, 0, 1, 0, byte(len(addresses)), 0, 0, 0, 0)
	reply = append(reply, query[12:end]...)
	for _, address := range addresses {
		if kind == typeA {
			address = address.To4()
		}
		reply = append(reply, 0xc0, 12, byte(kind>>8), byte(kind), 0, 1, 0, 0, 0, 60, 0, byte(len(address)))
		reply = append(reply, address...)
	}
	return reply
}

// only answers with addresses of one type.
func only(kind uint16, addresses ...net.IP) func(uint16) (byte, []net.IP, bool) {
	return func(asked uint16) (byte, []net.IP, bool) {
		if asked != kind {
			return 0, nil, false
		}
		return 0, addresses, false
	}
}

func TestH52_NamesThatCannotBeLookedUp(t *testing.T) {
	loopback := make([]net.IP, 70)
	for i := range loopback {
		loopback[i] = net.IPv4(127, 1, 1, byte(i+1))
	}
	cases := map[string]struct {
		answer func(uint16) (byte, []net.IP, bool)
		want   string
	}{
		"NXDOMAIN":                 {func(uint16) (byte, []net.IP, bool) { return 3, nil, false }, "no such host"},
		"SERVFAIL":                 {func(uint16) (byte, []net.IP, bool) { return 2, nil, false }, "the host name could not be looked up"},
		"no records":               {func(uint16) (byte, []net.IP, bool) { return 0, nil, false }, "no such host"},
		"silence":                  {func(uint16) (byte, []net.IP, bool) { return 0, nil, true }, "the host name was not looked up in time"},
		"70 hosts that are closed": {only(typeA, loopback...), "the connection was refused"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			answerDNS(t, c.answer)
			client := transport.New(transport.Options{Timeout: 300 * time.Millisecond})
			start := time.Now()
			_, err := client.Do(t.Context(), transport.Request{Method: "POST", Base: baseOf(t, "https://name.test:1"), Path: "/x"})
			var network *transport.NetworkError
			if !errors.As(err, &network) || network.Reason != c.want || network.Sent {
				t.Errorf("got %v", err)
			}
			if took := time.Since(start); took > 5*time.Second {
				t.Errorf("it took %s", took)
			}
		})
	}
}

// TestH52_H59_OneOfSeveralAddresses. H59: an address that swallows what is sent to it, or one of
// the old kind that there is not, does not keep from the next.
func TestH52_H59_OneOfSeveralAddresses(t *testing.T) {
	hole, port := blackHoleBesideServers(t)
	for name, answer := range map[string]func(uint16) (byte, []net.IP, bool){
		"the first is a black hole": only(typeA, hole, net.IPv4(127, 0, 0, 1)),
		"IPv6 only":                 only(typeAAAA, net.IPv6loopback),
		"IPv4 is a black hole": func(kind uint16) (byte, []net.IP, bool) {
			if kind == typeA {
				return 0, []net.IP{hole}, false
			}
			return 0, []net.IP{net.IPv6loopback}, false
		},
	} {
		t.Run(name, func(t *testing.T) {
			answerDNS(t, answer)
			http, err := transport.ParseHTTPHost("name.test")
			if err != nil {
				t.Fatal(err)
			}
			client := transport.New(transport.Options{Timeout: 4 * time.Second, AllowHTTP: []transport.HTTPHost{http}})
			resp, err := client.Do(t.Context(), transport.Request{Method: "POST", Base: baseOf(t, "http://name.test:"+port), Path: "/x"})
			if err != nil || resp.Status != 200 {
				t.Errorf("got %v", err)
			}
		})
	}
	t.Run("all are black holes", func(t *testing.T) {
		answerDNS(t, only(typeA, hole, hole, hole))
		client := transport.New(transport.Options{Timeout: 300 * time.Millisecond})
		_, err := client.Do(t.Context(), transport.Request{Method: "POST", Base: baseOf(t, "https://name.test:"+port), Path: "/x"})
		var network *transport.NetworkError
		if !errors.As(err, &network) || network.Reason != "the connection timed out" || !network.Timeout {
			t.Errorf("got %v", err)
		}
	})
}

// blackHoleBesideServers is a black hole with a port at which servers listen on the
// loopback by IPv4 and IPv6.
func blackHoleBesideServers(t *testing.T) (hole net.IP, port string) {
	t.Helper()
	for range 50 { // another process may have the port there
		hole, port = blackHole(t)
		if listenAt(t, net.JoinHostPort("127.0.0.1", port)) && listenAt(t, net.JoinHostPort("::1", port)) {
			return hole, port
		}
	}
	t.Fatal("no port is free at all of the loopback")
	return nil, ""
}

// blackHole is an address whose port takes no connection and refuses none: its queue is
// full.
func blackHole(t *testing.T) (ip net.IP, port string) {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Close(fd) })
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 2}}); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Listen(fd, 0); err != nil {
		t.Fatal(err)
	}
	name, err := syscall.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	port = strconv.Itoa(name.(*syscall.SockaddrInet4).Port)
	for range 8 {
		filler, err := net.DialTimeout("tcp", net.JoinHostPort("127.0.0.2", port), 200*time.Millisecond)
		if err != nil {
			return net.IPv4(127, 0, 0, 2), port
		}
		t.Cleanup(func() { _ = filler.Close() })
	}
	t.Fatal("the queue of a listener is never full here")
	return nil, ""
}

// listenAt answers every request at an address with 200. It reports whether the address
// was free.
func listenAt(t *testing.T, address string) bool {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", address)
	if err != nil {
		return false
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = connection.Close() }()
				clienttest.AfterRequest(func(w io.Writer) {
					_, _ = io.WriteString(w, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")
				})(connection)
			}()
		}
	}()
	return true
}
