package cmd_test

import (
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestK15_NoExampleHasASecretInIt reads the documents and all help texts: whoever
// copies an example would put the secret into a history and a process list.
func TestK15_NoExampleHasASecretInIt(t *testing.T) {
	texts := documents(t)
	h := newHome(t)
	for _, path := range commandPaths(t, h, nil) {
		texts["mxlogin "+strings.Join(path, " ")] = h.succeed(t, append(path, "--help")...).stdout
	}
	texts["help environment"] = h.succeed(t, "help", "environment").stdout
	if len(texts) < 20 {
		t.Fatalf("only %d texts were found", len(texts))
	}
	for where, text := range texts {
		for line := range strings.Lines(text) {
			if found := secretInExample(line); found != "" {
				t.Errorf("%s: %q in %q", where, found, line)
			}
		}
	}
}

// TestK15_TheSearchFinds shows that the test above can fail, and that it lets pass
// what is right.
func TestK15_TheSearchFinds(t *testing.T) {
	for line, is := range map[string]bool{
		"mxlogin password @a:h --password hunter2":                 true,
		"mxlogin password @a:h --password=hunter2":                 true,
		"mxlogin password -p hunter2":                              true,
		"mxlogin import --access-token syt_abc":                    true,
		"mxlogin jwt --jwt eyJ":                                    true,
		"MXLOGIN_PASSWORD=hunter2 mxlogin password":                true,
		"export MXLOGIN_ACCESS_TOKEN='syt_abc'":                    true,
		"echo hunter2 | mxlogin password --password-stdin":         true,
		"printf hunter2 | mxlogin password --password-stdin":       true,
		"printf %s hunter2 | mxlogin password --password-stdin":    true,
		"mxlogin password --password-stdin <<< hunter2":            true,
		`curl -H "Authorization: Bearer $TOKEN" https://h`:         true,
		"curl https://h/?access_token=$TOKEN":                      true,
		"mxlogin password --password-file /run/secrets/bot":        false,
		"mxlogin password --password-command 'pass show bot'":      false,
		`printf %s "$BOT_PASSWORD" | mxlogin password`:             false,
		`MXLOGIN_PASSWORD="$BOT_PASSWORD" mxlogin password`:        false,
		"mxlogin access-token -o header | curl -H @- https://h":    false,
		"TOKEN=$(mxlogin token hs.test -o token < secret)":         false,
		"  MXLOGIN_PASSWORD: ${{ secrets.BOT_PASSWORD }}":          false,
		"      --password-file file   read the password from file": false,
	} {
		if got := secretInExample(line) != ""; got != is {
			t.Errorf("%q: found %t, want %t", line, got, is)
		}
	}
}

// secretInExample returns what in a line shows a secret where others can read it.
// A variable that the shell puts in is no secret, but in an argument it becomes one.
func secretInExample(line string) string {
	const text = `["']?[^\s"'$%` + "`" + `…]` // starts like a text, not like a variable
	for _, pattern := range []string{
		`--(?:password|passphrase|secret|jwt|(?:access-|login-|as-|refresh-)?token)[ =]\S+`,
		`mxlogin .*\s-p ?\S+`,
		`\w*(?:PASSWORD|TOKEN|JWT)=` + text,
		`\b(?:echo|printf)(?: %s)? ` + text + `[^|]*\| *mxlogin`,
		`<<< *` + text,
		`-H ['"]?Authorization: .*`,
		`[?&](?:access_token|loginToken)=.*`,
		`https?://\w+:\S+@`,
	} {
		if found := regexp.MustCompile(pattern).FindString(line); found != "" {
			return found
		}
	}
	return ""
}

// documents returns the texts that come with mxlogin.
func documents(t *testing.T) map[string]string {
	t.Helper()
	texts := map[string]string{"../README.md": readText(t, "../README.md")}
	err := filepath.WalkDir("../docs", func(path string, entry fs.DirEntry, err error) error {
		if err == nil && filepath.Ext(path) == ".md" {
			texts[path] = readText(t, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return texts
}

// commandPaths returns all commands below path, as completion knows them.
func commandPaths(t *testing.T, h *home, path []string) [][]string {
	t.Helper()
	paths := [][]string{path}
	args := slices.Concat([]string{"__complete"}, path, []string{""})
	for line := range strings.Lines(h.succeed(t, args...).stdout) {
		word, _, described := strings.Cut(line, "\t")
		if !described {
			continue
		}
		if child := append(slices.Clone(path), word); word != "help" {
			paths = append(paths, commandPaths(t, h, child)...)
		}
	}
	return paths
}
