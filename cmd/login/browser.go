package login

import (
	"context"
	"net/url"
	"strings"

	"mxlogin/cmd/callback"
	"mxlogin/cmd/terminal"
)

// page is where a person logs in with a browser.
type page struct {
	needed       terminal.InteractionError
	message, url string
	alone        string // the parameter that a pasted line without an address is; "" for none
}

// fromBrowser waits for what the browser comes back with: to the receiver, or by hand,
// where it runs on another machine. What is pasted is held to the same checks.
func fromBrowser(ctx context.Context, p Person, receiver *callback.Receiver, login page) (url.Values, error) {
	answers := make(chan url.Values, 2)
	err := p.Visit(ctx, terminal.Visit{
		Needed: login.needed, What: "finished the login in the browser",
		Message: login.message, URL: login.url,
		Prompt: "Waiting. If the browser cannot come back by itself, paste the address it ends at: ",
		Entered: func(line string) error {
			pasted := strings.TrimSpace(line)
			if login.alone != "" && pasted != "" && !strings.Contains(pasted, "/") {
				pasted = receiver.URL() + "?" + url.Values{login.alone: {pasted}}.Encode()
			}
			entered, err := receiver.Read(pasted)
			if err == nil {
				answers <- entered
			}
			return err
		},
		Done: func(ctx context.Context) error {
			received, err := receiver.Wait(ctx)
			if err == nil {
				answers <- received
			}
			return err
		},
	})
	if err != nil {
		return nil, err
	}
	return <-answers, nil
}

// needsBrowser is what a login in the browser needs. other is another way, or nothing.
func needsBrowser(other string) terminal.InteractionError {
	return terminal.InteractionError{
		Needed: "a person with a browser",
		Hint:   "run it on a terminal, where --no-browser shows the URL to open elsewhere" + other,
	}
}
