package transport

import (
	"context"
	"encoding/json"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	// minWait keeps a server that says "0" for ever from being hammered.
	minWait = time.Second
	// maxTold is the longest wait that is believed; more would overflow.
	maxTold = 10 * 365 * 24 * time.Hour
)

// waitOut sleeps as long as a 429 asks for, or fails with a RateLimitError where
// all waits together would go past Options.MaxWait.
//
// Client-Server API, "Rate limiting": the Retry-After header goes before
// retry_after_ms of the body. A server may name no time at all; then the waits
// are 1, 2, 4 … seconds.
func (c *Client) waitOut(ctx context.Context, resp *Response, attempt int) error {
	wait, told := toldWait(resp, c.options.Now())
	if !told {
		wait = minWait << min(attempt, 16)
	}
	wait = max(wait, minWait)
	if !c.reserveWait(ctx, wait) {
		object, _ := ParseObject(resp.Body)
		code, _, _ := object.String("errcode")
		return &RateLimitError{Request: resp.Request, Code: code[:min(len(code), maxErrorCode)], RetryAfter: wait}
	}
	return c.options.WaitOut(ctx, Wait{Duration: wait, Request: resp.Request})
}

// reserveWait takes wait from what is left of MaxWait and of ctx's time.
func (c *Client) reserveWait(ctx context.Context, wait time.Duration) bool {
	if deadline, ok := ctx.Deadline(); ok && c.options.Now().Add(wait).After(deadline) {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.waited+wait > c.options.MaxWait {
		return false
	}
	c.waited += wait
	return true
}

// toldWait returns the wait that the answer names.
func toldWait(resp *Response, now time.Time) (time.Duration, bool) {
	if wait, ok := parseRetryAfter(resp.Header.Get("Retry-After"), now); ok {
		return wait, true
	}
	object, err := ParseObject(resp.Body)
	if err != nil {
		return 0, false
	}
	ms, ok := parseInteger(object.Raw("retry_after_ms"))
	if !ok || ms < 0 {
		return 0, false
	}
	return min(time.Duration(min(ms, maxTold.Milliseconds()))*time.Millisecond, maxTold), true
}

// parseRetryAfter reads a number of seconds or an HTTP date (RFC 9110, 10.2.3).
func parseRetryAfter(value string, now time.Time) (time.Duration, bool) {
	value = strings.TrimSpace(value)
	if value == "" {
		return 0, false
	}
	if strings.Trim(value, "0123456789") == "" {
		seconds, err := strconv.ParseInt(value, 10, 64)
		if err != nil || seconds > int64(maxTold/time.Second) {
			return maxTold, true
		}
		return time.Duration(seconds) * time.Second, true
	}
	date, err := http.ParseTime(value)
	if err != nil {
		return 0, false
	}
	return min(max(date.Sub(now), 0), maxTold), true
}

// parseInteger reads a JSON number that is written as an integer; beyond 64 bits
// it returns the nearest end of the range.
func parseInteger(raw json.RawMessage) (int64, bool) {
	digits := strings.TrimPrefix(string(raw), "-")
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		return 0, false
	}
	value, err := strconv.ParseInt(string(raw), 10, 64)
	if err != nil && len(digits) < len(raw) {
		return math.MinInt64, true
	}
	if err != nil {
		return math.MaxInt64, true
	}
	return value, true
}
