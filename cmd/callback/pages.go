package callback

import (
	"crypto/sha256"
	"encoding/base64"
	"io"
	"net/http"
)

// page is an answer. All of them are constants.
type page struct {
	status int
	body   string
}

const (
	style = `body{margin:20vh auto;max-width:32em;padding:0 1em;font:1.1em/1.5 system-ui,sans-serif;color-scheme:light dark}`

	head = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>mxlogin</title><style>` + style + `</style></head><body>`
	foot = `</body></html>`

	pageDone     = head + `<h1>That is all here</h1><p>You can close this window and go back to the terminal.</p>` + foot
	pageFailed   = head + `<h1>The login did not work</h1><p>The terminal says why. You can close this window.</p>` + foot
	pageUsed     = head + `<h1>Already used</h1><p>This login has its answer. You can close this window.</p>` + foot
	pageNoAnswer = head + `<h1>No answer</h1><p>This address holds no answer of a login. The terminal still waits for one.</p>` + foot
	pageNothing  = head + `<h1>Nothing here</h1>` + foot
)

func (p page) write(w http.ResponseWriter) {
	w.WriteHeader(p.status)
	_, _ = io.WriteString(w, p.body)
}

// setHeaders says that a page is no more than its text: no script, no frame around it,
// no copy kept, no word to other pages of where the browser was.
func setHeaders(h http.Header) {
	hash := sha256.Sum256([]byte(style))
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'sha256-"+base64.StdEncoding.EncodeToString(hash[:])+
		"'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Connection", "close")
}
