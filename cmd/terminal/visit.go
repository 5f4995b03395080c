package terminal

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Visit is a page that a person has to go to.
type Visit struct {
	Needed  InteractionError // what for; the error where there is neither a browser nor a terminal
	What    string           // what has to be done there, for the TimeoutError: "finished the login in the browser"
	Message string           // shown before the URL
	URL     string

	// Prompt asks for what Entered takes: a line that the person enters meanwhile. An
	// error of Entered is told, and the person asked again.
	Prompt  string
	Entered func(line string) error
	// Done returns when what was done in the browser has come back by itself. Nil: only
	// the person can say so.
	Done func(context.Context) error
}

// Visit shows a person the way to a page, opens it in a browser where there is one, and
// waits until the visit is over: what was done there has come back, or the person has
// entered a line that is taken. Without a terminal it goes on where a browser can be
// opened, and fails with Needed where none can.
func (p *Person) Visit(ctx context.Context, v Visit) error {
	ctx, cancel := context.WithTimeoutCause(ctx, p.Patience, &TimeoutError{What: v.What, Hint: v.Needed.Hint})
	defer cancel()
	asker, err := p.open(v.Needed)
	alone := (*InteractionError)(nil)
	switch {
	case errors.As(err, &alone) && (p.NoInput || p.OpenBrowser == nil || v.Done == nil):
		return alone
	case alone == nil && err != nil:
		return err
	case alone == nil:
		defer func() { _ = asker.Close() }()
	}
	p.Link(v.Message, v.URL)
	ctx, stop := context.WithCancel(ctx)
	visit := &visiting{Visit: v, person: p, over: make(chan error, 3)}
	defer visit.wait()
	defer stop()
	if p.OpenBrowser != nil {
		visit.openBrowser(ctx, alone)
	}
	if v.Done != nil {
		visit.running(func() error { return v.Done(ctx) })
	}
	if alone == nil {
		visit.running(func() error { return visit.listen(ctx, asker) })
	}
	err = <-visit.over
	if fault := (*partError)(nil); errors.As(err, &fault) {
		panic(fault.value)
	}
	return err
}

// partError is a panic of a part of a visit, which is one of the visit: in the part's own
// goroutine it would end the process, and show what it holds.
type partError struct{ value any }

func (f *partError) Error() string { return "panic" }

// visiting is a visit under way.
type visiting struct {
	Visit
	person *Person
	over   chan error // the first decides
	parts  []chan struct{}
}

// running does a part of the visit; that it returns ends the visit.
func (v *visiting) running(part func() error) {
	v.beside(func() { v.over <- part() })
}

// beside does a part of the visit that may return before the visit ends.
func (v *visiting) beside(part func()) {
	ended := make(chan struct{})
	v.parts = append(v.parts, ended)
	go func() {
		defer close(ended)
		defer func() {
			if value := recover(); value != nil {
				v.over <- &partError{value}
			}
		}()
		part()
	}()
}

// wait waits until the parts have ended, so that none is left that reads the terminal or
// writes to it.
func (v *visiting) wait() {
	for _, ended := range v.parts {
		<-ended
	}
}

// launchTime is how long a program that opens a browser is watched. One that runs for
// longer is the browser itself, and is left alone.
const launchTime = 10 * time.Second

// openBrowser opens the page. Where that fails and nobody is there to open it by hand the
// visit is over, with the error that alone is.
func (v *visiting) openBrowser(ctx context.Context, alone *InteractionError) {
	failed := make(chan error, 1)
	go func() { failed <- v.person.OpenBrowser(v.URL) }()
	v.beside(func() {
		ctx, cancel := context.WithTimeout(ctx, launchTime)
		defer cancel()
		select {
		case err := <-failed:
			if err == nil {
				return
			}
			if alone != nil {
				alone.Reason += fmt.Sprintf(", and no browser could be opened: %v", err)
				v.over <- alone
				return
			}
			v.person.Warn("browser", fmt.Sprintf("no browser could be opened: %v; open the URL yourself", err))
		case <-ctx.Done():
		}
	})
}

// listen asks the person for a line until one is taken.
func (v *visiting) listen(ctx context.Context, asker Prompter) error {
	for {
		line, err := asker.ReadLine(ctx, v.Prompt)
		if err != nil {
			return err
		}
		err = v.Entered(line)
		if err == nil {
			return nil
		}
		v.person.Refuse(err.Error())
	}
}
