package clienttest

import (
	"context"
	"embed"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

//go:embed openid
var openIDFiles embed.FS

// startProvider starts the identity provider that the homeserver's single sign-on leads
// to, or the authorization server that does all of its logins, and returns its issuer.
func (s *Synapse) startProvider(ctx context.Context, o SynapseOptions) (issuer string, err error) {
	node, dir, err := installOpenID(ctx)
	if err != nil {
		return "", err
	}
	address, err := freeAddress()
	if err != nil {
		return "", err
	}
	issuer = "http://" + address
	script := []string{"provider.mjs", address[len("127.0.0.1:"):], s.url}
	if o.OAuth {
		lifetime := o.AccessTokenLifetime
		if lifetime == 0 {
			lifetime = 5 * time.Minute
		}
		script = append([]string{"authorization.mjs"}, append(script[1:], s.secret, fmt.Sprint(int(lifetime.Seconds())))...)
	}
	process, err := startChild(ctx, dir, append([]string{node}, script...)...)
	if err != nil {
		return "", err
	}
	s.processes, s.provider = append(s.processes, process), process
	s.issuer = issuer
	return issuer, awaitAnswer(ctx, process, issuer+"/.well-known/openid-configuration")
}

// installOpenID installs the identity provider and what drives the browser from npm.
func installOpenID(ctx context.Context) (node, dir string, err error) {
	if node, err = program("node"); err != nil {
		return "", "", err
	}
	npm, err := program("npm")
	if err != nil {
		return "", "", err
	}
	names := []string{"package.json", "package-lock.json", "provider.mjs", "authorization.mjs", "browser.mjs"}
	files := make([][]byte, len(names))
	for i, name := range names {
		if files[i], err = openIDFiles.ReadFile("openid/" + name); err != nil {
			return "", "", err
		}
	}
	dir, err = installed(ctx, "openid", files, func(dir string) error {
		for i, name := range names {
			if err := os.WriteFile(filepath.Join(dir, name), files[i], 0o600); err != nil {
				return err
			}
		}
		return runIn(ctx, dir, npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund")
	})
	if err != nil {
		return "", "", fmt.Errorf("npm: %w", err)
	}
	return node, dir, nil
}
