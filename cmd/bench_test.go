package cmd

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// BenchmarkRun is what a command costs besides the start of the process, with 100
// accounts saved.
func BenchmarkRun(b *testing.B) {
	var file strings.Builder
	file.WriteString("version: 1\naccounts:\n")
	for i := range 100 {
		fmt.Fprintf(&file, "  - {user_id: \"@user%d:hs.test\", homeserver: \"https://hs.test\", device_id: ABCDEFGHIJ, access_token: tok%d, flow: m.login.password, api: legacy}\n", i, i)
	}
	path := filepath.Join(b.TempDir(), "config.yaml")
	if err := os.WriteFile(path, []byte(file.String()), 0o600); err != nil {
		b.Fatal(err)
	}
	for name, args := range map[string][]string{
		"version":      {"version"},
		"access-token": {"access-token", "@user50:hs.test", "--config", path},
		"complete":     {"__complete", "whoami", "--config", path, ""},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				app := &App{Stdin: strings.NewReader(""), Stdout: io.Discard, Stderr: io.Discard}
				if code := Run(context.Background(), args, app); code != 0 {
					b.Fatal(code)
				}
			}
		})
	}
}
