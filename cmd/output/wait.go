package output

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"mxlogin/client/transport"
	"mxlogin/cmd/terminal"
)

// How often a wait is told of where nobody watches a terminal.
const (
	quietStep    = 10 * time.Second
	approvalStep = time.Minute
)

// WaitOut waits out a rate limit: on a terminal with one line that counts down,
// elsewhere with a line at times, so that a log shows what the job is at.
func (r *Reporter) WaitOut(ctx context.Context, w transport.Wait) error {
	return r.countDown(ctx, w.Duration, quietStep, waitText, func(left time.Duration) {
		r.Notice("rate_limited", waitText(left),
			map[string]any{"wait_ms": left.Milliseconds(), "request": w.Request})
	})
}

// Slow tells that a request is taking long, and what is missing.
func (r *Reporter) Slow(s transport.Slow) {
	r.Notice("slow", fmt.Sprintf("still waiting for %s (%s)", s.For, s.Request), map[string]any{"waiting_for": s.For, "request": s.Request})
}

// AwaitApproval counts down the time that a person has to approve a login, until ctx
// ends.
func (r *Reporter) AwaitApproval(ctx context.Context, d time.Duration) {
	_ = r.countDown(ctx, d, approvalStep, approvalText, func(left time.Duration) {
		r.Notice("waiting", approvalText(left), map[string]any{"left_ms": left.Milliseconds()})
	})
}

// countDown waits for d: on a terminal with one line that counts down, elsewhere it calls
// tell at every step.
func (r *Reporter) countDown(ctx context.Context, d, step time.Duration, text func(time.Duration) string, tell func(left time.Duration)) error {
	if terminal.IsTerminal(r.w) && !r.quiet && !r.asJSON {
		return countDownLine(ctx, r.w, d, text)
	}
	return terminal.CountDown(ctx, d, step, tell)
}

// countDownLine writes over one line; no escape codes, for any terminal.
func countDownLine(ctx context.Context, w io.Writer, d time.Duration, text func(time.Duration) string) error {
	width := 0
	err := terminal.CountDown(ctx, d, time.Second, func(left time.Duration) {
		line := "mxlogin: " + text(left)
		width = max(width, len(line))
		_, _ = fmt.Fprintf(w, "\r%-*s", width, line)
	})
	_, _ = fmt.Fprintf(w, "\r%s\r", strings.Repeat(" ", width))
	return err
}

func approvalText(left time.Duration) string {
	return fmt.Sprintf("waiting, %s left", left.Round(time.Second))
}

func waitText(left time.Duration) string {
	return fmt.Sprintf("rate limited, waiting %s", left.Round(time.Second))
}
