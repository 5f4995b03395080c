package cmd

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"mxlogin/cmd/choose"
)

const day = 24 * time.Hour

// parseAge reads an age as people write it: a number of days or weeks, or a duration of
// Go.
func parseAge(text string) (time.Duration, error) {
	for suffix, unit := range map[string]time.Duration{"d": day, "w": 7 * day} {
		number, ok := strings.CutSuffix(text, suffix)
		if n, err := strconv.Atoi(number); ok && err == nil && n >= 0 && n <= 100*365 {
			return time.Duration(n) * unit, nil
		}
	}
	if age, err := time.ParseDuration(text); err == nil && age >= 0 {
		return age, nil
	}
	return 0, &choose.UsageError{Message: "--older-than is not an age", Hint: "write it as 30d, 2w or 12h"}
}

// ago says how long ago something was, as people say it.
func ago(now, then time.Time) string {
	if then.IsZero() {
		return "unknown"
	}
	switch past := now.Sub(then); {
	case past < time.Minute:
		return "just now"
	case past < time.Hour:
		return plural(int(past/time.Minute), "a minute", "%d minutes") + " ago"
	case past < day:
		return plural(int(past/time.Hour), "an hour", "%d hours") + " ago"
	case past < 60*day:
		return plural(int(past/day), "yesterday", "%d days ago")
	}
	return then.UTC().Format(time.DateOnly)
}

// forDuration says how long something lasts, "" for an unknown time.
func forDuration(d time.Duration) string {
	switch {
	case d <= 0:
		return ""
	case d < 2*time.Minute:
		return plural(int(d/time.Second), ", for a second", ", for %d seconds")
	}
	return plural(int(d/time.Minute), ", for a minute", ", for %d minutes")
}

// plural is one for 1 and many, with the number in it, for all others.
func plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	if !strings.Contains(many, "%d") {
		return many
	}
	return fmt.Sprintf(many, n)
}
