package oauth

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"mxlogin/client/transport"
)

// Error is a refusal of an authorization server: a 4xx that names a code, or an
// authorization that ended with one.
//
// RFC 6749, 4.1.2.1 and 5.2; RFC 7591, 3.2.2; RFC 8628, 3.5.
type Error struct {
	Request     string // method, origin and path
	Status      int    // of the answer; 0 where the browser came back with the refusal
	Code        string // such as invalid_grant
	Description string // in the server's words; may be empty
}

func (e *Error) Error() string {
	text := e.Code
	if e.Description != "" {
		text += ": " + e.Description
	}
	if e.Status == 0 {
		return fmt.Sprintf("%s (%s)", text, e.Request)
	}
	return fmt.Sprintf("%s (%d from %s)", text, e.Status, e.Request)
}

// The codes that a caller may have to tell apart.
const (
	AccessDenied         = "access_denied"
	AuthorizationPending = "authorization_pending"
	ExpiredToken         = "expired_token"
	InvalidClient        = "invalid_client"
	InvalidGrant         = "invalid_grant"
	InvalidScope         = "invalid_scope"
	ServerError          = "server_error"
	SlowDown             = "slow_down"
	Unavailable          = "temporarily_unavailable"
	UnauthorizedClient   = "unauthorized_client"
	UnsupportedGrantType = "unsupported_grant_type"
)

// AnswerError tells that a browser came back with what is not the answer to a login. No
// code was sent.
type AnswerError struct {
	Request string // method, origin and path that the browser was sent to
	Reason  string
}

func (e *AnswerError) Error() string { return fmt.Sprintf("%s (%s)", e.Reason, e.Request) }

// ExpiredError tells that a device code has ended before the login was approved, as far
// as the answers say.
type ExpiredError struct {
	Err error // the last answer was lost, by this error, and may have held the tokens; else nil
}

func (e *ExpiredError) Error() string {
	if e.Err != nil {
		return "the code has expired: " + e.Err.Error()
	}
	return "the code has expired"
}

func (e *ExpiredError) Unwrap() error { return e.Err }

// UnreachableError tells that no answer came from an authorization server which is not
// where the homeserver is that names it.
type UnreachableError struct {
	Homeserver string // its base URL
	Err        error  // of the transport
}

func (e *UnreachableError) Error() string { return e.Err.Error() }

func (e *UnreachableError) Unwrap() error { return e.Err }

// isNoAnswer reports whether the server could not be spoken to.
func isNoAnswer(err error) bool {
	var network *transport.NetworkError
	var tls *transport.TLSError
	return errors.As(err, &network) || errors.As(err, &tls)
}

// refusal returns nil for a success, an Error for a well-formed refusal, a ServerError
// for a 5xx, and a ProtocolError for the rest. Servers answer an error of another API, a
// line of text or a page where a proxy speaks; none of them is a verdict.
func refusal(resp *transport.Response) error {
	if resp.Status >= 200 && resp.Status <= 299 {
		return nil
	}
	object, err := transport.ParseObject(resp.Body)
	code, _, _ := object.String("error")
	description := object.Words("error_description")
	switch {
	case resp.Status >= http.StatusInternalServerError:
		return &transport.ServerError{Request: resp.Request, Status: resp.Status, Message: serverText(resp, code, description)}
	case err != nil || !isCode(code) || object.Has("errcode"):
		reason := fmt.Sprintf("the server answered %d without an OAuth error", resp.Status)
		if text := serverText(resp, code, description); text != "" {
			reason += ": " + text
		}
		return &transport.ProtocolError{Request: resp.Request, Status: resp.Status, Reason: reason}
	}
	return &Error{Request: resp.Request, Status: resp.Status, Code: code, Description: description}
}

// isCode reports whether text can be the code of an error: a Matrix error has a sentence
// in the same place.
func isCode(text string) bool {
	return text != "" && len(text) <= 64 && strings.Trim(text, "abcdefghijklmnopqrstuvwxyz0123456789_-.") == ""
}

// maxText bounds the bytes of an answer that is no error of OAuth and that a person may
// see.
const maxText = 200

// serverText is what an answer says to a person: its error, or its first line where it is
// plain text.
func serverText(resp *transport.Response, code, description string) string {
	code = cut(code)
	if code != "" && description != "" {
		return code + ": " + description
	}
	if code != "" {
		return code
	}
	if !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/plain") {
		return ""
	}
	line, _, _ := strings.Cut(strings.TrimSpace(string(resp.Body)), "\n")
	return cut(line)
}

// cut makes a text of a server short enough to be part of an error.
func cut(text string) string { return strings.ToValidUTF8(text[:min(len(text), maxText)], "") }
