package callback

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"strconv"
)

// page is an answer. All bodies are constants.
type page struct {
	status   int
	body     string
	location string // where the browser is sent on to; "" for nowhere
	isLast   bool   // there is nothing more to show
}

const (
	style = `body{margin:20vh auto;max-width:32em;padding:0 1em;font:1.1em/1.5 system-ui,sans-serif;color-scheme:light dark}`

	head = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>mxlogin</title><style>` + style + `</style></head><body>`
	foot = `</body></html>`

	pageDone     = head + `<h1>Continue in the terminal</h1><p>You can close this window.</p>` + foot
	pageFailed   = head + `<h1>The login did not work</h1><p>The terminal says why. You can close this window.</p>` + foot
	pageUsed     = head + `<h1>Already used</h1><p>This login has already been answered. You can close this window.</p>` + foot
	pageNoAnswer = head + `<h1>No answer</h1><p>This address holds no answer to a login. The terminal is still waiting for one.</p>` + foot
	pageNothing  = head + `<h1>Nothing here</h1>` + foot
)

// write writes the answer in one piece. A HEAD gets the body too, which nobody reads:
// the connection ends with it.
func (p page) write(w io.Writer) error {
	h := headers()
	h.Set("Content-Length", strconv.Itoa(len(p.body)))
	if p.location != "" {
		h.Set("Location", p.location)
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "HTTP/1.1 %d %s\r\n", p.status, http.StatusText(p.status))
	_ = h.Write(&b) // a bytes.Buffer takes everything
	b.WriteString("\r\n" + p.body)
	_, err := w.Write(b.Bytes())
	return err
}

// headers say that a page is no more than its text: no script, no frame around it, no
// copy kept, no word to other pages of where the browser was.
func headers() http.Header {
	hash := sha256.Sum256([]byte(style))
	return http.Header{
		"Content-Type":           {"text/html; charset=utf-8"},
		"X-Content-Type-Options": {"nosniff"},
		"Content-Security-Policy": {"default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(hash[:]) +
			"'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"},
		"Referrer-Policy": {"no-referrer"},
		"Cache-Control":   {"no-store"},
		"X-Frame-Options": {"DENY"},
		"Connection":      {"close"},
	}
}
