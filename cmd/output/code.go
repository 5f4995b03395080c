package output

import (
	"fmt"
	"time"

	"mxlogin/cmd/terminal"
)

// Code writes a code that a person has to enter on a page, also when quiet. The server's
// name comes first: it tells whether this is the login that the person began.
func (r *Reporter) Code(c terminal.Code) {
	url, complete := encodeLink(c.URL), encodeLink(c.CompleteURL)
	if r.asJSON {
		event := r.event("device_code", map[string]any{
			"server":     c.Server,
			"user_code":  c.Text,
			"expires_in": int64(c.Lifetime.Round(time.Second) / time.Second),
		})
		if c.Again != "" {
			event["reason"] = r.clean(c.Again)
		}
		event["verification_uri"] = url
		if complete != "" {
			event["verification_uri_complete"] = complete
		}
		r.object("event", event)
		return
	}
	r.text(
		"mxlogin: ", r.clean(c.Again),
		"mxlogin: ", r.clean(fmt.Sprintf("to log in to %s, open this page on any device:", c.Server)),
		"mxlogin:   ", url,
		"mxlogin: ", "and enter the code:",
		"mxlogin:   ", r.clean(fmt.Sprintf("%s   (%s)", c.Text, c.Spelled())),
	)
	if complete != "" {
		r.text("mxlogin: ", "or open this one, which has the code filled in:", "mxlogin:   ", complete)
	}
}
