package terminal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"mxlogin/client/secret"
)

// Prompter asks a person. [Terminal] is one.
type Prompter interface {
	ReadSecret(ctx context.Context, prompt string) (secret.Value, error)
	ReadLine(ctx context.Context, prompt string) (string, error)
	Choose(ctx context.Context, prompt string, options []string) (int, error)
	Close() error
}

// Person is whoever gives mxlogin what it needs: somebody at the terminal, or a job
// that has named other sources beforehand.
type Person struct {
	Open     func() (Prompter, error) // the controlling terminal
	NoInput  bool                     // nobody may be asked
	Patience time.Duration            // how long an answer may take
	Stdin    io.Reader
	Stderr   io.Writer // for commands that print a secret
	Environ  []string  // for them
	Hide     func(secret.Value)
	Warn     func(code, message string)
	Refuse   func(message string) // says why an answer is not taken

	OpenBrowser func(url string) error     // nil: there is no browser
	Link        func(message, link string) // shows a URL that has to be opened
	ShowCode    func(Code)                 // shows a code that has to be entered
	// CountDown shows what is left of a code's time, until that or ctx is over.
	CountDown func(ctx context.Context, d time.Duration)
}

// Source is where a secret comes from. Where nothing is named the person is asked.
type Source struct {
	Name     string // such as "login-token": its flags are --login-token-stdin and so on
	Stdin    bool
	File     string
	Command  string
	Variable string       // the environment variable
	Value    secret.Value // of it
	Token    bool         // it has the form of a token
	Text     bool         // it may have several lines, and any form
}

// Words are what the secret is called.
func (s Source) Words() string { return strings.ReplaceAll(s.Name, "-", " ") }

// IsNamed reports whether anything but the terminal is named.
func (s Source) IsNamed() bool {
	return s.Stdin || s.File != "" || s.Command != "" || !s.Value.IsZero()
}

// InteractionError tells that a person is needed and cannot be asked.
type InteractionError struct {
	Needed string // what would be asked for
	Reason string
	Hint   string
}

func (e *InteractionError) Error() string {
	return fmt.Sprintf("%s is needed, but %s", e.Needed, e.Reason)
}

// TimeoutError tells that a person did not do something in time.
type TimeoutError struct {
	What string // "gave the password"
	Hint string // another way, or ""
}

func (e *TimeoutError) Error() string {
	return "nobody " + e.What + " in time"
}

// CanBeAsked reports whether somebody is at the terminal.
func (p *Person) CanBeAsked() bool {
	asker, err := p.open(InteractionError{})
	if err != nil {
		return false
	}
	_ = asker.Close()
	return true
}

// CanBrowse reports whether a browser can be opened for somebody.
func (p *Person) CanBrowse() bool { return p.OpenBrowser != nil && !p.NoInput }

// Secret gets a secret from its source, from the person by prompt where nothing
// else is given, and hides it.
func (p *Person) Secret(ctx context.Context, from Source, prompt string) (secret.Value, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, p.Patience, &TimeoutError{What: "gave the " + from.Name})
	defer cancel()
	value, err := p.read(ctx, from, prompt)
	if err != nil {
		return secret.Value{}, err
	}
	p.Hide(value)
	if from.Token && !from.Text {
		err = CheckToken(value.Reveal(), "the "+from.Words())
	}
	return value, err
}

// Line asks the person for a line that is no secret. needed says what for, and what
// to do where nobody can be asked.
func (p *Person) Line(ctx context.Context, needed InteractionError, prompt string) (string, error) {
	asker, err := p.open(needed)
	if err != nil {
		return "", err
	}
	defer func() { _ = asker.Close() }()
	ctx, cancel := context.WithTimeoutCause(ctx, p.Patience, &TimeoutError{What: "gave " + needed.Needed})
	defer cancel()
	return asker.ReadLine(ctx, prompt)
}

// Choose has the person choose one of several options, by number.
func (p *Person) Choose(ctx context.Context, needed InteractionError, prompt string, options []string) (int, error) {
	asker, err := p.open(needed)
	if err != nil {
		return 0, err
	}
	defer func() { _ = asker.Close() }()
	ctx, cancel := context.WithTimeoutCause(ctx, p.Patience, &TimeoutError{What: "gave " + needed.Needed})
	defer cancel()
	return asker.Choose(ctx, prompt, options)
}

func (p *Person) read(ctx context.Context, from Source, prompt string) (secret.Value, error) {
	reading := ReadSecretFrom
	if from.Text {
		reading = ReadTextFrom
	}
	switch {
	case from.Stdin && !IsTerminal(p.Stdin):
		return reading(ctx, p.Stdin, "standard input")
	case from.File != "":
		return p.readFile(ctx, "--"+from.Name+"-file", from.File, reading)
	case from.Command != "":
		return p.runCommand(ctx, "--"+from.Name+"-command", from.Command)
	case !from.Value.IsZero() && !from.Stdin:
		return reading(ctx, strings.NewReader(from.Value.Reveal()), from.Variable)
	}
	return p.ask(ctx, from, prompt)
}

// runCommand takes the first line that a command prints: password managers keep other
// things below.
func (p *Person) runCommand(ctx context.Context, flag, command string) (secret.Value, error) {
	value, lines, err := ReadSecretCommand(ctx, flag, command, p.Environ, p.Stderr)
	if err == nil && lines > 1 {
		p.Warn("several_lines", fmt.Sprintf("%s printed %d lines; using the first", flag, lines))
	}
	return value, err
}

func (p *Person) readFile(ctx context.Context, flag, path string, reading Reading) (secret.Value, error) {
	value, othersCanRead, err := ReadSecretFile(ctx, flag, path, reading)
	if othersCanRead {
		p.Warn("file_mode", fmt.Sprintf("the file of %s is readable by other users", flag))
	}
	return value, err
}

func (p *Person) ask(ctx context.Context, from Source, prompt string) (secret.Value, error) {
	asker, err := p.open(InteractionError{
		Needed: withArticle(from.Words()),
		Hint:   fmt.Sprintf("use --%[1]s-stdin, --%[1]s-file, --%[1]s-command or %[2]s", from.Name, from.Variable),
	})
	if err != nil {
		return secret.Value{}, err
	}
	defer func() { _ = asker.Close() }()
	return asker.ReadSecret(ctx, prompt)
}

// withArticle is a noun with a or an before it.
func withArticle(noun string) string {
	if strings.ContainsRune("aeiou", rune(noun[0])) {
		return "an " + noun
	}
	return "a " + noun
}

// open opens the terminal; where nobody may be asked it fails with needed, which
// then says why.
func (p *Person) open(needed InteractionError) (Prompter, error) {
	if p.NoInput {
		needed.Reason = "prompts are off (--no-input, or CI=true)"
		return nil, &needed
	}
	asker, err := p.Open()
	if errors.Is(err, ErrNoTerminal) {
		needed.Reason = "there is no terminal"
		return nil, &needed
	}
	return asker, err
}
