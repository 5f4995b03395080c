package transport

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"time"

	"mxlogin/client/matrixid"
)

// about puts the request that a text is about behind it: what went wrong comes first.
func about(request, text string) string {
	if request == "" {
		return text
	}
	return text + " (" + request + ")"
}

// NetworkError tells that no whole answer came from the server.
type NetworkError struct {
	Request string // method, origin and path
	Host    string // without the port
	Reason  string // one clause, without the request's URL
	Timeout bool
	// Sent reports that the request may have reached the server: it may have
	// done what it was asked for.
	Sent bool
	Err  error
}

func (e *NetworkError) Error() string { return about(e.Request, e.Reason) }

func (e *NetworkError) Unwrap() error { return e.Err }

// TLSError tells that the server's certificate or its TLS was refused.
type TLSError struct {
	Request string // method, origin and path
	Host    string // without the port
	Reason  string // one clause
	// OwnRoots reports that authorities besides the system's were given, and did not help.
	OwnRoots bool
	Err      error
}

func (e *TLSError) Error() string { return about(e.Request, e.Reason) }

func (e *TLSError) Unwrap() error { return e.Err }

// LimitError tells that the answer was larger than any honest one.
type LimitError struct {
	Request string
	What    string // "body" or "headers"
	Limit   int    // bytes
}

func (e *LimitError) Error() string {
	return about(e.Request, fmt.Sprintf("the answer is too large: its %s passed the limit of %d KiB", e.What, e.Limit>>10))
}

// RedirectError tells that the server sent the request elsewhere, and it was not
// sent there.
type RedirectError struct {
	Request string          // method, origin and path
	Status  int             // of the answer
	To      matrixid.Origin // where the server wanted it
	Base    string          // the base URL there, where the same endpoint is meant; else ""
	TooMany bool            // redirects are followed for this request, but not that many
	Refusal string          // why it is not followed, in words that complete "…, which"; may be empty
}

func (e *RedirectError) Error() string {
	if e.TooMany {
		return about(e.Request, fmt.Sprintf("too many redirects, the last to %s", e.To))
	}
	refusal := e.Refusal
	if refusal == "" {
		refusal = "is not followed"
	}
	return about(e.Request, fmt.Sprintf("the server redirects to %s (%d), which %s", e.To, e.Status, refusal))
}

// ForbiddenError tells that the request was not sent because it must not go
// there.
type ForbiddenError struct {
	Origin matrixid.Origin
	Reason string // a sentence that names the origin
}

func (e *ForbiddenError) Error() string { return e.Reason }

// RateLimitError tells that the server wants a longer wait than was allowed by
// [Options].MaxWait, or than the deadline of the context leaves.
//
// Client-Server API, "Rate limiting".
type RateLimitError struct {
	Request    string        // method, origin and path
	Code       string        // errcode, where the server said one
	RetryAfter time.Duration // from now, 1 s at least; a guess where the server named no time
}

func (e *RateLimitError) Error() string {
	return about(e.Request, fmt.Sprintf("rate limited; try again in %s", e.RetryAfter.Round(time.Second)))
}

// ProtocolError tells that the answer is not what the specification allows.
type ProtocolError struct {
	Request string
	Status  int    // of the answer
	Reason  string // names the field, never its value

	Unreadable bool // the answer is no JSON object at all
}

func (e *ProtocolError) Error() string { return about(e.Request, e.Reason) }

var errSwitched = errors.New("the server switched protocols (101), which was not requested")

var errEncoded = errors.New("the answer has a content encoding that was not requested")

var errBodyTooLarge = errors.New("the body is over the limit")

// failedExchange is an error of net/http and what is known around it.
type failedExchange struct {
	request  string
	host     string
	progress *progress
	timeout  time.Duration
	ownRoots bool // authorities besides the system's were given
	maxBody  int  // bytes
	err      error
}

// explain turns the error into one of this package. Texts of net/http are used
// only where they hold neither a URL nor bytes of the answer.
func (f failedExchange) explain(ctx, limited context.Context) error {
	switch {
	case errors.Is(f.err, errSwitched):
		return &ProtocolError{Request: f.request, Status: http.StatusSwitchingProtocols, Reason: f.err.Error()}
	case errors.Is(f.err, errEncoded):
		return &ProtocolError{Request: f.request, Status: http.StatusOK, Reason: f.err.Error()}
	case errors.Is(f.err, errBodyTooLarge):
		return &LimitError{Request: f.request, What: "body", Limit: f.maxBody}
	case isHeaderLimit(f.err):
		return &LimitError{Request: f.request, What: "headers", Limit: maxHeaders}
	case ctx.Err() != nil:
		return &InterruptedError{Request: f.request, Sent: f.progress.sent.Load(), Err: context.Cause(ctx)}
	}
	if reason, ok := tlsReason(f.err); ok {
		return &TLSError{Request: f.request, Host: f.host, Reason: reason, OwnRoots: f.ownRoots, Err: f.err}
	}
	failure := &NetworkError{Request: f.request, Host: f.host, Sent: f.progress.sent.Load(), Err: f.err}
	failure.Timeout = limited.Err() != nil || isTimeout(f.err)
	failure.Reason = networkReason(f.err)
	if limited.Err() != nil {
		failure.Reason = f.lateReason()
	}
	return failure
}

// isTimeout reports whether a connection took longer than all addresses of a host may.
func isTimeout(err error) bool {
	var timed net.Error
	return errors.As(err, &timed) && timed.Timeout()
}

// lateReason says what did not come in time.
func (f failedExchange) lateReason() string {
	switch f.progress.at() {
	case stageConnecting:
		return fmt.Sprintf("no connection within %s", f.timeout)
	case stageHandshake:
		return fmt.Sprintf("no answer to the TLS handshake within %s", f.timeout)
	}
	return fmt.Sprintf("no complete answer within %s", f.timeout)
}

// InterruptedError tells that the caller ended a request that was under way.
type InterruptedError struct {
	Request string
	Sent    bool // see NetworkError
	Err     error
}

func (e *InterruptedError) Error() string { return about(e.Request, e.Err.Error()) }

func (e *InterruptedError) Unwrap() error { return e.Err }

// MayHaveActed reports whether err leaves it open that the server did what it was
// asked for: the answer was cut, late or unreadable, or a gateway spoke in the
// place of the server.
func MayHaveActed(err error) bool {
	var network *NetworkError
	var interrupted *InterruptedError
	var protocol *ProtocolError
	var limit *LimitError
	var server *ServerError
	switch {
	case errors.As(err, &network):
		return network.Sent
	case errors.As(err, &interrupted):
		return interrupted.Sent
	case errors.As(err, &protocol):
		return protocol.Status < 400
	}
	return errors.As(err, &limit) || errors.As(err, &server)
}

// isPassing reports whether a second try may go better: the connection failed,
// and not for want of time, name or trust.
func isPassing(err error) bool {
	var network *NetworkError
	var dns *net.DNSError
	return errors.As(err, &network) && !network.Timeout && !errors.As(err, &dns) && !errors.Is(err, syscall.ECONNREFUSED)
}

// isHeaderLimit knows the limit of net/http by its text: it has no type.
func isHeaderLimit(err error) bool {
	text := err.Error()
	return strings.Contains(text, "server response headers exceeded") ||
		strings.Contains(text, "response header list larger than")
}

func networkReason(err error) string {
	var dns *net.DNSError
	var op *net.OpError
	var refused *proxyRefusalError
	switch {
	case errors.As(err, &refused):
		return refused.Error()
	case errors.As(err, &op) && (op.Op == "proxyconnect" || strings.HasPrefix(op.Op, "socks")):
		return "the proxy could not be reached"
	case errors.As(err, &dns) && dns.IsTimeout:
		return "the host name was not looked up in time"
	case errors.As(err, &dns) && dns.IsNotFound:
		return "no such host"
	case errors.As(err, &dns):
		return "the host name could not be looked up"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "the connection was refused"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return "the connection was reset"
	case isTimeout(err):
		return "the connection timed out"
	case errors.As(err, &op):
		return "the connection failed: " + op.Err.Error()
	case strings.Contains(err.Error(), "EOF"):
		return "the connection was cut"
	case strings.Contains(err.Error(), "malformed HTTP"):
		return "the server does not speak HTTP on this port"
	}
	return "the request failed"
}

// issuedBy says who signed a certificate, where that is somebody else: the certificate of
// that one may be missing from what the server sends, or here.
func issuedBy(c *x509.Certificate) string {
	if c == nil || c.Issuer.String() == c.Subject.String() {
		return ""
	}
	return fmt.Sprintf(" (%s), or the server does not send an intermediate certificate", cutName(c.Issuer.CommonName))
}

// namesOf says which hosts a certificate is for.
func namesOf(c *x509.Certificate) string {
	names := slices.Clone(c.DNSNames)
	for _, ip := range c.IPAddresses {
		names = append(names, ip.String())
	}
	switch {
	case len(names) == 0:
		return ": it names none, as old ones do"
	case len(names) > maxNames:
		names = append(names[:maxNames], "…")
	}
	for i := range names {
		names[i] = cutName(names[i])
	}
	return ": it is for " + strings.Join(names, ", ")
}

const maxNames = 3

// cutName makes a name of a certificate short enough to be part of an error.
func cutName(name string) string { return strings.ToValidUTF8(name[:min(len(name), 64)], "") }

// remoteAlert says what the server said when it ended a handshake. The text is one of
// crypto/tls.
func remoteAlert(text string) string {
	if strings.Contains(text, "protocol version") {
		return "the server speaks no TLS 1.2 or later"
	}
	return "the server ended the TLS handshake: " + strings.TrimPrefix(text, "tls: ")
}

func tlsReason(err error) (string, bool) {
	var unknown x509.UnknownAuthorityError
	var invalid x509.CertificateInvalidError
	var hostname x509.HostnameError
	var record tls.RecordHeaderError
	var alert tls.AlertError
	var remote *net.OpError
	var verification *tls.CertificateVerificationError
	switch {
	case errors.As(err, &unknown) && strings.Contains(unknown.Error(), "insecure algorithm"):
		return "the certificate is signed in a way that is not secure", true
	case errors.As(err, &unknown):
		return "the certificate is signed by an authority that is not trusted here" + issuedBy(unknown.Cert), true
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "the certificate has expired or is not valid yet, according to this machine's clock", true
	case errors.As(err, &invalid):
		return "the certificate is not valid for a server", true
	case errors.As(err, &hostname):
		return "the certificate is for another host" + namesOf(hostname.Certificate), true
	case errors.As(err, &verification):
		return "the certificate could not be verified", true
	case errors.As(err, &record):
		return "the server does not speak TLS on this port", true
	case errors.As(err, &alert):
		return "the server ended the TLS handshake", true
	case errors.As(err, &remote) && remote.Op == "remote error":
		return remoteAlert(remote.Err.Error()), true
	case strings.HasPrefix(err.Error(), "tls: "):
		return "TLS: " + strings.TrimPrefix(err.Error(), "tls: "), true
	}
	return "", false
}
