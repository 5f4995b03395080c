package cmd

import (
	"context"
	"errors"

	"mxlogin/cmd/terminal"
)

// ask asks a person for a line that is no secret.
func (a *App) ask(ctx context.Context, needed *InteractionError, prompt string) (string, error) {
	settings, err := a.Settings()
	if err != nil {
		return "", err
	}
	asker, err := a.openPrompter(needed)
	if err != nil {
		return "", err
	}
	defer func() { _ = asker.Close() }()
	ctx, cancel := context.WithTimeoutCause(ctx, settings.LoginTimeout, &TimeoutError{Needed: needed.Needed})
	defer cancel()
	return asker.ReadLine(ctx, prompt)
}

// openPrompter opens the terminal; where nobody may be asked it fails with needed,
// which then says why.
func (a *App) openPrompter(needed *InteractionError) (Prompter, error) {
	if settings, err := a.Settings(); err != nil || settings.NoInput {
		needed.Reason = "prompts are off (--no-input, or CI=true)"
		return nil, needed
	}
	asker, err := a.OpenTerminal()
	if errors.Is(err, terminal.ErrNoTerminal) {
		needed.Reason = "there is no terminal"
		return nil, needed
	}
	return asker, err
}
