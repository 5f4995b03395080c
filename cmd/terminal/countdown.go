package terminal

import (
	"context"
	"time"
)

// CountDown waits for d and calls show with what is left of it: at the start and
// then at every step. It returns the cause of ctx if that ends first.
func CountDown(ctx context.Context, d, step time.Duration, show func(left time.Duration)) error {
	end := time.NewTimer(d)
	defer end.Stop()
	steps := time.NewTicker(step)
	defer steps.Stop()
	for left := d; ; left -= step {
		if left > 0 {
			show(left)
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-end.C:
			return nil
		case <-steps.C:
		}
	}
}
