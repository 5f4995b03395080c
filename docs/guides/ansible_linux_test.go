package guides_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"mxlogin/client/clienttest"
)

// TestGuideAnsible plays docs/guides/ansible.md on this machine.
func TestGuideAnsible(t *testing.T) {
	if _, err := exec.LookPath("ansible-playbook"); err != nil {
		clienttest.Skip(t, "there is no Ansible here")
	}
	server := clienttest.NewDendrite(t, clienttest.DendriteOptions{})
	m := newMachine(t, server.URL())
	if err := server.Register(t.Context(), "bot", m.password); err != nil {
		t.Fatal(err)
	}
	playbooks := fenced(t, "ansible.md", "yaml")
	m.write(t, "root/login.yaml", m.names.Replace(playbooks[0]), 0o600)
	m.write(t, "root/token.yaml", m.names.Replace(playbooks[1]), 0o600)
	m.write(t, "root/inventory", "[bots]\nlocalhost ansible_connection=local\n", 0o600)
	m.write(t, "root/vault.yaml", "bot_password: "+m.password+"\n", 0o600)
	m.env["LC_ALL"], m.env["ANSIBLE_REMOTE_TEMP"] = "C.UTF-8", m.at("root/ansible")
	play := func(playbook string) string {
		return m.runs(t, m.env, nil, "ansible-playbook", "-vvv", "-i", "inventory", "-e", "@vault.yaml", playbook)
	}

	if out := play("login.yaml"); !strings.Contains(out, "changed=1 ") {
		t.Errorf("the first login:\n%s", out)
	}
	if out := play("login.yaml"); !strings.Contains(out, "changed=0 ") {
		t.Errorf("the session is good, and:\n%s", out)
	}
	out := play("token.yaml")
	token := m.read(t, "etc/mxlogin/bot.token")
	clienttest.ScanForSecrets(t, "what the play shows", []byte(out), token)
	if info, err := os.Stat(m.at("etc/mxlogin/bot.token")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, the mode of the token's file is %v", err, info.Mode())
	}
	if devices, err := server.Devices(t.Context(), "bot", m.password); err != nil || len(devices) != 1 {
		t.Errorf("%v, devices: %v", err, devices)
	}

	m.write(t, "root/vault.yaml", "bot_password: wrong\n", 0o600)
	m.sh(t, "rm /etc/mxlogin/bot.yaml")
	command := exec.CommandContext(t.Context(), "ansible-playbook", "-i", "inventory", "-e", "@vault.yaml", "login.yaml")
	command.Dir = m.at("root")
	for name, value := range m.env {
		command.Env = append(command.Env, name+"="+value)
	}
	refused, err := command.CombinedOutput()
	if err == nil || !strings.Contains(string(refused), "M_FORBIDDEN") {
		t.Errorf("a wrong password: %v\n%s", err, refused)
	}
}
