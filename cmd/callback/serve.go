package callback

import (
	"net/http"
	"net/url"
)

// serve answers one request. It never repeats anything of it.
func (r *Receiver) serve(w http.ResponseWriter, q *http.Request) {
	setHeaders(w.Header())
	isRedirect, isEnd := equal(q.URL.Path, r.path), equal(q.URL.Path, r.end)
	switch {
	case q.Host != r.host: // a page whose own name leads to 127.0.0.1
		w.WriteHeader(http.StatusMisdirectedRequest)
	case !isRedirect && !isEnd:
		page{http.StatusNotFound, pageNothing}.write(w)
	case q.Method != http.MethodGet:
		page{http.StatusMethodNotAllowed, pageNothing}.write(w)
	case !isNavigation(q.Header):
		page{http.StatusForbidden, pageNothing}.write(w)
	case isEnd:
		r.serveEnd(w)
	default:
		r.serveRedirect(w, q.URL.RawQuery)
	}
}

// serveRedirect takes the answer, if it is one. The browser is sent on to a page without
// a query: the token stays in neither its address bar nor its history.
func (r *Receiver) serveRedirect(w http.ResponseWriter, rawQuery string) {
	query, err := url.ParseQuery(rawQuery)
	if err != nil || r.accept(query) != nil {
		page{http.StatusBadRequest, pageNoAnswer}.write(w)
		return
	}
	if !r.take(query) {
		page{http.StatusGone, pageUsed}.write(w)
		return
	}
	w.Header().Set("Location", r.end)
	w.WriteHeader(http.StatusSeeOther)
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

// serveEnd is the page that the browser is left with.
func (r *Receiver) serveEnd(w http.ResponseWriter) {
	r.mu.Lock()
	used, failed := r.used, r.failed
	r.mu.Unlock()
	switch {
	case !used:
		page{http.StatusNotFound, pageNothing}.write(w)
		return
	case failed:
		page{http.StatusOK, pageFailed}.write(w)
	default:
		page{http.StatusOK, pageDone}.write(w)
	}
	r.markShown()
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
