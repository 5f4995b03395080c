package cmd_test

import (
	"fmt"
	"strings"
	"testing"

	"mxlogin/client/clienttest"
)

// TestK11_NoLineOfALogIsACommandToItsRunner lets a homeserver put the commands of
// GitHub's runner into all texts that mxlogin shows. The token formats are left
// out: they show the token as it is, to whoever asked for it.
func TestK11_NoLineOfALogIsACommandToItsRunner(t *testing.T) {
	const command = `::add-mask::x\n ::error::y\r\n::set-output name=a::b`
	fake := clienttest.NewFake(t, clienttest.FakeOptions{})
	fake.OnEvery("GET /_matrix/client/versions", clienttest.Reply{Body: fmt.Sprintf(`{"versions":["%s"]}`, command)})
	fake.OnEvery("GET /_matrix/client/v3/login", clienttest.Reply{Body: fmt.Sprintf(`{"flows":[{"type":"%s"},{"type":"m.login.token"}]}`, command)})
	fake.OnEvery("GET /_matrix/client/v1/auth_metadata", clienttest.Reply{Body: fmt.Sprintf(`{"issuer":"%s"}`, command)})
	fake.OnEvery("GET /_matrix/client/v3/account/whoami", clienttest.Reply{Body: `{"user_id":"@\n::error::x:hs.test","device_id":"::error::x"}`})
	fake.On("POST /_matrix/client/v3/login",
		clienttest.Reply{Status: 403, Body: fmt.Sprintf(`{"errcode":"%[1]s","error":"%[1]s"}`, command)},
		clienttest.Reply{Status: 400, Body: fmt.Sprintf(`{"errcode":"%[1]s","error":"%[1]s"}`, command)},
		clienttest.Reply{Status: 500, Body: fmt.Sprintf(`{"errcode":"%[1]s","error":"%[1]s"}`, command)},
		clienttest.Reply{Body: fmt.Sprintf(`{"user_id":"@\n::error::x:hs.test","device_id":"::error::x","access_token":"tok-of-the-test","well_known":{"m.homeserver":{"base_url":"%s"}}}`, command)},
	)
	fake.OnEvery("POST /_matrix/client/v3/logout", clienttest.Reply{Status: 401, Body: fmt.Sprintf(`{"errcode":"%[1]s","error":"%[1]s"}`, command)})

	h := newHome(t, "GITHUB_ACTIONS=true", "MXLOGIN_LOGIN_TOKEN=login-token", "MXLOGIN_PASSWORD=password")
	login := []string{"token", fake.URL(), "--skip-flows", "--account", "::error::x"}
	for _, args := range [][]string{
		{"discover", fake.URL()},
		{"flows", fake.URL()},
		{"password", "alice", "--homeserver", fake.URL()},
		login, login, login, login,
		{"whoami"},
		{"accounts"},
		{"logout"},
		{"whoami", "::error::x::\n::error::x"},
		{"::error::x"},
		{"--::error::x"},
	} {
		run := h.run(t, append(args, "-v")...)
		checkNoRunnerCommand(t, args, run)
		if args[0] != login[0] { // whose replies are used up
			checkNoRunnerCommand(t, args, h.run(t, append(args, "-o", "json")...))
		}
	}
}

func checkNoRunnerCommand(t *testing.T, args []string, run ended) {
	t.Helper()
	if run.stdout+run.stderr == "" {
		t.Errorf("mxlogin %q says nothing", args)
	}
	for line := range strings.FieldsFuncSeq(run.stdout+"\n"+run.stderr, func(r rune) bool { return r == '\n' || r == '\r' }) {
		if strings.HasPrefix(strings.TrimSpace(line), "::") {
			t.Errorf("mxlogin %q: a runner would obey the line %q", args, line)
		}
	}
}
