// Package transport is the one way that mxlogin speaks HTTP. It holds the rules
// that keep a secret where it belongs and a hostile answer harmless:
//
//   - a [Credential] goes to the origin it is bound to and nowhere else;
//   - redirects are followed only where a request asks for it, never with a
//     secret, and only to https;
//   - plain http is spoken only to this machine and to hosts that were allowed;
//   - answers are bounded in size and time, and JSON is read strictly;
//   - 429 is waited out within a bound, and a POST is otherwise sent once.
//
// Client-Server API, "API Standards" and "Rate limiting".
package transport

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"sync"
	"time"

	"mxlogin/client/matrixid"
	"mxlogin/client/secret"
)

const (
	maxBody = 1 << 20 // bytes of a body, after decompression

	// readRetryDelay is the wait before a GET that a gateway answered with 502,
	// 503 or 504 is sent a second and last time.
	readRetryDelay = 500 * time.Millisecond
)

// Options say how a [Client] behaves. The zero value of each is usable.
type Options struct {
	Timeout   time.Duration // of one request, from the dial to the last byte of the answer; 0: 30 s
	MaxWait   time.Duration // how long rate limits may be waited out, in all requests together
	UserAgent string
	RootCAs   *x509.CertPool // nil: the system's
	AllowHTTP []HTTPHost     // where plain http may go besides this machine

	RoundTripper http.RoundTripper                          // nil: a transport made for these options
	Now          func() time.Time                           // nil: time.Now
	Sleep        func(context.Context, time.Duration) error // nil: a timer

	// WaitOut waits out a rate limit, perhaps visibly. Nil: Sleep does.
	WaitOut func(context.Context, Wait) error
	OnTrace func(Trace)        // told after each exchange
	OnSlow  func(Slow)         // told once of an exchange that takes longer than 3 s, beside it
	OnBind  func(secret.Value) // gets every secret that is bound, so that it can be kept out of output
}

// Client sends requests by the rules of this package. It is safe for concurrent
// use.
type Client struct {
	options Options
	rt      http.RoundTripper

	mu     sync.Mutex
	waited time.Duration // spent on rate limits so far
}

// New makes a Client.
func New(o Options) *Client {
	if o.Timeout == 0 {
		o.Timeout = 30 * time.Second
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Sleep == nil {
		o.Sleep = sleep
	}
	if o.WaitOut == nil {
		o.WaitOut = func(ctx context.Context, w Wait) error { return o.Sleep(ctx, w.Duration) }
	}
	if o.OnTrace == nil {
		o.OnTrace = func(Trace) {}
	}
	if o.OnSlow == nil {
		o.OnSlow = func(Slow) {}
	}
	if o.OnBind == nil {
		o.OnBind = func(secret.Value) {}
	}
	rt := o.RoundTripper
	if rt == nil {
		rt = newRoundTripper(o.RootCAs, o.Timeout)
	}
	return &Client{options: o, rt: rt}
}

// Do sends r and returns the answer, whatever its status but for a redirect that
// r does not follow ([RedirectError]) and a rate limit that lasts too long
// ([RateLimitError]). Other errors are [NetworkError], [TLSError], [LimitError] and
// [ForbiddenError]; where ctx ended, [InterruptedError] or, between two tries, its
// cause.
func (c *Client) Do(ctx context.Context, r Request) (*Response, error) {
	retried := false
	for attempt := 0; ; attempt++ {
		resp, err := c.follow(ctx, r)
		switch {
		case err != nil && !retried && r.mayRepeat() && isPassing(err),
			err == nil && !retried && r.mayRepeat() && isGatewayFailure(resp.Status):
			retried = true
			if err := c.options.Sleep(ctx, readRetryDelay); err != nil {
				return nil, err
			}
		case err != nil:
			return nil, err
		case resp.Status == http.StatusTooManyRequests:
			if err := c.waitOut(ctx, resp, attempt); err != nil {
				return nil, err
			}
		default:
			return resp, nil
		}
	}
}

// probeTime bounds a request that nothing depends on.
const probeTime = 5 * time.Second

// ForProbes returns a Client like c for requests that nothing depends on: they take 5 s at
// most and wait out no rate limit.
func (c *Client) ForProbes() *Client {
	options := c.options
	options.Timeout, options.MaxWait = min(options.Timeout, probeTime), 0
	return &Client{options: options, rt: c.rt}
}

// MayDial reports whether requests may go to origin, by the options of c.
func (c *Client) MayDial(origin matrixid.Origin) bool { return MayDial(origin, c.options.AllowHTTP) }

// once sends r to where and reads the whole answer.
func (c *Client) once(ctx context.Context, r Request, where target) (*Response, error) {
	if err := c.permit(r, where.origin); err != nil {
		return nil, err
	}
	text, contentType, err := r.encodeBody()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", where.name(r.Method), err)
	}
	body := &wipedBody{text: text}
	defer func() { _ = body.Close() }()

	progress := new(progress)
	limited, cancel := context.WithTimeout(ctx, c.options.Timeout)
	defer cancel()
	traced := httptrace.WithClientTrace(limited, progress.trace())
	slow := time.AfterFunc(slowAfter, func() {
		c.options.OnSlow(Slow{Request: where.name(r.Method), For: progress.at().waitsFor()})
	})
	defer slow.Stop()
	req, err := http.NewRequestWithContext(traced, r.Method, where.url, nil)
	if err != nil {
		return nil, fmt.Errorf("%s: the request cannot be built", where.name(r.Method))
	}
	// Without GetBody: net/http must not send it again.
	req.ContentLength, req.Body = int64(len(text)), body
	if len(text) == 0 {
		req.Body = http.NoBody
	}
	c.setHeaders(req, r, contentType)

	start := c.options.Now()
	resp, err := c.exchange(req, r.Into, where)
	trace := Trace{Method: r.Method, Origin: where.origin.String(), Path: where.path, Fields: r.traceFields()}
	trace.Duration = c.options.Now().Sub(start)
	if err != nil {
		if sink := (*SinkError)(nil); errors.As(err, &sink) {
			return nil, err
		}
		failure := failedExchange{request: where.name(r.Method), host: where.origin.Host(), progress: progress, timeout: c.options.Timeout, ownRoots: c.options.RootCAs != nil, maxBody: r.maxBody(), err: err}
		trace.Err = failure.explain(ctx, limited)
		c.options.OnTrace(trace)
		return nil, trace.Err
	}
	resp.Request, resp.Origin = where.name(r.Method), where.origin
	trace.Status = resp.Status
	trace.Fields = append(trace.Fields, resp.traceFields()...)
	c.options.OnTrace(trace)
	return resp, nil
}

// permit refuses what must not leave this machine: a credential to an origin
// that is not its own, and plain http where nobody allowed it.
func (c *Client) permit(r Request, origin matrixid.Origin) error {
	if !c.MayDial(origin) {
		return &ForbiddenError{Origin: origin, Reason: fmt.Sprintf("plain http to %s is not allowed", origin)}
	}
	for _, credential := range r.credentials() {
		if credential.origin != origin {
			return &ForbiddenError{Origin: origin, Reason: fmt.Sprintf("the secret belongs to %s, not to %s", credential.origin, origin)}
		}
	}
	return nil
}

func (c *Client) setHeaders(req *http.Request, r Request, contentType string) {
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", c.options.UserAgent)
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	if r.Bearer.isSet() {
		req.Header.Set("Authorization", "Bearer "+r.Bearer.value.Reveal())
	}
}

// exchange is one round trip with its whole body, which goes into a sink where there is one. It goes below http.Client,
// which would follow redirects, keep a Referer and put URLs into errors.
func (c *Client) exchange(req *http.Request, into *Sink, where target) (*Response, error) {
	resp, err := c.rt.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode == http.StatusProxyAuthRequired {
		return nil, &proxyRefusalError{resp.StatusCode}
	}
	if resp.StatusCode < http.StatusOK {
		// A connection that has switched protocols knows no deadline: it is closed.
		return nil, errSwitched
	}
	if encoding := resp.Header.Get("Content-Encoding"); encoding != "" && encoding != "identity" {
		return nil, errEncoded // what was asked for, net/http has decoded
	}
	if into != nil && resp.StatusCode < http.StatusMultipleChoices {
		answer := &Response{Request: where.name(req.Method), Origin: where.origin, Status: resp.StatusCode, Header: resp.Header}
		return answer, into.take(answer, resp.Body)
	}
	if resp.ContentLength > maxBody {
		return nil, errBodyTooLarge
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
	if err != nil {
		return nil, err
	}
	if len(body) > maxBody {
		return nil, errBodyTooLarge
	}
	return &Response{Status: resp.StatusCode, Header: resp.Header, Body: body}, nil
}

func isGatewayFailure(status int) bool {
	return status == 502 || status == 503 || status == 504
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}
