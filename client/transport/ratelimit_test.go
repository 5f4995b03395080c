package transport_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"mxlogin/client/clienttest"
	"mxlogin/client/transport"
)

var now = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func limited(header, body string) clienttest.Reply {
	reply := clienttest.Reply{Status: 429, Body: body}
	if header != "" {
		reply.Header = map[string]string{"Retry-After": header}
	}
	return reply
}

func retryAfterMS(value string) string {
	return `{"errcode":"M_LIMIT_EXCEEDED","retry_after_ms":` + value + `}`
}

func TestRateLimitsAreWaitedOutAsTold_H36_H37_H38_H39(t *testing.T) {
	const long = 10 * 365 * 24 * time.Hour
	cases := []struct {
		name, header, body string
		want               time.Duration
	}{
		{"H36 seconds", "5", "", 5 * time.Second},
		{"H36 zero", "0", "", time.Second},
		{"H37 date to come", "Fri, 02 Jan 2026 03:04:25 GMT", "", 20 * time.Second},
		{"H37 date gone", "Fri, 02 Jan 2026 03:00:00 GMT", "", time.Second},
		{"H37 1970", "Thu, 01 Jan 1970 00:00:00 GMT", "", time.Second},
		{"H37 RFC 850", "Friday, 02-Jan-26 03:04:15 GMT", "", 10 * time.Second},
		{"H37 garbage", "soon", "", time.Second},
		{"H37 negative", "-3", "", time.Second},
		{"H38 milliseconds", "", retryAfterMS("2500"), 2500 * time.Millisecond},
		{"H38 negative", "", retryAfterMS("-1"), time.Second},
		{"H38 fraction", "", retryAfterMS("1.5"), time.Second},
		{"H38 exponent", "", retryAfterMS("1e30"), time.Second},
		{"H38 text", "", retryAfterMS(`"500"`), time.Second},
		{"H38 null", "", retryAfterMS("null"), time.Second},
		{"H38 list", "", retryAfterMS("[]"), time.Second},
		{"H38 huge", "", retryAfterMS("9223372036854775807"), long},
		{"H38 beyond 64 bits", "", retryAfterMS("99999999999999999999"), long},
		{"H37 year 9999", "Fri, 31 Dec 9999 23:59:59 GMT", "", long},
		{"H36 huge", "99999999999999999999", "", long},
		{"H39 both", "7", retryAfterMS("2000"), 7 * time.Second},
		{"nothing told", "", `{"errcode":"M_LIMIT_EXCEEDED"}`, time.Second},
		{"not JSON", "", "slow down", time.Second},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			fake := clienttest.NewFake(t, clienttest.FakeOptions{})
			fake.On("POST "+loginPath, limited(c.header, c.body), clienttest.Reply{Body: `{}`})
			var told []transport.Wait
			client, _ := newClient(transport.Options{
				MaxWait: 2 * long, Now: func() time.Time { return now },
				WaitOut: func(_ context.Context, w transport.Wait) error {
					told = append(told, w)
					return nil
				},
			})
			if _, err := client.Do(t.Context(), login(baseOf(t, fake.URL()), "x")); err != nil {
				t.Fatal(err)
			}
			if len(told) != 1 || told[0].Duration != c.want {
				t.Errorf("waited %v, want %v", told, c.want)
			}
		})
	}
}

func TestH40_ARateLimitForEverEnds(t *testing.T) {
	fake := clienttest.NewFake(t, clienttest.FakeOptions{})
	fake.OnEvery("POST "+loginPath, limited("", `{"errcode":"M_LIMIT_EXCEEDED"}`))
	client, clock := newClient(transport.Options{MaxWait: 60 * time.Second})
	_, err := client.Do(t.Context(), login(baseOf(t, fake.URL()), "x"))
	var limit *transport.RateLimitError
	if !errors.As(err, &limit) || limit.RetryAfter != 32*time.Second {
		t.Fatalf("%#v", err)
	}
	if want := []time.Duration{1, 2, 4, 8, 16}; fmt.Sprint(clock.waits) != fmt.Sprint(seconds(want)) {
		t.Errorf("waited %v", clock.waits)
	}
	// The bound is for all requests together.
	if _, err := client.Do(t.Context(), login(baseOf(t, fake.URL()), "x")); !errors.As(err, &limit) {
		t.Fatal(err)
	}
	if total := sum(clock.waits); total > 60*time.Second {
		t.Errorf("waited %v in all", total)
	}
}

func TestALongerWaitThanAllowedIsNotBegun(t *testing.T) {
	fake := clienttest.NewFake(t, clienttest.FakeOptions{})
	fake.On("POST "+loginPath, limited("61", ""))
	client, clock := newClient(transport.Options{MaxWait: 60 * time.Second})
	_, err := client.Do(t.Context(), login(baseOf(t, fake.URL()), "x"))
	var limit *transport.RateLimitError
	if !errors.As(err, &limit) || limit.RetryAfter != 61*time.Second || len(clock.waits) != 0 {
		t.Errorf("%v, waited %v", err, clock.waits)
	}
}

func seconds(counts []time.Duration) []time.Duration {
	durations := make([]time.Duration, len(counts))
	for i, n := range counts {
		durations[i] = n * time.Second
	}
	return durations
}

func sum(durations []time.Duration) (total time.Duration) {
	for _, d := range durations {
		total += d
	}
	return total
}
