package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"time"
)

// latency is how long a flight from a client takes where round trips are counted:
// so long that the work of client and server does not count.
const latency = 100 * time.Millisecond

// startLate starts a relay to a server that is far away: a new connection takes one
// latency, and so does every flight from the client. What the server says comes at
// once, so that the whole time of a run is latency times round trips. It runs until
// ctx ends and returns its address.
func startLate(ctx context.Context, server string) (address string, err error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("start a relay: %w", err)
	}
	context.AfterFunc(ctx, func() { _ = listener.Close() })
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			go relayLate(client, server)
		}
	}()
	return listener.Addr().String(), nil
}

func relayLate(client net.Conn, address string) {
	defer func() { _ = client.Close() }()
	connected := time.Now().Add(latency)
	server, err := net.Dial("tcp", address)
	if err != nil {
		return
	}
	defer func() { _ = server.Close() }()
	go func() {
		_, _ = io.Copy(client, server)
		_ = client.Close()
	}()
	for f := range flights(client) {
		due := f.arrived
		if due.Before(connected) {
			due = connected
		}
		<-time.After(time.Until(due.Add(latency)))
		if _, err := server.Write(f.bytes); err != nil {
			return
		}
	}
}

// flight is what came from a client at one time.
type flight struct {
	bytes   []byte
	arrived time.Time
}

// flights reads while others wait, so that what comes together is late only once.
func flights(client net.Conn) <-chan flight {
	read := make(chan flight, 64)
	go func() {
		defer close(read)
		for {
			buffer := make([]byte, 64<<10)
			n, err := client.Read(buffer)
			if n > 0 {
				read <- flight{buffer[:n], time.Now()}
			}
			if err != nil {
				return
			}
		}
	}()
	return read
}
