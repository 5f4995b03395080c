package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// The names of the commands that are measured.
const (
	unsavedLogin     = "login, nothing saved"
	newLogin         = "login, a new account"
	savedLogin       = "login, a saved account"
	typedLogin       = "login, a typed URL"
	slowNewLogin     = "login, a new account, slow server"
	slowSavedLogin   = "login, a saved account, slow server"
	slowMautrixLogin = "login by mautrix-go, slow server"
	foundLogin       = "login, discovered"
	mautrixLogin     = "login by mautrix-go"
	curlLogin        = "login by curl + jq"
	token1           = "access-token, 1 account"
	token100         = "access-token, 100 accounts"
	completion1      = "completion, 1 account"
	completion       = "completion, 100 accounts"
	help             = "--help"
)

// bench makes the commands of one run.
type bench struct {
	programs programs
	server   *homeserver
	far      far
	url      string // of the server that logins go to
	dir      string // on the disk that config files are saved on
}

// atSlow is b with its logins going to the server that takes its time.
func (b bench) atSlow() bench {
	b.url = b.server.slow.URL()
	return b
}

// renamed is c under a name of its own.
func (c command) renamed(name string) command {
	c.name = name
	return c
}

// logins are the logins whose times are compared.
func (b bench) logins(withCurl bool) []command {
	logins := []command{
		b.unsaved(),
		b.mautrix(),
		b.saving(newLogin, nil),
		b.saving(savedLogin, []string{user}),
		b.atSlow().mautrix().renamed(slowMautrixLogin),
		b.atSlow().saving(slowNewLogin, nil),
		b.atSlow().saving(slowSavedLogin, []string{user}),
	}
	if withCurl {
		logins = append(logins, b.curl())
	}
	return logins
}

// locals are the commands that ask no server.
func (b bench) locals() []command {
	complete := []string{"__complete", "whoami", ""}
	return []command{
		b.local(token1, 1, "token-0\n", "access-token"),
		b.local(token100, 100, "token-0\n", "access-token"),
		b.local(completion1, 1, "@bot0:hs.test", complete...),
		b.local(completion, 100, "@bot99:hs.test", complete...),
		b.local(help, 0, "Usage", "--help"),
	}
}

func (b bench) unsaved() command {
	return b.mxlogin(unsavedLogin, nil, accessToken,
		"password", user, "--homeserver", b.url, "--skip-flows", "--storage", "none", "-o", "token")
}

// saving is a login that saves its session beside those of users.
func (b bench) saving(name string, users []string) command {
	return b.mxlogin(name, users, accessToken,
		"password", user, "--homeserver", b.url, "--skip-flows", "-o", "token")
}

func (b bench) typed() command {
	return b.mxlogin(typedLogin, nil, accessToken, "password", user, "--homeserver", b.url, "-o", "token")
}

func (b bench) discovered() command {
	c := b.mxlogin(foundLogin, nil, accessToken, "password", user, "--ca-file", b.server.caFile, "-o", "token")
	c.env = append(c.env, "HTTPS_PROXY="+b.server.proxy.URL())
	return c
}

func (b bench) mautrix() command {
	return command{
		name: mautrixLogin,
		argv: []string{b.programs.mautrix, b.url, user},
		env:  environment(b.dir),
		want: accessToken,
	}
}

func (b bench) curl() command {
	return command{
		name: curlLogin,
		argv: []string{"sh", b.programs.script, b.url, user},
		env:  environment(b.dir),
		want: accessToken,
	}
}

func (b bench) local(name string, accounts int, want string, args ...string) command {
	users := make([]string, accounts)
	for i := range users {
		users[i] = fmt.Sprintf("@bot%d:%s", i, serverName)
	}
	c := b.mxlogin(name, users, want, args...)
	c.prepare = sync.OnceValue(c.prepare) // it changes nothing
	return c
}

// mxlogin is a run that finds the given users saved, in a home of its own.
func (b bench) mxlogin(name string, users []string, want string, args ...string) command {
	home := filepath.Join(b.dir, strings.ReplaceAll(name, " ", "-"))
	return command{
		name:    name,
		argv:    append([]string{b.programs.mxlogin}, args...),
		env:     environment(home),
		want:    want,
		prepare: func() error { return b.save(home, users) },
	}
}

// environment has nothing that makes a command act otherwise than it is told.
func environment(home string) []string {
	return []string{"HOME=" + home, "PATH=" + os.Getenv("PATH"), "MXLOGIN_PASSWORD=" + password}
}

// save makes home one whose config file holds the users; without any there is no
// file.
func (b bench) save(home string, users []string) error {
	dir := filepath.Join(home, ".config", "mxlogin")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	path := filepath.Join(dir, "config.yaml")
	if len(users) == 0 {
		if err := os.RemoveAll(path); err != nil {
			return err
		}
		return settle(dir)
	}
	if err := os.WriteFile(path, []byte(b.config(users)), 0o600); err != nil {
		return err
	}
	return errors.Join(settle(path), settle(dir))
}

// settle puts what was done to path on the disk, so that no command that is
// measured has to.
func settle(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(file.Sync(), file.Close())
}

func (b bench) config(users []string) string {
	var text strings.Builder
	fmt.Fprintf(&text, "version: 1\ndefault_account: %q\naccounts:\n", users[0])
	for i, name := range users {
		fmt.Fprintf(&text, "  - name: %q\n    user_id: %q\n    homeserver: %s\n", name, name, b.url)
		fmt.Fprintf(&text, "    device_id: DEVICE%04d\n    access_token: token-%d\n    flow: m.login.password\n    api: legacy\n", i, i)
	}
	return text.String()
}
