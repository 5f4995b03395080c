package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"mxlogin/client/clienttest"
)

// What many logins are.
const (
	manyUsers    = 160 // one login each, and half of them in each of two turns
	manyAtOnce   = 8
	manyRealCost = 10 // of bcrypt, as Dendrite has it by default: some 60 ms a password
)

// many is how many logins a second GNU parallel and mxlogin make at a real Dendrite, to
// those of a loop in this process that does no more than send them. They take turns, so
// that what else the machine does slows both.
func (b bench) many(ctx context.Context, stderr io.Writer) (figure, error) {
	server, err := clienttest.StartDendrite(ctx, clienttest.DendriteOptions{BcryptCost: manyRealCost, Progress: stderr})
	if err != nil {
		return figure{}, err
	}
	defer func() { _ = server.Stop() }()
	dir, err := os.MkdirTemp(b.dir, "many-")
	if err != nil {
		return figure{}, err
	}
	users := make([]string, manyUsers)
	for i := range users {
		users[i] = fmt.Sprintf("many%d", i)
	}
	if err := eachOf(users, func(user string) error { return server.Register(ctx, user, manyPassword) }); err != nil {
		return figure{}, err
	}
	if err := os.WriteFile(filepath.Join(dir, "pw"), []byte(manyPassword), 0o600); err != nil {
		return figure{}, err
	}
	var bare, parallel time.Duration
	for turn := range 4 {
		half := users[:manyUsers/2]
		if turn > 1 {
			half = users[manyUsers/2:]
		}
		start := time.Now()
		if turn%2 == 0 {
			err = eachOf(half, func(user string) error { return bareLogin(ctx, server.URL(), user) })
			bare += time.Since(start)
		} else {
			err = b.parallel(ctx, dir, server.URL(), half)
			parallel += time.Since(start)
		}
		if err != nil {
			return figure{}, err
		}
	}
	fmt.Fprintf(stderr, "%d logins at Dendrite: %.1f a second by a bare loop, %.1f by parallel and mxlogin\n",
		manyUsers, manyUsers/bare.Seconds(), manyUsers/parallel.Seconds())
	return share("logins a second of `parallel -j8 mxlogin password`, to a bare loop", bare, parallel, manyShare), nil
}

const manyPassword = "the same for all of them"

// eachOf does do for each of users, eight at a time.
func eachOf(users []string, do func(user string) error) error {
	work := make(chan string)
	failed := make(chan error, manyAtOnce)
	var wg sync.WaitGroup
	for range manyAtOnce {
		wg.Go(func() {
			for user := range work {
				if err := do(user); err != nil {
					select {
					case failed <- fmt.Errorf("%s: %w", user, err):
					default:
					}
				}
			}
		})
	}
	for _, user := range users {
		work <- user
	}
	close(work)
	wg.Wait()
	select {
	case err := <-failed:
		return err
	default:
		return nil
	}
}

func bareLogin(ctx context.Context, url, user string) error {
	body, err := json.Marshal(map[string]any{
		"type": "m.login.password", "password": manyPassword, "device_id": "MANY",
		"identifier": map[string]string{"type": "m.id.user", "user": user},
	})
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/_matrix/client/v3/login", bytes.NewReader(body))
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if text, err := io.ReadAll(answer.Body); err != nil || answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s %w: %s", answer.Status, err, text)
	}
	return nil
}

// parallel logs users in by GNU parallel, in no place to be saved.
func (b bench) parallel(ctx context.Context, dir, url string, users []string) error {
	command := exec.CommandContext(ctx, "parallel", "-j", fmt.Sprint(manyAtOnce), "--halt", "now,fail=1",
		b.programs.mxlogin, "password", "{}", "--homeserver", url, "--password-file", "pw", "--device-id", "MANY",
		"--skip-flows", "--storage", "none", "--output", "token")
	command.Dir = dir
	command.Env = append(os.Environ(), "HOME="+dir)
	command.Stdin = strings.NewReader(strings.Join(users, "\n") + "\n")
	var stderr bytes.Buffer
	command.Stderr = &stderr
	out, err := command.Output()
	if err != nil {
		return fmt.Errorf("parallel: %w: %s", err, &stderr)
	}
	if tokens := bytes.Count(out, []byte("\n")); tokens != len(users) {
		return fmt.Errorf("parallel printed %d tokens of %d", tokens, len(users))
	}
	return nil
}
