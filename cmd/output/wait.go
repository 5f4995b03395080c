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

// quietStep is how often a wait is told of where nobody watches a terminal.
const quietStep = 10 * time.Second

// WaitOut waits out a rate limit: on a terminal with one line that counts down,
// elsewhere with a line at times, so that a log shows what the job is at.
func (r *Reporter) WaitOut(ctx context.Context, w transport.Wait) error {
	if terminal.IsTerminal(r.w) && !r.quiet && !r.asJSON {
		return countDownLine(ctx, r.w, w.Duration)
	}
	return terminal.CountDown(ctx, w.Duration, quietStep, func(left time.Duration) {
		r.Notice("rate_limited", waitText(left),
			map[string]any{"wait_ms": left.Milliseconds(), "request": w.Request})
	})
}

// countDownLine writes over one line; no escape codes, for any terminal.
func countDownLine(ctx context.Context, w io.Writer, d time.Duration) error {
	width := 0
	err := terminal.CountDown(ctx, d, time.Second, func(left time.Duration) {
		line := "mxlogin: " + waitText(left)
		width = max(width, len(line))
		_, _ = fmt.Fprintf(w, "\r%-*s", width, line)
	})
	_, _ = fmt.Fprintf(w, "\r%s\r", strings.Repeat(" ", width))
	return err
}

func waitText(left time.Duration) string {
	return fmt.Sprintf("rate limited by the server; waiting %s", left.Round(time.Second))
}
