package clienttest

import (
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
)

// Page is what a browser shows in the end.
type Page struct {
	URL   string `json:"url"`
	Title string `json:"title"`
	Text  string `json:"text"`
}

// Browse opens a URL in a real browser and does what a person would: fills in a login
// form with name, agrees and goes on, until a page has nothing left to press. Somebody
// called "deny:" cancels instead.
func Browse(ctx context.Context, url, name string) (Page, error) {
	return BrowseCode(ctx, url, name, "")
}

// BrowseCode is [Browse] for a page that asks for a code.
func BrowseCode(ctx context.Context, url, name, code string) (Page, error) {
	argv, err := BrowserCommand(ctx)
	if err != nil {
		return Page{}, err
	}
	out, err := exec.CommandContext(ctx, argv[0], append(argv[1:], url, name, code)...).Output()
	if err != nil {
		return Page{}, fmt.Errorf("browse: %w", withStderr(err))
	}
	var page Page
	if err := json.Unmarshal(out, &page); err != nil {
		return Page{}, fmt.Errorf("browse: %w", err)
	}
	return page, nil
}

// BrowserCommand is the command that does what [Browse] does, but for its last two
// arguments, the URL and the name. It prints the last page as JSON. The error is
// [ErrMissing] where Chromium or Node is not there.
func BrowserCommand(ctx context.Context) (argv []string, err error) {
	chromium, err := program("chromium", "chromium-browser", "google-chrome")
	if err != nil {
		return nil, err
	}
	node, dir, err := installOpenID(ctx)
	if err != nil {
		return nil, err
	}
	return []string{node, dir + "/browser.mjs", chromium}, nil
}
