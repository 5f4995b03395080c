package callback

import (
	"net/http"
	"net/url"
)

// answer is the answer to a request. It never repeats anything of it.
func (r *Receiver) answer(q *http.Request) page {
	isRedirect, isEnd := equal(q.URL.Path, r.path), equal(q.URL.Path, r.end)
	switch {
	case q.Host != r.host: // a page whose own name leads to 127.0.0.1
		return page{status: http.StatusMisdirectedRequest}
	case !isRedirect && !isEnd:
		return page{status: http.StatusNotFound, body: pageNothing}
	case q.Method != http.MethodGet:
		return page{status: http.StatusMethodNotAllowed, body: pageNothing}
	case !isNavigation(q.Header):
		return page{status: http.StatusForbidden, body: pageNothing}
	case isEnd:
		return r.finalPage()
	}
	return r.redirect(q.URL.RawQuery)
}

// redirect takes the answer, if it is one. The browser is sent on to a page without a
// query: the token stays in neither its address bar nor its history.
func (r *Receiver) redirect(rawQuery string) page {
	query, err := url.ParseQuery(rawQuery)
	if err != nil || r.accept(query) != nil {
		return page{status: http.StatusBadRequest, body: pageNoAnswer}
	}
	if !r.take(query) {
		return page{status: http.StatusGone, body: pageUsed}
	}
	return page{status: http.StatusSeeOther, location: r.end}
}

// take hands the first answer on. It reports whether this was the first.
func (r *Receiver) take(query url.Values) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.used {
		return false
	}
	r.used, r.failed = true, query.Has("error")
	r.got <- query
	return true
}

// finalPage is the page that the browser is left with.
func (r *Receiver) finalPage() page {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case !r.used:
		return page{status: http.StatusNotFound, body: pageNothing}
	case r.failed:
		return page{status: http.StatusOK, body: pageFailed, isLast: true}
	}
	return page{status: http.StatusOK, body: pageDone, isLast: true}
}

func (r *Receiver) markShown() {
	r.mu.Lock()
	defer r.mu.Unlock()
	select {
	case <-r.shown:
	default:
		close(r.shown)
	}
}

// isNavigation reports whether a request can be that of a browser which was sent here:
// scripts, frames and pictures of other pages say that they are that. Whoever says
// nothing is no browser, or an old one.
//
// Fetch Metadata Request Headers.
func isNavigation(h http.Header) bool {
	origin := h.Get("Origin")
	mode, destination := h.Get("Sec-Fetch-Mode"), h.Get("Sec-Fetch-Dest")
	return (origin == "" || origin == "null") && (mode == "" || mode == "navigate") && (destination == "" || destination == "document")
}
