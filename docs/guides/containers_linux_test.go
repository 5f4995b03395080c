package guides_test

import (
	"encoding/json"
	"maps"
	"os"
	"strings"
	"syscall"
	"testing"

	"go.yaml.in/yaml/v3"

	"mxlogin/client/clienttest"
)

// inImage is the user of the image.
const inImage = 65532

// TestGuideContainers runs what the containers of docs/guides/containers.md run, as the
// user of the image, with files as Docker and Kubernetes mount them.
func TestGuideContainers(t *testing.T) {
	if os.Getuid() != 0 {
		clienttest.Skip(t, "only root can be the user of a container")
	}
	server := clienttest.NewDendrite(t, clienttest.DendriteOptions{})
	m := newMachine(t, server.URL())
	if err := server.Register(t.Context(), "bot", m.password); err != nil {
		t.Fatal(err)
	}
	m.program(t, "usr/bin/bot", "mxlogin whoami")
	t.Run("Docker", func(t *testing.T) { m.compose(t) })
	t.Run("Kubernetes", func(t *testing.T) { m.deployment(t) })
	devices, err := server.Devices(t.Context(), "bot", m.password)
	if err != nil || len(devices) != 2 { // of Docker and of Kubernetes
		t.Errorf("%v, devices: %v", err, devices)
	}
}

// container is what a container is told to run.
type container struct {
	command, args []string
	env           map[string]string
	files         map[string]string // where it finds which path of the machine
}

// checkBot logs in by one container, twice, and lets the other use the session.
func (m *machine) checkBot(t *testing.T, login, bot container) {
	t.Helper()
	if login.command == nil {
		login.command = []string{"mxlogin"}
	}
	if bot.command == nil {
		bot.command = m.entrypoint(t)
	}
	for range 2 {
		m.contains(t, login)
		if out := m.contains(t, bot); !strings.Contains(out, "@bot:localhost, device ") {
			t.Errorf("the bot had no session: %q", out)
		}
	}
}

// contains runs a container, whose files have to be in their places.
func (m *machine) contains(t *testing.T, c container) string {
	t.Helper()
	var pairs []string
	for inside, outside := range c.files {
		pairs = append(pairs, inside, m.at(outside))
	}
	mounts := strings.NewReplacer(pairs...)
	env := map[string]string{"PATH": m.env["PATH"], "MXLOGIN_HOMESERVER": m.env["MXLOGIN_HOMESERVER"]}
	for name, value := range c.env {
		env[name] = mounts.Replace(value)
	}
	var argv []string
	for _, word := range append(c.command, c.args...) {
		argv = append(argv, m.names.Replace(mounts.Replace(word)))
	}
	return m.runs(t, env, &syscall.Credential{Uid: inImage, Gid: inImage, NoSetGroups: true}, argv...)
}

// entrypoint is that of the bot's image.
func (m *machine) entrypoint(t *testing.T) (argv []string) {
	t.Helper()
	_, text, _ := strings.Cut(fenced(t, "containers.md", "dockerfile")[0], "\nENTRYPOINT ")
	if err := json.Unmarshal([]byte(text), &argv); err != nil {
		t.Fatalf("the entry point: %v", err)
	}
	return argv
}

// compose is the file of Docker's secrets.
func (m *machine) compose(t *testing.T) {
	var file struct {
		Services map[string]struct {
			Image     string
			ReadOnly  bool `yaml:"read_only"`
			Command   []string
			Secrets   []string
			Volumes   []string
			Env       map[string]string `yaml:"environment"`
			DependsOn map[string]any    `yaml:"depends_on"`
		}
		Secrets map[string]struct{ File string }
		Volumes map[string]any
	}
	m.decode(t, 0, &file)
	m.write(t, "bot.password", m.password+"\n", 0o400)
	m.mount(t, "session", 0o700, inImage, inImage) // a volume is as the image has the directory
	if err := os.Chown(m.at("bot.password"), inImage, inImage); err != nil {
		t.Fatal(err)
	}
	containers := map[string]container{}
	for name, service := range file.Services {
		c := container{args: service.Command, env: map[string]string{"MXLOGIN_CONFIG": "/config/config.yaml"}, files: map[string]string{}}
		if service.Image != "mxlogin" {
			c.env = nil
		}
		c.env = merged(c.env, service.Env)
		for _, secret := range service.Secrets {
			c.files["/run/secrets/"+secret] = strings.TrimPrefix(file.Secrets[secret].File, "./")
		}
		for _, volume := range service.Volumes {
			outside, inside, _ := strings.Cut(volume, ":")
			if _, ok := file.Volumes[outside]; !ok {
				t.Errorf("there is no volume %q", outside)
			}
			c.files[inside] = outside
		}
		containers[name] = c
	}
	m.checkBot(t, containers["login"], containers["bot"])
}

// deployment is the one of Kubernetes.
func (m *machine) deployment(t *testing.T) {
	type kubernetesContainer struct {
		Name, Image   string
		Command, Args []string
		Env           []struct{ Name, Value string }
		Security      struct {
			ReadOnly   bool `yaml:"readOnlyRootFilesystem"`
			Escalation bool `yaml:"allowPrivilegeEscalation"`
		} `yaml:"securityContext"`
		Mounts []struct {
			Name     string
			Path     string `yaml:"mountPath"`
			ReadOnly bool   `yaml:"readOnly"`
		} `yaml:"volumeMounts"`
	}
	var file struct {
		APIVersion string `yaml:"apiVersion"`
		Kind       string
		Metadata   map[string]string
		Spec       struct {
			Replicas           int
			Strategy, Selector map[string]any
			Template           struct {
				Metadata map[string]any
				Spec     struct {
					Security struct {
						NonRoot bool `yaml:"runAsNonRoot"`
						User    int  `yaml:"runAsUser"`
						Group   int  `yaml:"runAsGroup"`
						FSGroup int  `yaml:"fsGroup"`
					} `yaml:"securityContext"`
					Init       []kubernetesContainer `yaml:"initContainers"`
					Containers []kubernetesContainer
					Volumes    []struct {
						Name   string
						Secret *struct {
							Name string      `yaml:"secretName"`
							Mode os.FileMode `yaml:"defaultMode"`
						}
						Empty *struct{ Medium string } `yaml:"emptyDir"`
					}
				}
			}
		}
	}
	m.decode(t, 1, &file)
	pod := file.Spec.Template.Spec
	if pod.Security.User != inImage || pod.Security.FSGroup != inImage {
		t.Errorf("the pod runs as %+v", pod.Security)
	}
	for _, volume := range pod.Volumes {
		if volume.Secret == nil { // an empty directory is for everybody in the pod
			m.mount(t, volume.Name, 0o777|os.ModeSetgid, 0, pod.Security.FSGroup)
			continue
		}
		m.mount(t, volume.Name, 0o777|os.ModeSticky|os.ModeSetgid, 0, pod.Security.FSGroup)
		m.write(t, volume.Name+"/bot", m.password, 0o600)
		if err := os.Chown(m.at(volume.Name+"/bot"), 0, pod.Security.FSGroup); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(m.at(volume.Name+"/bot"), volume.Secret.Mode); err != nil {
			t.Fatal(err)
		}
	}
	containerOf := func(k kubernetesContainer) container {
		c := container{command: k.Command, args: k.Args, env: map[string]string{}, files: map[string]string{}}
		for _, variable := range k.Env {
			c.env[variable.Name] = variable.Value
		}
		for _, mount := range k.Mounts {
			c.files[mount.Path] = mount.Name
		}
		return c
	}
	m.checkBot(t, containerOf(pod.Init[0]), containerOf(pod.Containers[0]))
}

// decode reads a YAML block of the guide. A key that is not known here is a misprint.
func (m *machine) decode(t *testing.T, block int, into any) {
	t.Helper()
	decoder := yaml.NewDecoder(strings.NewReader(fenced(t, "containers.md", "yaml")[block]))
	decoder.KnownFields(true)
	if err := decoder.Decode(into); err != nil {
		t.Fatal(err)
	}
}

// mount makes a directory anew that containers have.
func (m *machine) mount(t *testing.T, name string, mode os.FileMode, uid, gid int) {
	t.Helper()
	if err := os.RemoveAll(m.at(name)); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(m.at(name), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(m.at(name), uid, gid); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(m.at(name), mode); err != nil {
		t.Fatal(err)
	}
}

func merged(parts ...map[string]string) map[string]string {
	all := map[string]string{}
	for _, part := range parts {
		maps.Copy(all, part)
	}
	return all
}
