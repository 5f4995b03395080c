package terminal

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

func TestCountDownShowsWhatIsLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var shown []time.Duration
		err := CountDown(t.Context(), 2500*time.Millisecond, time.Second, func(left time.Duration) { shown = append(shown, left) })
		if err != nil || time.Since(start) != 2500*time.Millisecond {
			t.Errorf("%v after %s", err, time.Since(start))
		}
		if want := []time.Duration{2500 * time.Millisecond, 1500 * time.Millisecond, 500 * time.Millisecond}; !slices.Equal(shown, want) {
			t.Errorf("shown %v, want %v", shown, want)
		}
	})
}

func TestCountDownEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cause := errors.New("told to stop")
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(3*time.Second, func() { cancel(cause) })
		start := time.Now()
		err := CountDown(ctx, time.Hour, time.Minute, func(time.Duration) {})
		if !errors.Is(err, cause) || time.Since(start) != 3*time.Second {
			t.Errorf("%v after %s", err, time.Since(start))
		}
	})
}
