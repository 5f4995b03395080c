package main

import (
	"bufio"
	"context"
	"io"
	"net"
	"testing"
	"time"
)

// TestLateCountsRoundTrips: one for the connection, one for each line that waits for
// the answer to the one before, however many pieces it comes in.
func TestLateCountsRoundTrips(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	server, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = server.Close() }()
	go func() {
		for {
			connection, err := server.Accept()
			if err != nil {
				return
			}
			go func() { _, _ = io.Copy(connection, connection) }()
		}
	}()
	address, err := startLate(ctx, server.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	client, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	answers := bufio.NewReader(client)
	for _, pieces := range [][]string{{"first\n"}, {"sec", "ond\n"}} {
		for _, piece := range pieces {
			if _, err := io.WriteString(client, piece); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := answers.ReadString('\n'); err != nil {
			t.Fatal(err)
		}
	}
	if got := roundTrips(time.Since(start)); got != 3 {
		t.Errorf("%d round trips, want 3", got)
	}
}
