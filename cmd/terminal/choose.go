package terminal

import (
	"context"
	"fmt"
	"strconv"
	"strings"
)

// maxTries is how often Choose asks.
const maxTries = 3

// Choose shows prompt with a numbered list of options and returns the index of
// the one whose number is typed. The third answer that is no number of the list
// is an [*InputError].
func (t *Terminal) Choose(ctx context.Context, prompt string, options []string) (int, error) {
	if len(options) == 0 {
		return 0, &InputError{Message: "there is nothing to choose from"}
	}
	if err := t.console.write(ctx, list(prompt, options)); err != nil {
		return 0, err
	}
	for range maxTries {
		answer, err := t.ReadLine(ctx, fmt.Sprintf("Number (1-%d): ", len(options)))
		if err != nil {
			return 0, err
		}
		number, err := strconv.Atoi(strings.TrimSpace(answer))
		if err == nil && 1 <= number && number <= len(options) {
			return number - 1, nil
		}
	}
	return 0, &InputError{Message: fmt.Sprintf("the answer is not a number from 1 to %d", len(options))}
}

// list returns prompt and options, a line each.
func list(prompt string, options []string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n", Safe(prompt))
	for i, option := range options {
		fmt.Fprintf(&b, "%3d  %s\n", i+1, Safe(option))
	}
	return b.String()
}
