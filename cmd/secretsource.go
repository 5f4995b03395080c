package cmd

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/pflag"

	"mxlogin/client/secret"
	"mxlogin/cmd/terminal"
)

// secretSource is where a secret comes from: one of three flags, the
// environment, or the terminal. No flag takes the secret itself: other users of
// the machine see arguments, and shells keep them.
type secretSource struct {
	name string // as in --NAME-stdin
	env  string

	stdin   bool
	file    string
	command string
}

// newSecretSource returns the source of the secret that variable may hold.
func newSecretSource(variable string) secretSource {
	kind, _ := secretKindOf(variable)
	return secretSource{name: kind.name, env: kind.variable}
}

func (s *secretSource) addFlags(all *pflag.FlagSet) {
	inGroup(all, "Where the "+strings.ReplaceAll(s.name, "-", " ")+" comes from", s.defineFlags)
}

func (s *secretSource) defineFlags(flags *pflag.FlagSet) {
	what := strings.ReplaceAll(s.name, "-", " ")
	flags.BoolVar(&s.stdin, s.name+"-stdin", false, "read the "+what+" from standard input")
	flags.StringVar(&s.file, s.name+"-file", "", "read the "+what+" from a `file`")
	flags.StringVar(&s.command, s.name+"-command", "", "run a `command`, without a shell, and read the "+what+" from its output")
}

// isGiven reports whether a flag names the source.
func (s *secretSource) isGiven() bool { return s.stdin || s.file != "" || s.command != "" }

// check refuses two sources at once.
func (s *secretSource) check() error {
	given := 0
	for _, is := range []bool{s.stdin, s.file != "", s.command != ""} {
		if is {
			given++
		}
	}
	if given > 1 {
		return &UsageError{
			Message: fmt.Sprintf("--%[1]s-stdin, --%[1]s-file and --%[1]s-command exclude each other", s.name),
			Hint:    "give one of them",
		}
	}
	return nil
}

// readSecret gets the secret, from a person by prompt where nothing else is
// given. Whoever gives it has as long as --login-timeout.
func (a *App) readSecret(ctx context.Context, s *secretSource, prompt string) (secret.Value, error) {
	settings, err := a.Settings()
	if err != nil {
		return secret.Value{}, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, settings.LoginTimeout, &TimeoutError{Needed: "the " + s.name})
	defer cancel()
	value, err := a.fromSource(ctx, s, prompt)
	if err != nil {
		return secret.Value{}, err
	}
	return a.Hide(value), nil
}

func (a *App) fromSource(ctx context.Context, s *secretSource, prompt string) (secret.Value, error) {
	switch {
	case s.stdin && !terminal.IsTerminal(a.Stdin):
		return terminal.ReadSecretFrom(ctx, a.Stdin, "standard input")
	case s.file != "":
		return a.fromFile(ctx, "--"+s.name+"-file", s.file)
	case s.command != "":
		return terminal.ReadSecretCommand(ctx, "--"+s.name+"-command", s.command, a.Environment.ForChildren(), a.Stderr)
	}
	if value, ok := a.Environment.Secret(s.env); ok && !s.stdin {
		return terminal.ReadSecretFrom(ctx, strings.NewReader(value.Reveal()), s.env)
	}
	return a.prompt(ctx, s, prompt)
}

func (a *App) fromFile(ctx context.Context, flag, path string) (secret.Value, error) {
	value, othersCanRead, err := terminal.ReadSecretFile(ctx, flag, path)
	if othersCanRead {
		a.Reporter().Warning("file_mode", fmt.Sprintf("the file of %s can be read by other users", flag))
	}
	return value, err
}

func (a *App) prompt(ctx context.Context, s *secretSource, prompt string) (secret.Value, error) {
	needed := &InteractionError{
		Needed: "a " + strings.ReplaceAll(s.name, "-", " "),
		Hint:   fmt.Sprintf("use --%[1]s-stdin, --%[1]s-file, --%[1]s-command or %[2]s", s.name, s.env),
	}
	asker, err := a.openPrompter(needed)
	if err != nil {
		return secret.Value{}, err
	}
	defer func() { _ = asker.Close() }()
	return asker.ReadSecret(ctx, prompt)
}
