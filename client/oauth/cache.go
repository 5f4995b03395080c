package oauth

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"mxlogin/client/matrixid"
	"mxlogin/client/transport"
)

// Cache keeps metadata for as long as the homeserver lets it. It is safe for concurrent
// use. The zero Cache is empty and goes by the clock of the machine; a nil Cache keeps
// nothing.
//
// Client-Server API, GET /auth_metadata: clients should go by the HTTP headers.
type Cache struct {
	Now func() time.Time

	mu   sync.Mutex
	kept map[matrixid.BaseURL]kept
}

type kept struct {
	metadata Metadata
	until    time.Time
}

// Fetch is [FetchMetadata] where nothing fresh is kept.
func (c *Cache) Fetch(ctx context.Context, t *transport.Client, base matrixid.BaseURL) (m Metadata, ok bool, err error) {
	if c == nil {
		return FetchMetadata(ctx, t, base)
	}
	now := time.Now
	if c.Now != nil {
		now = c.Now
	}
	c.mu.Lock()
	known, ok := c.kept[base]
	c.mu.Unlock()
	if ok && now().Before(known.until) {
		return known.metadata, true, nil
	}
	asked := now()
	m, ok, err = FetchMetadata(ctx, t, base)
	if err != nil || !ok {
		return m, ok, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.kept == nil {
		c.kept = map[matrixid.BaseURL]kept{}
	}
	c.kept[base] = kept{metadata: m, until: asked.Add(m.freshFor)}
	return m, true, nil
}

// freshness is how long an answer may be used without asking again, from when it was
// asked for: max-age less Age. An answer that says nothing is used once.
//
// RFC 9111, 4.2.
func freshness(h http.Header) time.Duration {
	var maxAge time.Duration
	for directive := range strings.SplitSeq(strings.Join(h.Values("Cache-Control"), ","), ",") {
		name, value, _ := strings.Cut(strings.ToLower(strings.TrimSpace(directive)), "=")
		switch name {
		case "no-store", "no-cache":
			return 0
		case "max-age":
			maxAge = seconds(strings.Trim(value, `"`))
		}
	}
	return max(0, maxAge-seconds(h.Get("Age")))
}

// seconds reads a number of seconds, of a year at most; what is none is 0.
func seconds(text string) time.Duration {
	const year = 365 * 24 * 60 * 60
	n, err := strconv.ParseUint(text, 10, 63)
	if err != nil {
		return 0
	}
	return time.Duration(min(n, year)) * time.Second
}
