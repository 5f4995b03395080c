package transport

import (
	"mime"
	"net/http"

	"mxlogin/client/matrixid"
)

// Response is a whole answer.
type Response struct {
	Request string          // method, origin and path of what was asked
	Origin  matrixid.Origin // that answered; another than was asked after a redirect
	Status  int
	Header  http.Header
	Body    []byte // at most 1 MiB
}

// Object reads the body as a JSON object, strictly. The content type is not
// asked for: servers leave it out, and proxies send JSON under any.
func (r *Response) Object() (Object, error) {
	object, err := ParseObject(r.Body)
	if err != nil {
		return Object{}, &ProtocolError{Request: r.Request, Status: r.Status, Reason: err.Error() + r.describeType(), Unreadable: true}
	}
	object.request, object.status = r.Request, r.Status
	return object, nil
}

// describeType names the content type of an answer that is no JSON, which tells
// a proxy's error page from a homeserver's fault.
func (r *Response) describeType() string {
	mediaType, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || mediaType == "application/json" {
		return ""
	}
	return " (it is " + mediaType + ")"
}

func (r *Response) protocolError(reason string) error {
	return &ProtocolError{Request: r.Request, Status: r.Status, Reason: reason}
}
