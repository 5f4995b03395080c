package clienttest

import (
	"context"
	"time"
)

// lockFile waits until no other process holds path, or ctx ends. The lock ends
// with the process that holds it, however it ends.
func lockFile(ctx context.Context, path string) (unlock func(), err error) {
	// Another process's lock cannot be waited for with a context.
	retry := time.NewTicker(50 * time.Millisecond)
	defer retry.Stop()
	for {
		held, err := tryLock(path)
		if err != nil {
			return nil, err
		}
		if held != nil {
			return func() { _ = held.Close() }, nil
		}
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-retry.C:
		}
	}
}
