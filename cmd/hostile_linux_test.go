package cmd_test

import (
	"bytes"
	"compress/gzip"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"mxlogin/client/clienttest"
)

// maxResident is what a login may take of memory, in KiB, whatever the server does.
const maxResident = 32 << 10

// attack is a server that means no good, and how a login there may end.
type attack struct {
	name  string
	codes []int // exit codes
	play  func(net.Conn)
	http2 bool // else over TCP and over TLS
}

// goodAnswer is what a homeserver would say, with a token.
func goodAnswer(token string) string {
	return `{"user_id":"@alice:hs.test","access_token":"` + token + `","device_id":"DEVICE"}`
}

// answers makes an attack of one text after the request.
func answers(text string) func(net.Conn) {
	return clienttest.AfterRequest(func(w io.Writer) { _, _ = io.WriteString(w, text) })
}

// floods makes an attack that begins with a text and goes on with another until the
// client has had enough.
func floods(begin, more string) func(net.Conn) {
	return clienttest.AfterRequest(func(w io.Writer) { flood(w, begin, more) })
}

func flood(w io.Writer, begin, more string) {
	if _, err := io.WriteString(w, begin); err != nil {
		return
	}
	block := []byte(strings.Repeat(more, max(1, 16<<10/len(more))))
	for {
		if _, err := w.Write(block); err != nil {
			return
		}
	}
}

// drips makes an attack that begins with a text and goes on byte by byte.
func drips(begin string) func(net.Conn) {
	return clienttest.AfterRequest(func(w io.Writer) {
		_, err := io.WriteString(w, begin)
		for tick := time.NewTicker(50 * time.Millisecond); err == nil; {
			<-tick.C
			_, err = io.WriteString(w, "x")
		}
	})
}

// floods2 is a flood of one frame of HTTP/2 after the request.
func floods2(begin func(stream uint32) []byte, more func(stream uint32) []byte) func(net.Conn) {
	return clienttest.AfterHTTP2Request(func(w io.Writer, stream uint32) {
		flood(w, string(begin(stream)), string(more(stream)))
	})
}

func frame(kind byte, payload []byte) func(uint32) []byte {
	return func(stream uint32) []byte {
		if kind == clienttest.FrameSettings || kind == clienttest.FramePing || kind == clienttest.FrameGoAway {
			stream = 0
		}
		return clienttest.Frame(kind, 0, stream, payload)
	}
}

func gzipped(size int) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	for range size >> 20 {
		_, _ = w.Write(make([]byte, 1<<20))
	}
	_ = w.Close()
	return b.String()
}

// attacks are the cases of hostile answers, by their ids.
func attacks(token string) []attack {
	const ok = "HTTP/1.1 200 OK\r\n"
	good := goodAnswer(token)
	bomb := gzipped(200 << 20)
	keys := strings.Builder{}
	for i := range 80_000 {
		fmt.Fprintf(&keys, `"k%d":%d,`, i, i)
	}
	// A literal header field: "x" and 16,000 times "a".
	field := append([]byte{0x00, 0x01, 'x', 0x7f, 0x81, 0x7c}, bytes.Repeat([]byte("a"), 16_000)...)
	none := func(uint32) []byte { return nil }
	list := []attack{
		{name: "H1 endless body", codes: []int{7}, play: floods(ok+"\r\n", "x")},
		{name: "H1 endless chunks", codes: []int{7}, play: floods(ok+"Transfer-Encoding: chunked\r\n\r\n", "4\r\nabcd\r\n")},
		{name: "H2 a body of 10 GiB", codes: []int{7}, play: floods(ok+"Content-Length: 10737418240\r\n\r\n", "x")},
		{name: "H3 a drip", codes: []int{5}, play: drips(ok + "\r\n")},
		{name: "H4 headers that drip", codes: []int{5}, play: drips(ok + "X: ")},
		{name: "H4 endless headers", codes: []int{7}, play: floods(ok, "X: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n")},
		{name: "H4 one endless header", codes: []int{7}, play: floods(ok+"X: ", "a")},
		{name: "H4 endless trailers", codes: []int{5, 7}, play: floods(ok+"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n", "X: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n")},
		{name: "H4 endless 1xx", codes: []int{5, 7}, play: floods("", "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n")},
		{name: "H5 gzip bomb", codes: []int{7}, play: answers(fmt.Sprintf("%sContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%s", ok, len(bomb), bomb))},
		{name: "H7 deep nesting", codes: []int{7}, play: answers(ok + "Connection: close\r\n\r\n" + strings.Repeat("[", 100_000))},
		{name: "H8 many keys", codes: []int{7}, play: answers(ok + "Connection: close\r\n\r\n{" + keys.String() + `"end":1}`)},
		{name: "H43 413", codes: []int{2}, play: answers("HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\n\r\n{}")},
		{name: "H43 414", codes: []int{2}, play: answers("HTTP/1.1 414 URI Too Long\r\nContent-Length: 0\r\n\r\n")},
		{name: "H43 431", codes: []int{2}, play: answers("HTTP/1.1 431 Request Header Fields Too Large\r\nConnection: close\r\n\r\n<html>")},
		{name: "H46 a cut", codes: []int{5}, play: answers(fmt.Sprintf("%sContent-Length: %d\r\n\r\n%s", ok, len(good)+1, good))},
		{name: "H46 a bad chunk", codes: []int{5}, play: answers(ok + "Transfer-Encoding: chunked\r\n\r\nzz\r\n" + good)},
		{name: "H46 a chunk of 2^64", codes: []int{5}, play: answers(ok + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n" + good)},
		{name: "H47 nothing", codes: []int{5}, play: answers("")},
		{name: "H49 HTTP/0.9", codes: []int{5}, play: answers(good)},
		{name: "H49 an SSH banner", codes: []int{5}, play: func(c net.Conn) { _, _ = io.WriteString(c, "SSH-2.0-\x1b]0;x\x07\r\n"); _, _ = io.Copy(io.Discard, c) }},
		{name: "H49 101", codes: []int{7}, play: answers("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n")},
		{name: "H49 a bad status", codes: []int{5}, play: answers("HTTP/1.1 99999 OK\r\n\r\n" + good)},
		{name: "H49 two lengths", codes: []int{5}, play: answers(ok + "Content-Length: 3\r\nContent-Length: 4\r\n\r\n" + good)},

		{name: "H49 GOAWAY", http2: true, codes: []int{5}, play: floods2(frame(clienttest.FrameGoAway, make([]byte, 8)), frame(clienttest.FramePing, make([]byte, 8)))},
		{name: "H49 RST_STREAM", http2: true, codes: []int{5}, play: clienttest.AfterHTTP2Request(func(w io.Writer, stream uint32) {
			_, _ = w.Write(clienttest.Frame(clienttest.FrameReset, 0, stream, []byte{0, 0, 0, 2}))
		})},
		{name: "H49 a flood of SETTINGS", http2: true, codes: []int{5}, play: floods2(none, frame(clienttest.FrameSettings, nil))},
		{name: "H49 a flood of PING", http2: true, codes: []int{5}, play: floods2(none, frame(clienttest.FramePing, make([]byte, 8)))},
		{name: "H49 a flood of CONTINUATION", http2: true, codes: []int{5, 7}, play: floods2(frame(clienttest.FrameHeaders, field), frame(clienttest.FrameContinuation, field))},
		{name: "H49 a frame of 16 MiB", http2: true, codes: []int{5}, play: floods2(func(stream uint32) []byte {
			return []byte{0xff, 0xff, 0xff, clienttest.FrameHeaders, 0, 0, 0, 0, byte(stream)}
		}, func(uint32) []byte { return []byte("x") })},
	}
	for cut := range len(good) { // H46: a good answer, ended at every byte
		list = append(list, attack{name: fmt.Sprintf("H46 cut at %d", cut), codes: []int{5}, play: answers(fmt.Sprintf("%sContent-Length: %d\r\n\r\n%s", ok, len(good), good[:cut]))})
	}
	return list
}

// TestHostileServers_H1_H2_H3_H4_H5_H7_H8_H43_H46_H47_H49 has the program as it is
// installed log in at servers that mean no good. Each login ends in time, with its exit
// code, one line, nothing kept and little memory.
func TestHostileServers_H1_H2_H3_H4_H5_H7_H8_H43_H46_H47_H49(t *testing.T) {
	token := clienttest.NewCanary("tok").String()
	ca, err := clienttest.NewCA()
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := ca.Certificate()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range attacks(token) {
		over := []*tls.Config{nil, {Certificates: []tls.Certificate{certificate}}}
		switch {
		case a.http2:
			over = []*tls.Config{{Certificates: []tls.Certificate{certificate}, NextProtos: []string{"h2"}}}
		case strings.HasPrefix(a.name, "H46 cut at"):
			over = over[:1]
		}
		for _, config := range over {
			name := a.name
			if config != nil {
				name += " over TLS"
			}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				victim := newVictim(t, ca)
				server, err := clienttest.StartHostile(t.Context(), config, a.play)
				if err != nil {
					t.Fatal(err)
				}
				defer server.Close()
				run := victim.logIn(t, server.URL())
				if !slices.Contains(a.codes, run.code) {
					t.Errorf("exit code %d, want one of %v", run.code, a.codes)
				}
				victim.check(t, run, token)
			})
		}
	}
}

// victim is somebody who logs in at a server that means no good.
type victim struct {
	dir, password string
	environ       []string
	started       time.Time
	resident      int // KiB, at most
}

func newVictim(t *testing.T, ca *clienttest.CA) *victim {
	t.Helper()
	v := &victim{dir: t.TempDir(), password: clienttest.NewCanary("pw").String()}
	for name, text := range map[string][]byte{"pw": []byte(v.password), "ca.pem": ca.PEM()} {
		if err := os.WriteFile(filepath.Join(v.dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return v
}

// patience is the time of one request.
const patience = time.Second

func (v *victim) logIn(t *testing.T, url string, args ...string) ended {
	t.Helper()
	program, err := installed.path()
	if err != nil {
		t.Fatal(err)
	}
	args = append([]string{
		"password", "@alice:hs.test", "--homeserver", url, "--skip-flows", "--password-file", "pw", "--ca-file", "ca.pem",
		"--timeout", patience.String(), "--max-wait", "1s", "--config", "config.yaml",
	}, args...)
	command := exec.CommandContext(t.Context(), program, args...)
	command.Dir = v.dir
	command.Env = append([]string{"HOME=" + v.dir}, v.environ...)
	v.started = time.Now()
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = command.Wait() // how it ended is in its state
	}()
	v.resident = peak(command.Process.Pid, ended)
	return endedAs(command, stdout.String(), stderr.String())
}

// peak follows a process until it has ended and returns the most memory, in KiB, that was
// resident. What the kernel says of a process that has ended counts in its parent, which
// it was a part of at first.
func peak(pid int, ended <-chan struct{}) (most int) {
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ended:
			return most
		case <-tick.C:
		}
		status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid)) // it may have ended meanwhile
		_, rest, _ := strings.Cut(string(status), "VmHWM:")
		number, _, _ := strings.Cut(strings.TrimSpace(rest), " ")
		if resident, err := strconv.Atoi(number); err == nil {
			most = max(most, resident)
		}
	}
}

// check is what holds for every login that was answered badly.
func (v *victim) check(t *testing.T, run ended, token string) {
	t.Helper()
	if took := time.Since(v.started); took > patience+8*time.Second { // some for a machine that has much to do
		t.Errorf("it took %s", took)
	}
	if v.resident > maxResident {
		t.Errorf("it took %d KiB of memory", v.resident)
	}
	lines := strings.Split(strings.TrimSuffix(run.stderr, "\n"), "\n")
	if run.stdout != "" || !strings.HasPrefix(lines[0], "mxlogin: ") || len(lines) > 2 || len(lines) == 2 && !strings.HasPrefix(lines[1], "hint: ") {
		t.Errorf("stdout: %q\nstderr: %s", run.stdout, run.stderr)
	}
	for i := range len(run.stderr) {
		if c := run.stderr[i]; c < ' ' && c != '\n' || c == 0x7f {
			t.Errorf("stderr has the byte %#x: %q", c, run.stderr)
		}
	}
	config, err := os.ReadFile(filepath.Join(v.dir, "config.yaml"))
	if err == nil && bytes.Contains(config, []byte("access_token")) {
		t.Errorf("a session was kept:\n%s", config)
	}
	clienttest.ScanForSecrets(t, "output and file", slices.Concat([]byte(run.stdout+run.stderr), config), v.password, token)
}

// TestH53_AProxyThatWantsMore: the message says proxy, and shows none of its password.
func TestH53_AProxyThatWantsMore(t *testing.T) {
	ca, err := clienttest.NewCA()
	if err != nil {
		t.Fatal(err)
	}
	const secret = "proxy-CANARY-PASSWORD"
	for status, want := range map[string]string{
		"407 Proxy Authentication Required": "the proxy requires a user name and a password",
		"502 Bad Gateway":                   "the proxy answered 502 instead of the server",
	} {
		proxy, err := clienttest.StartHostile(t.Context(), nil, answers("HTTP/1.1 "+status+"\r\nContent-Length: 0\r\n\r\n"))
		if err != nil {
			t.Fatal(err)
		}
		defer proxy.Close()
		victim := newVictim(t, ca)
		victim.environ = []string{"HTTPS_PROXY=http://user:" + secret + "@" + strings.TrimPrefix(proxy.URL(), "http://")}
		run := victim.logIn(t, "https://hs.test")
		if run.code != 5 || !strings.Contains(run.stderr, want) {
			t.Errorf("%s: exit code %d\n%s", status, run.code, run.stderr)
		}
		victim.check(t, run, secret)
	}
}
