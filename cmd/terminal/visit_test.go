package terminal_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"mxlogin/client/secret"
	"mxlogin/cmd/terminal"
)

const visitPatience = 5 * time.Minute

var (
	errCause     = errors.New("interrupted")
	errNoBrowser = errors.New("exit status 3")
)

// visitor is somebody on a visit. What happens to them is noted.
type visitor struct {
	typed   chan string   // the lines that they type
	warned  chan struct{} // receives at each warning
	reading atomic.Int32  // calls of ReadLine that have not returned

	mu     sync.Mutex
	events []string
}

func newVisitor(typed ...string) *visitor {
	v := &visitor{typed: make(chan string, len(typed)), warned: make(chan struct{}, 10)}
	for _, line := range typed {
		v.typed <- line
	}
	return v
}

func (v *visitor) note(event string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.events = append(v.events, event)
}

// noted returns the events of a kind, in their order.
func (v *visitor) noted(kind string) []string {
	v.mu.Lock()
	defer v.mu.Unlock()
	var found []string
	for _, event := range v.events {
		if rest, ok := strings.CutPrefix(event, kind+" "); ok {
			found = append(found, rest)
		}
	}
	return found
}

func (v *visitor) ReadLine(ctx context.Context, prompt string) (string, error) {
	v.reading.Add(1)
	defer v.reading.Add(-1)
	v.note("ask " + prompt)
	select {
	case line := <-v.typed:
		return line, nil
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
}

func (v *visitor) Close() error {
	v.note("close it")
	return nil
}

func (*visitor) ReadSecret(context.Context, string) (secret.Value, error) {
	return secret.Value{}, errors.New("a visit asks for no secret")
}

func (*visitor) Choose(context.Context, string, []string) (int, error) {
	return 0, errors.New("a visit asks for no choice")
}

// person returns the visitor at a terminal, or without one.
func (v *visitor) person(hasTerminal bool) *terminal.Person {
	return &terminal.Person{
		Open: func() (terminal.Prompter, error) {
			if !hasTerminal {
				return nil, terminal.ErrNoTerminal
			}
			return v, nil
		},
		Patience: visitPatience,
		Warn: func(code, message string) {
			v.note("warn " + code + ": " + message)
			v.warned <- struct{}{}
		},
		Refuse: func(message string) {
			v.note("warn not_taken: " + message)
			v.warned <- struct{}{}
		},
		Link: func(message, link string) { v.note("link " + message + " " + link) },
	}
}

// page is a visit on which "right" is the line that is taken.
func (v *visitor) page(done func(context.Context) error) terminal.Visit {
	return terminal.Visit{
		Needed:  terminal.InteractionError{Needed: "a person with a browser", Hint: "the hint"},
		What:    "finished the login in the browser",
		Message: "log in:",
		URL:     "https://hs.test/login",
		Prompt:  "Waiting: ",
		Entered: func(line string) error {
			v.note("entered " + line)
			if line != "right" {
				return errors.New("that is not it")
			}
			return nil
		},
		Done: done,
	}
}

// The ways in which what was done in the browser comes back.
func atOnce(context.Context) error { return nil }

func never(ctx context.Context) error {
	<-ctx.Done()
	return context.Cause(ctx)
}

func TestVisit(t *testing.T) {
	opens := func(string) error { return nil }
	fails := func(string) error { return errNoBrowser }
	alone := func(reason string) error {
		return &terminal.InteractionError{Needed: "a person with a browser", Reason: reason, Hint: "the hint"}
	}
	late := &terminal.TimeoutError{What: "finished the login in the browser", Hint: "the hint"}
	const (
		noTerminal = "there is no terminal"
		promptsOff = "prompts are off (--no-input, or CI=true)"
		notTaken   = "not_taken: that is not it"
	)
	tests := map[string]struct {
		terminal bool
		noInput  bool
		browser  func(string) error
		done     func(context.Context) error
		typed    []string
		cancel   bool // after a second

		want     error
		after    time.Duration
		unseen   bool // the URL is not shown
		warnings []string
		entered  []string
	}{
		"Done first":                       {terminal: true, browser: opens, done: atOnce},
		"Done first, no browser":           {terminal: true, done: atOnce},
		"Done fails":                       {terminal: true, done: func(context.Context) error { return errNoBrowser }, want: errNoBrowser},
		"a line first":                     {terminal: true, browser: opens, done: never, typed: []string{"right"}, entered: []string{"right"}},
		"only the person can say":          {terminal: true, browser: opens, typed: []string{"right"}, entered: []string{"right"}},
		"lines that are not taken":         {terminal: true, done: never, typed: []string{"wrong", "", "right"}, entered: []string{"wrong", "", "right"}, warnings: []string{notTaken, notTaken}},
		"no terminal, a browser":           {browser: opens, done: atOnce},
		"no terminal, no browser":          {done: atOnce, want: alone(noTerminal), unseen: true},
		"no terminal, nobody to say so":    {browser: opens, want: alone(noTerminal), unseen: true},
		"no input":                         {terminal: true, noInput: true, browser: opens, done: atOnce, want: alone(promptsOff), unseen: true},
		"no browser can be opened":         {terminal: true, browser: fails, done: never, want: late, after: visitPatience, warnings: []string{"browser: no browser could be opened: exit status 3; open the URL yourself"}},
		"no terminal, none can be opened":  {browser: fails, done: never, want: alone(noTerminal + ", and no browser could be opened: exit status 3")},
		"too late":                         {terminal: true, browser: opens, done: never, want: late, after: visitPatience},
		"too late, no terminal":            {browser: opens, done: never, want: late, after: visitPatience},
		"too late after a line":            {terminal: true, typed: []string{"wrong"}, entered: []string{"wrong"}, warnings: []string{notTaken}, want: late, after: visitPatience},
		"cancelled":                        {terminal: true, browser: opens, done: never, cancel: true, want: errCause, after: time.Second},
		"cancelled, no terminal":           {browser: opens, done: never, cancel: true, want: errCause, after: time.Second},
		"cancelled, the person has to say": {terminal: true, cancel: true, want: errCause, after: time.Second},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				v := newVisitor(test.typed...)
				person := v.person(test.terminal)
				person.NoInput = test.noInput
				if test.browser != nil {
					person.OpenBrowser = func(url string) error {
						v.note("browser " + url)
						return test.browser(url)
					}
				}
				ctx, cancel := context.WithCancelCause(t.Context())
				defer cancel(nil)
				if test.cancel {
					time.AfterFunc(time.Second, func() { cancel(errCause) })
				}
				link := person.Link
				person.Link = func(message, url string) {
					synctest.Wait() // for what was begun before it is shown
					link(message, url)
				}
				start := time.Now()
				err := person.Visit(ctx, v.page(test.done))
				wantNobodyReads(t, v)
				wantError(t, err, test.want)
				if took := time.Since(start); took != test.after {
					t.Errorf("it took %s, want %s", took, test.after)
				}
				synctest.Wait()
				for kind, want := range map[string][]string{"warn": test.warnings, "entered": test.entered} {
					if diff := cmp.Diff(want, v.noted(kind)); diff != "" {
						t.Errorf("%s (-want +got):\n%s", kind, diff)
					}
				}
				wantShownFirst(t, v, !test.unseen, test.browser != nil)
				if closed := len(v.noted("close")); closed != 1 && test.terminal && !test.noInput {
					t.Errorf("the terminal was closed %d times", closed)
				}
			})
		})
	}
}

// TestVisitGoesOnAfterABrowserThatFails to what comes back by itself all the same.
func TestVisitGoesOnAfterABrowserThatFails(t *testing.T) {
	v := newVisitor()
	person := v.person(true)
	person.OpenBrowser = func(string) error { return errNoBrowser }
	err := person.Visit(t.Context(), v.page(func(context.Context) error {
		<-v.warned
		return nil
	}))
	if err != nil {
		t.Error(err)
	}
	wantNobodyReads(t, v)
}

// TestVisitDoesNotWaitForTheBrowser: a program that stays is the browser itself.
func TestVisitDoesNotWaitForTheBrowser(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v, closed := newVisitor(), make(chan struct{})
		person := v.person(true)
		person.OpenBrowser = func(string) error {
			<-closed
			return errNoBrowser
		}
		if err := person.Visit(t.Context(), v.page(atOnce)); err != nil {
			t.Error(err)
		}
		close(closed)
		synctest.Wait()
		if warnings := v.noted("warn"); len(warnings) > 0 {
			t.Errorf("after the visit it warns: %q", warnings)
		}
	})
}

// TestVisitWarnsOfNothingAfterItsEnd: the browser fails in the moment in which the visit
// ends. The race detector sees a warning that comes later.
func TestVisitWarnsOfNothingAfterItsEnd(t *testing.T) {
	for range 500 {
		v, over := newVisitor(), make(chan struct{})
		person := v.person(true)
		warnings := 0
		person.Warn = func(string, string) { warnings++ }
		person.OpenBrowser = func(string) error {
			<-over
			return errNoBrowser
		}
		err := person.Visit(t.Context(), v.page(func(context.Context) error {
			close(over)
			return nil
		}))
		if err != nil || warnings > 1 {
			t.Fatalf("%v, %d warnings", err, warnings)
		}
	}
}

func wantNobodyReads(t *testing.T, v *visitor) {
	t.Helper()
	if n := v.reading.Load(); n != 0 {
		t.Errorf("the terminal is still read %d times", n)
	}
}

// wantError compares errors of the package by what they hold, and others by identity.
func wantError(t *testing.T, got, want error) {
	t.Helper()
	var needed, wantNeeded *terminal.InteractionError
	var late, wantLate *terminal.TimeoutError
	switch {
	case errors.As(want, &wantNeeded):
		if !errors.As(got, &needed) || *needed != *wantNeeded {
			t.Errorf("got %#v, want %#v", got, want)
		}
	case errors.As(want, &wantLate):
		if !errors.As(got, &late) || *late != *wantLate {
			t.Errorf("got %#v, want %#v", got, want)
		}
	case !errors.Is(got, want):
		t.Errorf("got %v, want %v", got, want)
	}
}

// wantShownFirst: the URL is shown once, before anything else happens.
func wantShownFirst(t *testing.T, v *visitor, isShown, hasBrowser bool) {
	t.Helper()
	links, opened := v.noted("link"), v.noted("browser")
	switch {
	case !isShown:
		if len(links)+len(opened) > 0 {
			t.Errorf("shown %q, opened %q", links, opened)
		}
		return
	case !slices.Equal(links, []string{"log in: https://hs.test/login"}):
		t.Errorf("shown %q", links)
	case !strings.HasPrefix(v.events[0], "link "):
		t.Errorf("before the URL was shown: %q", v.events)
	}
	if hasBrowser && !slices.Equal(opened, []string{"https://hs.test/login"}) {
		t.Errorf("the browser was opened with %q", opened)
	}
}
