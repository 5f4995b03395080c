package guides_test

import (
	"maps"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"mxlogin/client/clienttest"
)

// TestGuideBot runs docs/guides/bot.md on the machine of a real Synapse.
func TestGuideBot(t *testing.T) {
	server := clienttest.NewSynapse(t, clienttest.SynapseOptions{})
	if err := server.Register(t.Context(), "alice", clienttest.NewCanary("pw").String()); err != nil {
		t.Fatal(err)
	}
	m := newMachine(t, server.URL(), "/etc/matrix-synapse", server.Dir)
	m.env["PATH"] += ":" + server.Tools
	units := m.units(t, "bot.md", "bot.service")

	for _, block := range fenced(t, "bot.md", "sh") {
		if strings.HasPrefix(block, "systemctl ") {
			continue // the machine of a test has no running systemd
		}
		m.sh(t, block)
		m.password = strings.TrimSpace(m.read(t, "etc/mxlogin/bot.password"))
	}
	if devices, err := server.Devices(t.Context(), "bot"); err != nil || len(devices) != 0 {
		t.Errorf("%v, devices before the service starts: %v", err, devices)
	}

	m.program(t, "usr/local/bin/bot", `room=$(jq -r .room_id `+m.at("etc/mxlogin/room.json")+`)
mxlogin api "/_matrix/client/v3/rooms/$room/messages?dir=b"`)
	for range 2 {
		if out := m.starts(t, units["bot.service"]); !strings.Contains(out, "The bot is here.") {
			t.Errorf("the bot does not see its message:\n%s", out)
		}
	}
	devices, err := server.Devices(t.Context(), "bot")
	if err != nil || len(devices) != 1 || devices[0].Name != "bot" {
		t.Errorf("%v, devices of the service: %v", err, devices)
	}
}

// TestGuideSchedule runs docs/guides/schedule.md.
func TestGuideSchedule(t *testing.T) {
	server := clienttest.NewDendrite(t, clienttest.DendriteOptions{})
	m := newMachine(t, server.URL())
	if err := server.Register(t.Context(), "bot", m.password); err != nil {
		t.Fatal(err)
	}
	units := m.units(t, "schedule.md", "report.service", "report.timer")
	m.write(t, "etc/mxlogin/bot.password", m.password+"\n", 0o600)
	m.program(t, "usr/local/bin/report", "mxlogin whoami")
	checkReport := func(out string) {
		t.Helper()
		if !strings.Contains(out, "@bot:localhost, device ") {
			t.Errorf("the report had no session: %q", out)
		}
		if devices, err := server.Devices(t.Context(), "bot", m.password); err != nil || len(devices) != 0 {
			t.Errorf("%v, devices after it: %v", err, devices)
		}
	}
	checkReport(m.starts(t, units["report.service"]))

	m.write(t, "root/.bot.password", m.password+"\n", 0o600)
	m.program(t, "root/bin/report", "mxlogin whoami")
	checkReport(m.cron(t, fenced(t, "schedule.md", "crontab")[0]))

	m.program(t, "root/report", "mxlogin whoami")
	blocks := fenced(t, "schedule.md", "sh")
	first, second := m.sh(t, blocks[len(blocks)-1]), m.sh(t, blocks[len(blocks)-1])
	if devices, err := server.Devices(t.Context(), "bot", m.password); err != nil || len(devices) != 1 {
		t.Errorf("%v, devices of a session that stays: %v\n%s%s", err, devices, first, second)
	}
}

// cron runs the command of a line as cron does.
func (m *machine) cron(t *testing.T, line string) string {
	t.Helper()
	fields := strings.SplitN(strings.TrimSpace(line), " ", 6)
	if len(fields) != 6 || strings.Contains(line, "%") || strings.Count(line, "\n") != 1 {
		t.Fatalf("no line of a crontab: %q", line)
	}
	env := map[string]string{
		"HOME": m.env["HOME"], "PATH": m.at("usr/bin") + ":/usr/bin:/bin", "SHELL": "/bin/sh", "LOGNAME": "root",
		"MXLOGIN_HOMESERVER": m.env["MXLOGIN_HOMESERVER"],
	}
	return m.runs(t, env, nil, "/bin/sh", "-c", m.names.Replace(fields[5]))
}

// unit is what a unit file says: the values of a key, by section and key.
type unit map[string][]string

// units writes the units of a guide where they belong, lets systemd check them and reads
// them. The blocks of the guide are in the order of the names.
func (m *machine) units(t *testing.T, guide string, names ...string) map[string]unit {
	t.Helper()
	if _, err := exec.LookPath("systemd-analyze"); err != nil {
		clienttest.Skip(t, "there is no systemd-analyze here")
	}
	blocks := fenced(t, guide, "ini")
	if len(blocks) != len(names) {
		t.Fatalf("%s has %d units", guide, len(blocks))
	}
	read := map[string]unit{}
	verify := []string{"systemd-analyze", "verify", "--man=no"}
	for i, name := range names {
		text := m.names.Replace(blocks[i])
		path := filepath.Join("etc/systemd/system", name)
		m.write(t, path, text, 0o644)
		verify = append(verify, m.at(path))
		read[name] = readUnit(t, text)
		for _, line := range read[name]["Service.ExecStart"] {
			if _, program, ok := strings.Cut(line, " -- "); ok {
				m.program(t, strings.TrimPrefix(program, m.root), "exit 1") // it has to be there
			}
		}
	}
	command := exec.CommandContext(t.Context(), verify[0], verify[1:]...)
	if out, err := command.CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("systemd-analyze verify: %v\n%s", err, out)
	}
	return read
}

func readUnit(t *testing.T, text string) unit {
	t.Helper()
	u, section := unit{}, ""
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		key, value, isSetting := strings.Cut(line, "=")
		switch {
		case line == "":
		case strings.HasPrefix(line, "["):
			section = strings.Trim(line, "[]")
		case isSetting:
			u[section+"."+key] = append(u[section+"."+key], value)
		default:
			t.Fatalf("no line of a unit: %q", line)
		}
	}
	return u
}

// starts runs a service once as systemd does, and returns what its program printed.
func (m *machine) starts(t *testing.T, service unit) string {
	t.Helper()
	credentials := m.at("run/credentials")
	install := func(argv ...string) { m.runs(t, m.env, nil, append([]string{"install"}, argv...)...) }
	install("-d", "-m", "0700", credentials)
	for _, load := range service["Service.LoadCredential"] {
		name, path, _ := strings.Cut(load, ":")
		install("-m", "0400", path, filepath.Join(credentials, name))
	}
	for _, name := range service["Service.StateDirectory"] {
		install("-d", "-m", "0755", m.at("var/lib/"+name))
	}
	specifiers := strings.NewReplacer("%d", credentials, "%S", m.at("var/lib"), "%%", "%")
	env := map[string]string{
		"PATH":                  m.at("usr/bin") + ":/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		"CREDENTIALS_DIRECTORY": credentials, "MXLOGIN_HOMESERVER": m.env["MXLOGIN_HOMESERVER"],
	}
	for _, variable := range service["Service.Environment"] {
		name, value, _ := strings.Cut(specifiers.Replace(variable), "=")
		env[name] = value
	}
	out := ""
	for _, line := range append(service["Service.ExecStartPre"], service["Service.ExecStart"]...) {
		out = m.runs(t, maps.Clone(env), nil, strings.Fields(specifiers.Replace(line))...)
	}
	return out
}
