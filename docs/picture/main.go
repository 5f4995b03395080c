// Picture draws docs/terminal.svg and docs/device.svg, the pictures of README.md: what a
// terminal shows of logins by the real program. The first is of a real homeserver on this
// machine, the second of the authorization server that the tests have. It needs a Unix
// with a shell and curl.
//
//	go run ./docs/picture
//
// It works in any directory of the module.
package main

import (
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

	if _, err := goCommand(ctx, "build", "-buildvcs=false", "-o", filepath.Join(home, "mxlogin"), "mxlogin"); err != nil {
		return err
	}
	at := session{home: home, password: rand.Text(), environ: []string{
		"HOME=" + home, "XDG_CONFIG_HOME=" + filepath.Join(home, ".config"), "PATH=" + home + ":" + os.Getenv("PATH"),
	}}
	for name, shown := range map[string]func(context.Context, session) ([]line, error){
		"terminal.svg": withPassword,
		"device.svg":   withCode,
	} {
		lines, err := shown(ctx, at)
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
func withCode(ctx context.Context, s session) ([]line, error) {
	issuer, err := clienttest.StartIssuer(ctx, clienttest.IssuerOptions{User: "@alice:example.org", Approved: 2, Forbidden: true})
	if err != nil {
		return nil, err
	}
	defer issuer.Close()
	return s.showAll(ctx,
		"mxlogin flows "+issuer.URL(),
		"mxlogin oauth "+issuer.URL()+" --device",
		"mxlogin whoami",
		"mxlogin logout",
	)
}

// withPassword is a login at a homeserver that takes passwords and is found by its name:
// a proxy leads there.
func withPassword(ctx context.Context, s session) (lines []line, err error) {
	ca, err := clienttest.NewCA()
	if err != nil {
		return nil, err
	}
	files, err := ca.WriteFiles(s.home, "example.org", "matrix.example.org", "127.0.0.1")
	if err != nil {
		return nil, err
	}
	homeserver, err := clienttest.StartDendrite(ctx, clienttest.DendriteOptions{
		Progress: os.Stderr, ServerName: "example.org", WellKnown: "https://matrix.example.org", TLS: &files,
	})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, homeserver.Stop()) }()
	if err := homeserver.Register(ctx, "alice", s.password); err != nil {
		return nil, err
	}
	address := strings.TrimPrefix(homeserver.URL(), "https://")
	proxy, err := clienttest.StartConnectProxy(ctx, map[string]string{"example.org:443": address, "matrix.example.org:443": address})
	if err != nil {
		return nil, err
	}
	defer proxy.Close()

	s.environ = append(s.environ, "HTTPS_PROXY="+proxy.URL(), "MXLOGIN_CA_FILE="+files.CA, "CURL_CA_BUNDLE="+files.CA)
	return s.showAll(ctx,
		"mxlogin flows example.org",
		"mxlogin password @alice:example.org",
		"mxlogin access-token -o header | curl -s -H @- https://matrix.example.org/_matrix/client/v3/joined_rooms",
		"mxlogin logout",
	)
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
