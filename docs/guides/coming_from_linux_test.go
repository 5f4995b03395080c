package guides_test

import (
	"encoding/json"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"mxlogin/client/clienttest"
)

// TestGuideComingFrom takes over the files of other programs, on a real Synapse.
func TestGuideComingFrom(t *testing.T) {
	if _, err := exec.LookPath("curl"); err != nil {
		clienttest.Skip(t, "there is no curl here")
	}
	server := clienttest.NewSynapse(t, clienttest.SynapseOptions{})
	m := newMachine(t, server.URL())
	for _, user := range []string{"alice", "bot"} {
		if err := server.Register(t.Context(), user, m.password); err != nil {
			t.Fatal(err)
		}
	}
	m.sh(t, "mkdir -p ~/.config/matrix-commander; "+server.Tools+"/register_new_matrix_user -c "+server.Dir+"/homeserver.yaml -u admin --admin -p "+m.password)
	token := func(user string) string {
		t.Helper()
		return strings.TrimSpace(m.sh(t, "printf %s "+m.password+" | mxlogin password "+user+" --password-stdin --storage none -o token"))
	}
	m.write(t, "root/login-request.json", `{"type": "m.login.password", "identifier": {"type": "m.id.user", "user": "alice"}, "password": "`+m.password+`"}`, 0o600)
	commander, err := json.Marshal(map[string]string{"homeserver": server.URL(), "user_id": "@bot:localhost", "device_id": "X", "room_id": "!x:localhost", "access_token": token("bot")})
	if err != nil {
		t.Fatal(err)
	}
	m.write(t, "root/.config/matrix-commander/credentials.json", string(commander), 0o600)
	m.write(t, "root/.config/synadm.yaml", "admin_path: /_synapse/admin\nbase_url: "+server.URL()+"\nformat: yaml\nmatrix_path: /_matrix\ntimeout: 7\ntoken: "+token("admin")+"\nuser: admin\n", 0o600)
	delete(m.env, "MXLOGIN_HOMESERVER") // the files say where

	blocks := fenced(t, "coming-from.md", "sh")
	for i, want := range []string{"Saved the session of @alice:localhost|@alice:localhost", "@bot:localhost, device ", `"name":"@admin:localhost"`} {
		if i == 1 {
			m.sh(t, "mxlogin accounts forget @alice:localhost") // two sessions in one home would be told apart by name
		}
		if out := m.sh(t, blocks[i]); !regexp.MustCompile(want).MatchString(out) {
			t.Errorf("no %s after\n%s\n%s", want, blocks[i], out)
		}
	}
}
