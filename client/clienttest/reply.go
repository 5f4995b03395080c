package clienttest

import (
	"net/http"
	"path"
	"strconv"
)

// Reply is one scripted answer. The zero value is 200 with an empty body.
type Reply struct {
	Status   int               // default 200
	Header   map[string]string // beside "Content-Type: application/json", which it may replace
	Body     string
	Raw      string // written to the connection as it is, in place of all the rest, then closed
	CutAfter int    // promise the whole body, send this many bytes of it, then cut the connection
	Drop     bool   // cut the connection without an answer
	Hold     bool   // answer nothing until the client leaves or the server closes
}

// unrecognized is a homeserver's answer at an endpoint that it does not have.
func unrecognized() Reply {
	return Reply{
		Status: http.StatusNotFound,
		Body:   `{"errcode":"M_UNRECOGNIZED","error":"Unrecognized request"}`,
	}
}

func (reply Reply) serve(w http.ResponseWriter, r *http.Request) {
	switch {
	case reply.Hold:
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	case reply.Drop:
		panic(http.ErrAbortHandler)
	case reply.Raw != "":
		reply.writeRaw(w)
	default:
		reply.write(w)
	}
}

func (reply Reply) write(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/json")
	for name, value := range reply.Header {
		w.Header().Set(name, value)
	}
	body := reply.Body
	if reply.CutAfter > 0 {
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		body = body[:min(reply.CutAfter, len(body))]
	}
	status := reply.Status
	if status == 0 {
		status = http.StatusOK
	}
	w.WriteHeader(status)
	_, _ = w.Write([]byte(body))
	if reply.CutAfter > 0 {
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
}

func (reply Reply) writeRaw(w http.ResponseWriter) {
	connection, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	defer connection.Close()
	_, _ = connection.Write([]byte(reply.Raw))
}

// rule answers the requests that fit its name: either with its replies, which
// get used up, or with its handler, which does not.
type rule struct {
	request string
	replies []Reply
	handler http.HandlerFunc
}

// next is who answers request, nil if this rule does not.
func (r *rule) next(request string) http.HandlerFunc {
	if !r.fits(request) {
		return nil
	}
	if r.handler != nil {
		return r.handler
	}
	if len(r.replies) == 0 {
		return nil
	}
	reply := r.replies[0]
	r.replies = r.replies[1:]
	return reply.serve
}

func (r *rule) fits(request string) bool {
	fits, _ := path.Match(r.request, request)
	return fits || r.request == request
}
