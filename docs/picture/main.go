// Picture draws docs/terminal.svg and docs/device.svg, the pictures of README.md: what a
// terminal shows of logins by the real program. The first is of a real homeserver on this
// machine, the second of the authorization server that the tests have.
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

	mxlogin := filepath.Join(home, "mxlogin.exe") // Windows needs the suffix, others do not mind
	if _, err := goCommand(ctx, "build", "-buildvcs=false", "-o", mxlogin, "mxlogin"); err != nil {
		return err
	}
	for name, shown := range map[string]func(ctx context.Context, home, mxlogin string) ([]line, error){
		"terminal.svg": withPassword,
		"device.svg":   withCode,
	} {
		lines, err := shown(ctx, home, mxlogin)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(strings.TrimSpace(root), "docs", name), draw(lines), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// withCode is a login by a device code, which somebody enters elsewhere.
func withCode(ctx context.Context, home, mxlogin string) ([]line, error) {
	issuer, err := clienttest.StartIssuer(ctx, clienttest.IssuerOptions{User: "@demo:localhost", Approved: 2, Forbidden: true})
	if err != nil {
		return nil, err
	}
	defer issuer.Close()
	return showAll(ctx, home, mxlogin, [][]string{
		{"flows", issuer.URL()},
		{"oauth", issuer.URL(), "--device"},
		{"whoami"},
		{"logout"},
	})
}

// withPassword is a login at a homeserver that takes passwords.
func withPassword(ctx context.Context, home, mxlogin string) (lines []line, err error) {
	homeserver, err := startHomeserver(ctx, home)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, homeserver.Stop()) }()

	return showAll(ctx, home, mxlogin, [][]string{
		{"flows", homeserver.URL()},
		{"password", user, "--homeserver", homeserver.URL(), "--password-file", secretFile},
		{"whoami"},
		{"accounts"},
		{"logout"},
	})
}

// showAll runs commands in home and returns what a terminal shows.
func showAll(ctx context.Context, home, mxlogin string, commands [][]string) (lines []line, err error) {
	for _, args := range commands {
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
