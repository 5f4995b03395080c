package terminal

import (
	"context"
	"strings"
	"time"
)

// Code is what a person has to enter on a page, on any device.
type Code struct {
	Again       string        // why another code is shown; "" for the first
	Server      string        // that is logged in to
	Text        string        // the code
	URL         string        // of the page
	CompleteURL string        // of the page with the code filled in; "" where there is none
	Lifetime    time.Duration // how long the code is good
}

// Spelled is the code as it is read aloud: its characters one by one, digits by name, in
// the groups that it has.
func (c Code) Spelled() string {
	digits := [...]string{"zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"}
	var groups []string
	for group := range strings.FieldsFuncSeq(c.Text, func(r rune) bool { return r == '-' || r == ' ' }) {
		var spoken []string
		for _, r := range group {
			if r >= '0' && r <= '9' {
				spoken = append(spoken, digits[r-'0'])
			} else {
				spoken = append(spoken, string(r))
			}
		}
		groups = append(groups, strings.Join(spoken, " "))
	}
	return strings.Join(groups, ", ")
}

// Within gives a person time for something to do elsewhere, which do waits for. It fails
// with late when the time is over.
func (p *Person) Within(ctx context.Context, late TimeoutError, do func(context.Context) error) error {
	ctx, cancel := context.WithTimeoutCause(ctx, p.Patience, &late)
	defer cancel()
	return do(ctx)
}

// Approve shows a person a code, and what is left of its time until done returns.
func (p *Person) Approve(ctx context.Context, c Code, done func(context.Context) error) error {
	if deadline, ok := ctx.Deadline(); ok {
		c.Lifetime = min(c.Lifetime, time.Until(deadline))
	}
	p.ShowCode(c)
	counting, stop := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		p.CountDown(counting, c.Lifetime)
	}()
	err := done(ctx)
	stop()
	<-ended
	return err
}
