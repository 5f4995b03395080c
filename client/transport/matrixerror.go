package transport

import (
	"fmt"
	"net/http"
	"strings"

	"mxlogin/client/matrixid"
)

// maxErrorCode bounds an error code in bytes; the longest known has 42.
const maxErrorCode = 255

// MatrixError is a standard error response: the server understood the request
// and refused it.
//
// Client-Server API, "Standard error response". The text says that "error" is
// always there, the schema and one of its examples that it need not be.
type MatrixError struct {
	Request string          // method, origin and path
	Origin  matrixid.Origin // of the server
	Status  int             // of the answer
	Code    string          // errcode, such as M_FORBIDDEN
	Message string          // in the server's words; may be empty

	SoftLogout   bool   // M_UNKNOWN_TOKEN, M_USER_LOCKED: the device lives on
	AdminContact string // M_RESOURCE_LIMIT_EXCEEDED: a URI
	InfoURI      string // M_USER_LIMIT_EXCEEDED
	ConsentURI   string // M_CONSENT_NOT_GIVEN
}

func (e *MatrixError) Error() string {
	text := e.Code
	if e.Message != "" {
		text += ": " + e.Message
	}
	return about(fmt.Sprintf("%d from %s", e.Status, e.Request), text)
}

// ServerError tells of a 5xx: the server, or a proxy before it, could not answer.
type ServerError struct {
	Request string // method, origin and path
	Status  int    // of the answer, 500 or more
	Code    string // errcode, where a homeserver said one
	Message string // in the server's words; may be empty
}

func (e *ServerError) Error() string {
	text := fmt.Sprintf("the server answered %d", e.Status)
	if name := http.StatusText(e.Status); name != "" {
		text += " " + name
	}
	if e.Message != "" {
		text += ": " + e.Message
	}
	return about(e.Request, text)
}

// Refusal returns nil for 200, a MatrixError or ServerError for what says that it is
// one, and a ProtocolError for any other answer, a success of another kind included: the
// endpoints of the specification have none.
func (r *Response) Refusal() error {
	if r.Status == http.StatusOK {
		return nil
	}
	object, err := ParseObject(r.Body)
	code, _, codeErr := object.String("errcode")
	isMatrix := err == nil && codeErr == nil && code != "" && len(code) <= maxErrorCode
	message := object.Words("error")
	switch {
	case r.Status >= 500:
		if !isMatrix {
			code, message = "", ""
		}
		return &ServerError{Request: r.Request, Status: r.Status, Code: code, Message: message}
	case !isMatrix:
		return r.protocolError(fmt.Sprintf("the server answered %d without a Matrix error%s", r.Status, r.describeType()))
	}
	refusal := &MatrixError{Request: r.Request, Origin: r.Origin, Status: r.Status, Code: code, Message: message}
	refusal.SoftLogout, _, _ = object.Bool("soft_logout")
	refusal.AdminContact, _, _ = object.String("admin_contact")
	refusal.InfoURI, _, _ = object.String("info_uri")
	refusal.ConsentURI, _, _ = object.String("consent_uri")
	return refusal
}

// maxWords bounds the characters of a server's words: what a program has to say comes
// after them.
const maxWords = 200

// Words returns a member that tells a person something, cut where it is long; "" where it
// is missing or no string.
func (o Object) Words(name string) string {
	text, _, _ := o.String(name)
	text = strings.TrimSpace(text)
	if words := []rune(text); len(words) > maxWords {
		return string(words[:maxWords]) + "…"
	}
	return text
}

// IsUnrecognized reports whether the server has no such endpoint. Only SHOULD
// servers answer M_UNRECOGNIZED there, so the body is not asked.
func (r *Response) IsUnrecognized() bool {
	return r.Status == http.StatusNotFound || r.Status == http.StatusMethodNotAllowed
}
