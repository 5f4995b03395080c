package callback_test

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"mxlogin/cmd/callback"
)

const good = "?loginToken=syl_of-the-test"

func listen(t *testing.T, accept callback.Accept) *callback.Receiver {
	t.Helper()
	r, err := callback.Listen(t.Context(), accept)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r
}

// answer is what the receiver says to a request.
type answer struct {
	status int
	header http.Header
	body   string
}

// ask sends a request and follows no redirect.
func ask(t *testing.T, method, address string, header map[string]string) answer {
	t.Helper()
	request, err := http.NewRequestWithContext(context.WithoutCancel(t.Context()), method, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range header {
		if name == "Host" {
			request.Host = value
		}
		request.Header.Set(name, value)
	}
	response, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{response.StatusCode, response.Header, string(body)}
}

// stillWaits fails unless the right redirect is taken now.
func stillWaits(t *testing.T, r *callback.Receiver, query string) url.Values {
	t.Helper()
	got := ask(t, "GET", r.URL()+query, nil)
	if got.status != http.StatusSeeOther {
		t.Fatalf("the right redirect is answered %d", got.status)
	}
	ask(t, "GET", base(r)+got.header.Get("Location"), nil)
	answer, err := r.Wait(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

func base(r *callback.Receiver) string {
	address, _ := url.Parse(r.URL())
	return "http://" + address.Host
}

func TestL1_ListensOnLoopbackOnly(t *testing.T) {
	r := listen(t, callback.LoginToken)
	if !regexp.MustCompile(`^http://127\.0\.0\.1:\d+/[A-Z2-7]{26}$`).MatchString(r.URL()) {
		t.Errorf("its URL is %s", r.URL())
	}
	port := base(r)[strings.LastIndex(base(r), ":")+1:]
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, address := range append(addresses, &net.IPNet{IP: net.IPv6loopback}) {
		ip := address.(*net.IPNet).IP
		if ip.String() == "127.0.0.1" {
			continue
		}
		connection, err := net.DialTimeout("tcp", net.JoinHostPort(ip.String(), port), time.Second)
		if err == nil {
			_ = connection.Close()
			t.Errorf("it listens on %s", ip)
		}
	}
}

// TestL2_L3_L4_L5_L7_L9_L10_L14_L15_L27_RequestsThatDoNotEndTheWait holds L2 to L5, L7, L9, L10, L14, L15 and L27: each gets
// the same pages whatever it holds, and the right redirect is still taken.
func TestL2_L3_L4_L5_L7_L9_L10_L14_L15_L27_RequestsThatDoNotEndTheWait(t *testing.T) {
	const ok = "&code=c&state=right"
	sso, oauth := callback.Accept(callback.LoginToken), callback.Authorization("right")
	tests := []struct {
		name   string
		accept callback.Accept
		method string
		path   string // after the URL; with a slash before it in place of the URL's path
		header map[string]string
		status int
	}{
		{"L2 wrong state", oauth, "GET", "?code=c&state=wrong", nil, 400},
		{"L2 no state", oauth, "GET", "?code=c", nil, 400},
		{"L2 empty state", oauth, "GET", "?code=c&state=", nil, 400},
		{"L2 two states", oauth, "GET", "?code=c&state=right&state=right", nil, 400},
		{"L2 a list of states", oauth, "GET", "?code=c&state[]=right", nil, 400},
		{"L3 wrong path", oauth, "GET", "/other?" + ok, nil, 404},
		{"L3 the path in part", sso, "GET", "x" + good, nil, 404},
		{"L4 favicon", sso, "GET", "/favicon.ico", nil, 404},
		{"L4 root", sso, "GET", "/" + good, nil, 404},
		{"L4 HEAD", sso, "HEAD", good, nil, 405},
		{"L4 preflight", sso, "OPTIONS", good, map[string]string{"Origin": "https://evil.test", "Access-Control-Request-Private-Network": "true"}, 405},
		{"L4 TRACE", sso, "TRACE", good, nil, 405},
		{"L5 POST", sso, "POST", good, nil, 405},
		{"L5 PUT", oauth, "PUT", "?code=c&state=right", nil, 405},
		{"L7 a script", sso, "GET", good, map[string]string{"Origin": "https://evil.test"}, 403},
		{"L7 a fetch", sso, "GET", good, map[string]string{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}, 403},
		{"L7 a frame", sso, "GET", good, map[string]string{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"}, 403},
		{"L9 an error without state", oauth, "GET", "?error=access_denied", nil, 400},
		{"L9 an error with the wrong state", oauth, "GET", "?error=access_denied&state=wrong", nil, 400},
		{"L10 code and error", oauth, "GET", "?code=c&error=e&state=right", nil, 400},
		{"L10 empty code", oauth, "GET", "?code=&state=right", nil, 400},
		{"L10 two codes", oauth, "GET", "?code=a&code=b&state=right", nil, 400},
		{"L10 a long code", oauth, "GET", "?state=right&code=" + strings.Repeat("c", 5000), nil, 400},
		{"L10 100 KiB", oauth, "GET", "?state=right&code=" + strings.Repeat("c", 100<<10), nil, 431},
		{"L10 a line end", oauth, "GET", "?state=right&code=a%0D%0Ab", nil, 400},
		{"L10 a NUL", oauth, "GET", "?state=right&code=a%00b", nil, 400},
		{"two issuers", oauth, "GET", "?state=right&code=c&iss=a&iss=b", nil, 400},
		{"L14 a script in it", oauth, "GET", "?state=wrong&error_description=%3Cscript%3Ealert(1)%3C/script%3E%22%3E%3Cimg%20onerror=x%3E+ADw-", nil, 400},
		{"L27 another parameter", sso, "GET", "?token=t", nil, 400},
		{"L27 twice", sso, "GET", good + "&loginToken=t", nil, 400},
		{"L27 10 KiB", sso, "GET", "?loginToken=" + strings.Repeat("t", 10<<10), nil, 400},
		{"L27 a broken query", sso, "GET", good + "&%zz", nil, 400},
		{"another host", sso, "GET", good, map[string]string{"Host": "evil.test"}, 421},
		{"localhost", sso, "GET", good, map[string]string{"Host": "localhost"}, 421},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := listen(t, test.accept)
			address := r.URL() + test.path
			if strings.HasPrefix(test.path, "/") {
				address = base(r) + test.path
			}
			got := ask(t, test.method, address, test.header)
			if got.status != test.status {
				t.Errorf("answered %d, want %d", got.status, test.status)
			}
			checkHeaders(t, got)
			if test.status == 421 && got.body != "" || strings.Contains(got.body, "script") || strings.Contains(got.body, "onerror") || strings.Contains(got.body, "ADw") {
				t.Errorf("the page is %q", got.body)
			}
			if query := stillWaits(t, r, good+ok); query.Get("loginToken") == "" {
				t.Errorf("got %v", query)
			}
		})
	}
}

// checkHeaders is what L15 says of every page; L4: none allows other pages anything.
func checkHeaders(t *testing.T, a answer) {
	t.Helper()
	for name, want := range map[string]string{
		"Content-Type": "text/html; charset=utf-8", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
		"Cache-Control": "no-store", "X-Frame-Options": "DENY",
	} {
		if got := a.header.Get(name); got != want {
			t.Errorf("L15: %s is %q, want %q", name, got, want)
		}
	}
	for name := range a.header {
		if strings.HasPrefix(name, "Access-Control-") {
			t.Errorf("L4: %s is there", name)
		}
	}
	style := regexp.MustCompile(`<style>(.*)</style>`).FindStringSubmatch(a.body)
	policy := a.header.Get("Content-Security-Policy")
	if style != nil {
		hash := sha256.Sum256([]byte(style[1]))
		if want := "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(hash[:]) + "'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"; policy != want {
			t.Errorf("L15: the policy is %q, want %q", policy, want)
		}
	} else if !strings.HasPrefix(policy, "default-src 'none'; ") {
		t.Errorf("L15: the policy is %q", policy)
	}
}

// TestWhatIsNoRequest ends no wait either: L4's CONNECT, what is no HTTP, a request that
// is cut, one whose end never comes, and many connections that say nothing.
func TestWhatIsNoRequest(t *testing.T) {
	r := listen(t, callback.LoginToken)
	host := strings.TrimPrefix(base(r), "http://")
	path := strings.TrimPrefix(r.URL(), base(r)) + good
	for text, want := range map[string]string{
		"CONNECT " + host + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n":    "HTTP/1.1 404 ",
		"OPTIONS * HTTP/1.1\r\nHost: " + host + "\r\n\r\n":               "HTTP/1.1 404 ",
		"GET http://evil.test" + path + " HTTP/1.1\r\n\r\n":              "HTTP/1.1 421 ",
		"GET " + path + " HTTP/1.1\r\n\r\n":                              "HTTP/1.1 421 ",
		"\x16\x03\x01 hello\r\n\r\n":                                     "HTTP/1.1 400 ",
		"GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\nA b\r\n\r\n": "HTTP/1.1 400 ",
		"GET / HTTP/1.1\r\nA: " + strings.Repeat("a", 20<<10):            "HTTP/1.1 431 ",
	} {
		connection, err := net.Dial("tcp", host)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(connection, text)
		line, err := bufio.NewReader(connection).ReadString('\n')
		if !strings.HasPrefix(line, want) {
			t.Errorf("%.40q is answered %q, %v", text, line, err)
		}
		_ = connection.Close()
	}
	for range 100 {
		silent, err := net.Dial("tcp", host)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = silent.Close() }()
	}
	stillWaits(t, r, good)
}

func TestL15_Headers(t *testing.T) {
	r := listen(t, callback.LoginToken)
	redirect := ask(t, "GET", r.URL()+good, map[string]string{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"})
	if redirect.status != http.StatusSeeOther {
		t.Fatalf("a navigation is answered %d", redirect.status)
	}
	checkHeaders(t, redirect)
	checkHeaders(t, ask(t, "GET", base(r)+redirect.header.Get("Location"), nil))
}

// TestL8_ARefusalIsAnAnswer, as long as it has the state.
func TestL8_ARefusalIsAnAnswer(t *testing.T) {
	r := listen(t, callback.Authorization("right"))
	query := stillWaits(t, r, "?error=access_denied&error_description=no&state=right")
	if query.Get("error") != "access_denied" {
		t.Errorf("got %v", query)
	}
}

// TestL12_TheSecondRedirectIsTooLate. L16: the token stays nowhere in the browser.
func TestL12_TheSecondRedirectIsTooLate(t *testing.T) {
	for _, test := range []struct{ query, end string }{
		{"?code=c&state=right", "Continue in the terminal"},
		{"?error=access_denied&state=right", "did not work"},
	} {
		r := listen(t, callback.Authorization("right"))
		first := ask(t, "GET", r.URL()+test.query, nil)
		location := first.header.Get("Location")
		if first.status != http.StatusSeeOther || first.body != "" || strings.Contains(location, "?") || strings.Contains(location, "right") {
			t.Errorf("L16: answered %d, on to %q: %q", first.status, location, first.body)
		}
		if second := ask(t, "GET", r.URL()+test.query, nil); second.status != http.StatusGone || !strings.Contains(second.body, "Already used") {
			t.Errorf("the second is answered %d %q", second.status, second.body)
		}
		if end := ask(t, "GET", base(r)+location, nil); end.status != 200 || !strings.Contains(end.body, test.end) {
			t.Errorf("L16: the last page is %d %q", end.status, end.body)
		}
	}
}

func TestTheLastPageIsNothingBeforeTheAnswer(t *testing.T) {
	first, second := listen(t, callback.LoginToken), listen(t, callback.LoginToken)
	location := ask(t, "GET", first.URL()+good, nil).header.Get("Location")
	ask(t, "GET", base(first)+location, nil)
	if got := ask(t, "GET", base(second)+location, nil); got.status != http.StatusNotFound {
		t.Errorf("answered %d", got.status)
	}
}

func TestL13_TwoAtOnce(t *testing.T) {
	r := listen(t, callback.LoginToken)
	var wg sync.WaitGroup
	var taken, gone atomic.Int32
	for range 8 {
		wg.Go(func() {
			switch got := ask(t, "GET", r.URL()+good, nil); got.status {
			case http.StatusSeeOther:
				taken.Add(1)
				ask(t, "GET", base(r)+got.header.Get("Location"), nil)
			case http.StatusGone:
				gone.Add(1)
			}
		})
	}
	wg.Wait()
	if taken.Load() != 1 || gone.Load() != 7 {
		t.Errorf("%d were taken, %d were told that it is used", taken.Load(), gone.Load())
	}
}

// TestAFlood of wrong requests does not keep the right one out.
func TestAFlood(t *testing.T) {
	r := listen(t, callback.LoginToken)
	var wg sync.WaitGroup
	stop := make(chan struct{})
	for range 8 {
		wg.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
				}
				ask(t, "GET", fmt.Sprintf("%s/%d?loginToken=x", base(r), i), nil)
			}
		})
	}
	for range 200 {
		ask(t, "GET", base(r)+"/?loginToken=x", nil)
	}
	stillWaits(t, r, good)
	close(stop)
	wg.Wait()
}

// TestL19_ClosedAtOnce: after Close nobody listens, and no goroutine is left.
func TestL19_ClosedAtOnce(t *testing.T) {
	before := runtime.NumGoroutine()
	r, err := callback.Listen(t.Context(), callback.LoginToken)
	if err != nil {
		t.Fatal(err)
	}
	slow, err := net.Dial("tcp", strings.TrimPrefix(base(r), "http://")) // says nothing
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = slow.Close() }()
	ctx, cancel := context.WithCancelCause(t.Context())
	interrupted := errors.New("interrupted")
	cancel(interrupted)
	if _, err := r.Wait(ctx); !errors.Is(err, interrupted) {
		t.Errorf("got %v", err)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	if err := r.Close(); err != nil {
		t.Errorf("again: %v", err)
	}
	if connection, err := net.Dial("tcp", strings.TrimPrefix(base(r), "http://")); err == nil {
		_ = connection.Close()
		t.Error("it still listens")
	}
	_, _ = bufio.NewReader(slow).ReadByte() // returns: the connection was closed
	deadline := time.Now().Add(10 * time.Second)
	for poll := time.NewTicker(time.Millisecond); runtime.NumGoroutine() > before; <-poll.C {
		if time.Now().After(deadline) {
			t.Fatalf("%d goroutines before, %d after", before, runtime.NumGoroutine())
		}
	}
}

// TestL28_TheDeadlineIsThatOfTheContext, whose clock goes on while a machine sleeps or is
// set.
func TestL28_TheDeadlineIsThatOfTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &callback.Receiver{}
		late := errors.New("nobody answered")
		ctx, cancel := context.WithTimeoutCause(t.Context(), 5*time.Minute, late)
		defer cancel()
		start := time.Now()
		if _, err := r.Wait(ctx); !errors.Is(err, late) || time.Since(start) != 5*time.Minute {
			t.Errorf("%v after %s", err, time.Since(start))
		}
	})
}

// TestL30_NoTwoAddressesAreAlike: they come from crypto/rand, whose failure ends the
// program.
func TestL30_NoTwoAddressesAreAlike(t *testing.T) {
	seen := map[string]bool{}
	for range 200 {
		r := listen(t, callback.LoginToken)
		path := strings.TrimPrefix(r.URL(), base(r))
		if seen[path] {
			t.Fatal("an address came twice")
		}
		seen[path] = true
		_ = r.Close()
	}
}

func TestRead(t *testing.T) {
	r := listen(t, callback.LoginToken)
	if query, err := r.Read("  " + r.URL() + good + "\n"); err != nil || query.Get("loginToken") != "syl_of-the-test" {
		t.Errorf("%v, %v", query, err)
	}
	for name, pasted := range map[string]string{
		"nothing": "", "no URL": "http://[::1", "the login page": "https://hs.test/_matrix/client/v3/login/sso/redirect?redirectUrl=" + r.URL(),
		"another path": base(r) + "/x" + good, "https": strings.Replace(r.URL(), "http", "https", 1) + good,
		"localhost": strings.Replace(r.URL(), "127.0.0.1", "localhost", 1) + good, "no token": r.URL(), "two": r.URL() + good + "&loginToken=b",
		"a user": strings.Replace(r.URL(), "//", "//u:p@", 1) + "?x=syl_secret",
	} {
		if _, err := r.Read(pasted); err == nil || strings.Contains(err.Error(), "syl_") || strings.Contains(err.Error(), "redirectUrl") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// FuzzRead: what is accepted has this receiver's address.
func FuzzRead(f *testing.F) {
	r, err := callback.Listen(context.Background(), callback.LoginToken)
	if err != nil {
		f.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	f.Add("", good)
	f.Add("#", "?a=b")
	f.Fuzz(func(t *testing.T, before, after string) {
		if _, err := r.Read(before + r.URL() + after); err == nil && strings.TrimSpace(before) != "" {
			t.Errorf("accepted %q", before+r.URL()+after)
		}
		if _, err := r.Read(before + after); err == nil {
			t.Errorf("accepted %q", before+after)
		}
	})
}
