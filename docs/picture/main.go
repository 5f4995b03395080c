// Picture draws docs/terminal.svg, the picture of README.md: what a terminal shows
// of a login by the real program, on a real homeserver on this machine.
//
//	go run ./docs/picture
//
// It works in any directory of the module.
package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"

	"mxlogin/client/clienttest"
)

const (
	user       = "demo"
	secretFile = "secret" // holds the password
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "picture:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) (err error) {
	root, err := goCommand(ctx, "list", "-m", "-f", "{{.Dir}}", "mxlogin")
	if err != nil {
		return err
	}
	home, err := os.MkdirTemp("", "mxlogin-picture-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(home)) }()

	lines, err := logIn(ctx, home)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(strings.TrimSpace(root), "docs", "terminal.svg"), draw(lines), 0o644)
}

// logIn runs the commands of the picture in home and returns what a terminal
// shows.
func logIn(ctx context.Context, home string) (lines []line, err error) {
	mxlogin := filepath.Join(home, "mxlogin.exe") // Windows needs the suffix, others do not mind
	if _, err := goCommand(ctx, "build", "-buildvcs=false", "-o", mxlogin, "mxlogin"); err != nil {
		return nil, err
	}
	homeserver, err := startHomeserver(ctx, home)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, homeserver.Stop()) }()

	for _, args := range [][]string{
		{"flows", homeserver.URL()},
		{"password", user, "--homeserver", homeserver.URL(), "--password-file", secretFile},
		{"whoami"},
		{"accounts"},
		{"logout"},
	} {
		shown, err := show(ctx, home, mxlogin, args)
		if err != nil {
			return nil, err
		}
		lines = append(lines, shown...)
	}
	return lines, nil
}

// startHomeserver starts a server where the user is registered, and writes the
// password into home.
func startHomeserver(ctx context.Context, home string) (*clienttest.Dendrite, error) {
	homeserver, err := clienttest.StartDendrite(ctx, clienttest.DendriteOptions{Progress: os.Stderr})
	if err != nil {
		return nil, err
	}
	password := rand.Text()
	err = homeserver.Register(ctx, user, password)
	if err == nil {
		err = os.WriteFile(filepath.Join(home, secretFile), []byte(password), 0o600)
	}
	if err != nil {
		return nil, errors.Join(err, homeserver.Stop())
	}
	return homeserver, nil
}

// show runs one command and returns it with its output.
func show(ctx context.Context, home, mxlogin string, args []string) ([]line, error) {
	command := exec.CommandContext(ctx, mxlogin, args...)
	command.Dir = home
	command.Env = []string{"HOME=" + home, "XDG_CONFIG_HOME=" + filepath.Join(home, ".config")}
	output, err := command.CombinedOutput()
	typed := "mxlogin " + strings.Join(args, " ")
	if err != nil {
		return nil, fmt.Errorf("%s: %w: %s", typed, err, bytes.TrimSpace(output))
	}
	lines := []line{{text: typed, typed: true}}
	for text := range strings.Lines(strings.ReplaceAll(string(output), home, "~")) { // as readers know their home
		lines = append(lines, line{text: strings.TrimRight(text, "\r\n")})
	}
	return lines, nil
}

func goCommand(ctx context.Context, args ...string) (stdout string, err error) {
	command := exec.CommandContext(ctx, "go", args...)
	command.Stderr = os.Stderr
	output, err := command.Output()
	if err != nil {
		return "", fmt.Errorf("go %s: %w", args[0], err)
	}
	return string(output), nil
}
