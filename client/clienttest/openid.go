package clienttest

import (
	"context"
	"embed"
	"fmt"
	"os"
	"path/filepath"
)

//go:embed openid
var openIDFiles embed.FS

// startProvider starts the identity provider that the homeserver's single sign-on leads
// to, and returns its issuer.
func (s *Synapse) startProvider(ctx context.Context) (issuer string, err error) {
	node, dir, err := installOpenID(ctx)
	if err != nil {
		return "", err
	}
	address, err := freeAddress()
	if err != nil {
		return "", err
	}
	issuer = "http://" + address
	process, err := startChild(ctx, dir, node, "provider.mjs", address[len("127.0.0.1:"):], s.url)
	if err != nil {
		return "", err
	}
	s.processes = append(s.processes, process)
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
	names := []string{"package.json", "package-lock.json", "provider.mjs", "browser.mjs"}
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
