package transport_test

import (
	"bufio"
	"errors"
	"net"
	"testing"
	"time"

	"mxlogin/client/transport"
)

// TestQ2_SwitchingProtocolsIsNoAnswer: after a 101 the connection belongs to nobody
// who knows a deadline, so it is closed unread.
func TestQ2_SwitchingProtocolsIsNoAnswer(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	closed := make(chan error, 1)
	go func() {
		connection, err := listener.Accept()
		if err != nil {
			closed <- err
			return
		}
		defer func() { _ = connection.Close() }()
		reader := bufio.NewReader(connection)
		for line := ""; line != "\r\n"; {
			if line, err = reader.ReadString('\n'); err != nil {
				closed <- err
				return
			}
		}
		_, _ = connection.Write([]byte("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n"))
		_ = connection.SetReadDeadline(time.Now().Add(20 * time.Second))
		_, err = reader.ReadByte()
		closed <- err
	}()

	client, _ := newClient(transport.Options{Timeout: time.Minute})
	_, err = client.Do(t.Context(), transport.Request{Method: "GET", Base: baseOf(t, "http://"+listener.Addr().String()), Path: "/"})
	var protocol *transport.ProtocolError
	if !errors.As(err, &protocol) || protocol.Status != 101 {
		t.Errorf("got %v", err)
	}
	var timeout net.Error
	if err := <-closed; err == nil || errors.As(err, &timeout) && timeout.Timeout() {
		t.Errorf("the connection was left open: %v", err)
	}
}
