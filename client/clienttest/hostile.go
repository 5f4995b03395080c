package clienttest

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/http"
	"sync/atomic"
)

// Hostile is a server that speaks bytes: what it does with a connection is up to the
// attack that it plays.
type Hostile struct {
	*listening
	scheme      string
	connections atomic.Int64
}

// StartHostile starts a server on the loopback that plays attack on each connection, which
// is closed when attack returns. With a config it speaks TLS.
func StartHostile(ctx context.Context, config *tls.Config, attack func(net.Conn)) (*Hostile, error) {
	listening, err := listen(ctx)
	if err != nil {
		return nil, err
	}
	h := &Hostile{listening: listening, scheme: "http"}
	serve := attack
	if config != nil {
		h.scheme, serve = "https", overTLS(config, attack)
	}
	go h.acceptAll(func(net.Conn) { h.connections.Add(1) }, serve)
	return h, nil
}

// URL is where the server is.
func (h *Hostile) URL() string { return h.scheme + "://" + h.addr() }

// Connections is how many connections there have been.
func (h *Hostile) Connections() int { return int(h.connections.Load()) }

// Close ends the server and all connections.
func (h *Hostile) Close() { h.close() }

func overTLS(config *tls.Config, attack func(net.Conn)) func(net.Conn) {
	return func(connection net.Conn) {
		secured := tls.Server(connection, config)
		if err := secured.Handshake(); err == nil {
			attack(secured)
			_ = secured.Close()
		}
	}
}

// AfterRequest makes an attack that reads one HTTP/1.1 request before it answers.
func AfterRequest(answer func(io.Writer)) func(net.Conn) {
	return func(connection net.Conn) {
		request, err := http.ReadRequest(bufio.NewReader(connection))
		if err != nil {
			return
		}
		_, _ = io.Copy(io.Discard, request.Body)
		answer(connection)
	}
}

// The frames of HTTP/2 that attacks are made of.
//
// RFC 9113, 6.
const (
	FrameHeaders      = 0x1
	FrameReset        = 0x3
	FrameSettings     = 0x4
	FramePing         = 0x6
	FrameGoAway       = 0x7
	FrameContinuation = 0x9
)

// Frame is one frame of HTTP/2.
func Frame(kind, flags byte, stream uint32, payload []byte) []byte {
	frame := binary.BigEndian.AppendUint32(nil, uint32(len(payload))<<8|uint32(kind))
	frame = append(frame, flags)
	frame = binary.BigEndian.AppendUint32(frame, stream)
	return append(frame, payload...)
}

// AfterHTTP2Request makes an attack on the stream of the first request. What comes after
// that request is read and dropped meanwhile.
func AfterHTTP2Request(attack func(w io.Writer, stream uint32)) func(net.Conn) {
	return func(connection net.Conn) {
		stream, err := openHTTP2(connection)
		if err != nil {
			return
		}
		go func() { _, _ = io.Copy(io.Discard, connection) }()
		attack(connection, stream)
	}
}

// openHTTP2 reads up to the headers of a request and returns its stream.
func openHTTP2(connection net.Conn) (stream uint32, err error) {
	const preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
	if _, err := io.CopyN(io.Discard, connection, int64(len(preface))); err != nil {
		return 0, err
	}
	if _, err := connection.Write(Frame(FrameSettings, 0, 0, nil)); err != nil {
		return 0, err
	}
	for range 100 {
		var head [9]byte
		if _, err := io.ReadFull(connection, head[:]); err != nil {
			return 0, err
		}
		length := int64(head[0])<<16 | int64(head[1])<<8 | int64(head[2])
		if _, err := io.CopyN(io.Discard, connection, length); err != nil {
			return 0, err
		}
		if head[3] == FrameHeaders {
			return binary.BigEndian.Uint32(head[5:]), nil
		}
	}
	return 0, errors.New("no request came")
}
