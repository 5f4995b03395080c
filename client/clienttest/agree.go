package clienttest

import (
	"context"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
)

// Agree is a person without a browser: it opens a URL of the authorization server of a
// [Synapse], sends each form that comes, with name where one asks who logs in, and ends
// at the first page without a form. The program under test is a page, too. The result is
// the text of the last page.
func Agree(ctx context.Context, address, name string) (string, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return "", err
	}
	client := &http.Client{Jar: jar}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	for range 12 {
		if err != nil {
			return "", fmt.Errorf("agree at %s: %w", address, err)
		}
		page, at, failure := open(client, request)
		if failure != nil {
			return "", fmt.Errorf("agree at %s: %w", address, failure)
		}
		form := pageForm.FindStringSubmatch(page)
		if form == nil {
			return page, nil
		}
		request, err = submit(ctx, at, form[1], form[2], name)
	}
	return "", errors.New("agree: no end of pages")
}

var (
	pageForm  = regexp.MustCompile(`(?s)<form[^>]* action="([^"]+)"[^>]*>(.*?)</form>`)
	pageInput = regexp.MustCompile(`<input[^>]*>`)
	attribute = regexp.MustCompile(`(name|value)="([^"]*)"`)
)

// open returns a page and where it is in the end.
func open(client *http.Client, request *http.Request) (page string, at *url.URL, err error) {
	response, err := client.Do(request)
	if err != nil {
		return "", nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode >= 400 {
		err = fmt.Errorf("%s: %s", response.Status, body)
	}
	return string(body), response.Request.URL, err
}

// submit is the request that sends a form of the page at.
func submit(ctx context.Context, at *url.URL, action, inputs, name string) (*http.Request, error) {
	to, err := at.Parse(html.UnescapeString(action))
	if err != nil {
		return nil, err
	}
	fields := url.Values{}
	for _, input := range pageInput.FindAllString(inputs, -1) {
		given := map[string]string{}
		for _, pair := range attribute.FindAllStringSubmatch(input, -1) {
			given[pair[1]] = html.UnescapeString(pair[2])
		}
		switch given["name"] {
		case "":
		case "login":
			fields.Set("login", name)
		case "password":
			fields.Set("password", "x")
		default:
			fields.Set(given["name"], given["value"])
		}
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, to.String(), strings.NewReader(fields.Encode()))
	if err == nil {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return request, err
}
