//go:build unix

package cmd_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"mxlogin/client/clienttest"
)

const renewal = "POST /_matrix/client/v3/refresh"

// saveEnding writes a config file with a session that is near its end.
func saveEnding(t *testing.T, configFile, homeserver string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(configFile), 0o700); err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf(`version: 1
accounts:
  - user_id: "@alice:hs.test"
    homeserver: %s
    device_id: DEVICE
    access_token: access-0
    refresh_token: refresh-0
    expires_at: %q
    flow: m.login.password
`, homeserver, time.Now().UTC().Format(time.RFC3339))
	if err := os.WriteFile(configFile, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestR1_TwentyProcessesRenewOnce.
func TestR1_TwentyProcessesRenewOnce(t *testing.T) {
	fake := clienttest.NewFake(t, clienttest.FakeOptions{})
	fake.On(renewal, clienttest.Reply{Body: `{"access_token":"access-1","refresh_token":"refresh-1","expires_in_ms":300000}`})
	first, configFile, _ := process(t, "access-token")
	saveEnding(t, configFile, fake.URL())
	var wg sync.WaitGroup
	for range 20 {
		cmd, _, stderr := process(t, "access-token")
		cmd.Env = first.Env
		wg.Go(func() {
			out, err := cmd.Output()
			if err != nil || string(out) != "access-1\n" {
				t.Errorf("%v, %q\n%s", err, out, stderr)
			}
		})
	}
	wg.Wait()
}

// TestR3_R12_KilledBetweenAnswerAndSave: the server has renewed, the process that asked is
// killed before it can save. R12: it held the lock, which goes with it.
func TestR3_R12_KilledBetweenAnswerAndSave(t *testing.T) {
	fake := clienttest.NewFake(t, clienttest.FakeOptions{})
	killed, configFile, _ := process(t, "access-token")
	saveEnding(t, configFile, fake.URL())
	asked, started := 0, make(chan struct{})
	fake.Handle(renewal, func(w http.ResponseWriter, r *http.Request) {
		var body struct {
			Token string `json:"refresh_token"`
		}
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil || body.Token != "refresh-0" {
			t.Errorf("%v, asked with %q", err, body.Token)
		}
		if asked++; asked == 1 {
			<-started
			_ = killed.Process.Kill()
			<-r.Context().Done()
			return
		}
		_, _ = fmt.Fprintf(w, `{"access_token":"access-%d","refresh_token":"refresh-%[1]d"}`, asked)
	})
	before, err := os.ReadFile(configFile)
	if err != nil {
		t.Fatal(err)
	}
	if err := killed.Start(); err != nil {
		t.Fatal(err)
	}
	close(started)
	if err := killed.Wait(); err == nil {
		t.Fatal("the process was not killed")
	}
	if after, err := os.ReadFile(configFile); err != nil || string(after) != string(before) {
		t.Errorf("%v; the file is\n%s", err, after)
	}
	next, _, stderr := process(t, "access-token")
	next.Env = killed.Env
	if out, err := next.Output(); err != nil || string(out) != "access-2\n" {
		t.Errorf("%v, %q\n%s", err, out, stderr)
	}
}

// TestWhoWaitsForALockWaitsForTheServerOfItsHolder: one process renews at a slow
// server, another saves a login meanwhile.
func TestWhoWaitsForALockWaitsForTheServerOfItsHolder(t *testing.T) {
	fake := clienttest.NewFake(t, clienttest.FakeOptions{})
	renewing, configFile, renewErr := process(t, "access-token")
	saveEnding(t, configFile, fake.URL())
	goOn := make(chan struct{})
	fake.Handle(renewal, func(w http.ResponseWriter, _ *http.Request) {
		<-goOn
		_, _ = fmt.Fprint(w, `{"access_token":"access-1","refresh_token":"refresh-1"}`)
	})
	if err := renewing.Start(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := fake.Await(ctx, renewal); err != nil {
		t.Fatal(err)
	}
	saving, _, savingErr := process(t, "password", "bob", "--homeserver", fake.URL(), "--skip-flows")
	saving.Env = renewing.Env
	fake.On("POST /_matrix/client/v3/login", clienttest.Reply{Body: `{"user_id":"@bob:hs.test","access_token":"tok-of-bob","device_id":"B"}`})
	if err := saving.Start(); err != nil {
		t.Fatal(err)
	}
	close(goOn)
	if err := renewing.Wait(); err != nil {
		t.Errorf("%v\n%s", err, renewErr)
	}
	if err := saving.Wait(); err != nil {
		t.Errorf("%v\n%s", err, savingErr)
	}
	content, err := os.ReadFile(configFile)
	if err != nil || !strings.Contains(string(content), "access-1") || !strings.Contains(string(content), "tok-of-bob") {
		t.Errorf("%v; the file is\n%s", err, content)
	}
}
