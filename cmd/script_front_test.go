package cmd_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// scriptFront puts a proxy before the server of the script, which may change it to
// what other servers are: NAME becomes its URL, and it is "plain", the same at another
// URL, "r0", a server that knows no /v3, or "moves URL", one whose logins name URL as
// the homeserver.
func scriptFront(ts *testscript.TestScript, args []string) {
	target, err := url.Parse(ts.Getenv("HS"))
	ts.Check(err)
	proxy := httputil.NewSingleHostReverseProxy(target)
	var handler http.Handler = proxy
	switch {
	case len(args) == 2 && args[1] == "plain":
	case len(args) == 2 && args[1] == "r0":
		handler = withoutV3(proxy)
	case len(args) == 3 && args[1] == "moves":
		proxy.ModifyResponse = func(resp *http.Response) error { return addWellKnown(resp, args[2]) }
	default:
		ts.Fatalf("usage: front NAME plain | front NAME r0 | front NAME moves URL")
	}
	server := httptest.NewServer(handler)
	ts.Defer(server.Close)
	ts.Setenv(args[0], server.URL)
}

// withoutV3 knows the paths of a server of 2021 only.
func withoutV3(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/_matrix/client/v3/") {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusNotFound)
			_, _ = io.WriteString(w, `{"errcode":"M_UNRECOGNIZED","error":"unknown path"}`)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// addWellKnown adds "well_known" to the answer of a login.
func addWellKnown(resp *http.Response, base string) error {
	if resp.Request.Method != http.MethodPost || resp.StatusCode != http.StatusOK || !strings.HasSuffix(resp.Request.URL.Path, "/login") {
		return nil
	}
	var answer map[string]any
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		return err
	}
	_ = resp.Body.Close()
	answer["well_known"] = map[string]any{"m.homeserver": map[string]any{"base_url": base}}
	body, err := json.Marshal(answer)
	if err != nil {
		return err
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	resp.Header.Set("Content-Length", strconv.Itoa(len(body)))
	resp.ContentLength = int64(len(body))
	return nil
}
