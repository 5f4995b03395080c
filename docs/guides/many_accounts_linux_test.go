package guides_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"mxlogin/client/clienttest"
)

// many is how many accounts log in.
const many = 200

// TestManyAccounts runs docs/guides/many-accounts.md on a real homeserver: it is killed
// half way, with all that it started, and run again.
func TestManyAccounts(t *testing.T) {
	server := clienttest.NewDendrite(t, clienttest.DendriteOptions{})
	dir := newFleet(t, many, server.URL(), server.Register)

	logIn := dir.block(t, "log in")
	dir.runUntil(t, logIn, func() bool { return len(dir.jobs(t)) >= many*2/5 })
	cut := len(dir.jobs(t))
	if cut >= many {
		t.Fatalf("it was not killed half way, but after %d", cut)
	}
	dir.run(t, logIn)
	done := dir.jobs(t)
	for user, code := range done {
		if code != "0" {
			t.Errorf("%s: exit code %s", user, code)
		}
	}
	if len(done) != many {
		t.Errorf("%d are done", len(done))
	}
	t.Logf("killed after %d of %d", cut, many)
	dir.checkOneDeviceEach(t)

	if count := strings.TrimSpace(dir.run(t, dir.block(t, "look at them"))); count != strconv.Itoa(many) {
		t.Errorf("%s sessions", count)
	}
	if good := strings.Count(dir.read(t, "status.jsonl"), `"state":"logged_in"`); good != many {
		t.Errorf("%d sessions are good", good)
	}

	dir.write(t, "login.sh", dir.block(t, "login.sh"))
	dir.run(t, "sh login.sh", "SLURM_ARRAY_TASK_ID=7")
	dir.run(t, dir.indexedJob(t), "JOB_COMPLETION_INDEX=8")
	dir.checkOneDeviceEach(t)
}

// TestManyAccounts_Renewal renews sessions as the timer does.
func TestManyAccounts_Renewal(t *testing.T) {
	server := clienttest.NewSynapse(t, clienttest.SynapseOptions{})
	dir := newFleet(t, 3, server.URL(), server.Register)
	dir.run(t, strings.Replace(dir.block(t, "log in"), "--no-input", "--no-input --renewable", 1))
	dir.run(t, dir.block(t, "renew"))
	if renewed := strings.Count(dir.read(t, "renewed"), "Renewed the session of "); renewed != 3 {
		t.Errorf("%d are renewed:\n%s", renewed, dir.read(t, "renewed"))
	}
	dir.checkOneDeviceEach(t)
}

// TestManyAccounts_OverSSH has one machine, which stands for others: its ssh runs the
// command in another directory, with SHELL set, as sshd does.
func TestManyAccounts_OverSSH(t *testing.T) {
	if _, err := exec.LookPath("rsync"); err != nil {
		clienttest.Skip(t, "there is no rsync here")
	}
	server := clienttest.NewDendrite(t, clienttest.DendriteOptions{})
	dir := newFleet(t, 5, server.URL(), server.Register)
	there := t.TempDir()
	ssh := filepath.Join(there, "ssh")
	script := "#!/bin/sh\nwhile [ \"$1\" != machine ]; do shift; done\nshift\n[ \"$1\" != -- ] || shift\nexport SHELL=/bin/sh\ncd " + there + "\nexec sh -c \"$*\"\n"
	if err := os.WriteFile(ssh, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	dir.write(t, "machines", ssh+" machine\n")
	dir.env = append(dir.env, "RSYNC_RSH="+ssh)
	dir.run(t, dir.block(t, "over ssh"))
	dir.run(t, dir.block(t, "clean up"))
	left, err := os.ReadDir(there)
	if err != nil || len(left) != 1 { // ssh
		t.Errorf("%v, %v is left there", err, left)
	}
	dir.checkOneDeviceEach(t)
}

// fleet is the directory of the guide, and the environment of its commands.
type fleet struct {
	path string
	env  []string
}

// newFleet registers count users, each with a password of its own, and builds mxlogin.
func newFleet(t *testing.T, count int, homeserver string, register func(ctx context.Context, user, password string) error) fleet {
	t.Helper()
	if _, err := exec.LookPath("parallel"); err != nil {
		clienttest.Skip(t, "there is no GNU parallel here")
	}
	bin := t.TempDir()
	installMxlogin(t, filepath.Join(bin, "mxlogin"))
	f := fleet{path: t.TempDir(), env: append(os.Environ(),
		"PATH="+bin+":"+os.Getenv("PATH"), "HOME="+t.TempDir(), "MXLOGIN_HOMESERVER="+homeserver, "CI=true")}
	if err := os.Mkdir(filepath.Join(f.path, "secrets"), 0o700); err != nil {
		t.Fatal(err)
	}
	passwords := make([]string, count)
	var wg sync.WaitGroup
	for i := range count {
		passwords[i] = clienttest.NewCanary("pw").String()
		wg.Go(func() {
			if err := register(t.Context(), fmt.Sprintf("fleet%d", i), passwords[i]); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	var users strings.Builder
	for i, password := range passwords {
		user := fmt.Sprintf("@fleet%d:localhost", i)
		f.write(t, filepath.Join("secrets", strconv.Itoa(i+1)), password+"\n")
		fmt.Fprintln(&users, user)
	}
	f.write(t, "users", users.String())
	return f
}

// block is the one that a comment before it names.
func (f fleet) block(t *testing.T, name string) string {
	t.Helper()
	match := regexp.MustCompile("(?s)<!-- " + regexp.QuoteMeta(name) + " -->\n```sh\n(.*?)```").FindStringSubmatch(guide(t))
	if match == nil {
		t.Fatalf("the guide has no block called %s", name)
	}
	return match[1]
}

// indexedJob is what the container of the Kubernetes Job runs, with its paths in f.
func (f fleet) indexedJob(t *testing.T) string {
	t.Helper()
	_, text, _ := strings.Cut(guide(t), "```yaml\n")
	text, _, _ = strings.Cut(text, "```")
	var job struct {
		Spec struct {
			Template struct {
				Spec struct {
					Containers []struct{ Command, Args []string }
				}
			}
		}
	}
	if err := yaml.Unmarshal([]byte(text), &job); err != nil {
		t.Fatal(err)
	}
	container := job.Spec.Template.Spec.Containers[0]
	if strings.Join(container.Command, " ") != "sh -ec" {
		t.Fatalf("the command is %q", container.Command)
	}
	secret := filepath.Join(f.path, "mounted") // as Kubernetes mounts it
	if err := os.Mkdir(secret, 0o700); err != nil {
		t.Fatal(err)
	}
	f.write(t, "mounted/users", f.read(t, "users"))
	f.write(t, "mounted/9", f.read(t, "secrets/9"))
	return strings.NewReplacer("/run/secrets/logins", secret, "/sessions", filepath.Join(f.path, "sessions")).Replace(container.Args[0])
}

// jobs are the exit codes in the log of the logins, by user.
func (f fleet) jobs(t *testing.T) map[string]string {
	t.Helper()
	log, err := os.ReadFile(filepath.Join(f.path, "logins"))
	if os.IsNotExist(err) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	codes := map[string]string{}
	for line := range strings.Lines(string(log)) {
		fields := strings.Split(line, "\t")
		user := regexp.MustCompile(`@fleet\d+:localhost`).FindString(line)
		if len(fields) == 9 && user != "" && strings.HasSuffix(line, "\n") {
			codes[user] = fields[6]
		}
	}
	return codes
}

func (f fleet) checkOneDeviceEach(t *testing.T) {
	t.Helper()
	lists := f.run(t, "parallel -j8 -a users mxlogin devices --config sessions/{#} --output json")
	users := 0
	for line := range strings.Lines(lists) {
		var list struct{ Devices []json.RawMessage }
		if err := json.Unmarshal([]byte(line), &list); err != nil || len(list.Devices) != 1 {
			t.Errorf("%v, devices: %s", err, line)
		}
		users++
	}
	if want := strings.Count(f.read(t, "users"), "\n"); users != want {
		t.Errorf("%d users have devices, want %d", users, want)
	}
}

// run runs a shell script to its end, which must be good, and returns what it printed.
func (f fleet) run(t *testing.T, script string, env ...string) string {
	t.Helper()
	command := f.command(t, script, env...)
	var stderr strings.Builder
	command.Stderr = &stderr
	out, err := command.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s%s", script, err, out, &stderr)
	}
	return string(out)
}

// runUntil runs a shell script until it has got so far, and then kills it with all that it
// has started.
func (f fleet) runUntil(t *testing.T, script string, isFar func() bool) {
	t.Helper()
	command := f.command(t, script)
	command.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		_ = command.Wait() // it is killed
		close(ended)
	}()
	poll := time.NewTicker(5 * time.Millisecond)
	defer poll.Stop()
	for !isFar() {
		select {
		case <-ended:
			t.Fatal("it ended by itself")
		case <-poll.C:
		}
	}
	for killed := true; killed; {
		killed = killSession(t, command.Process.Pid)
	}
	<-ended
}

// killSession kills the processes of a session and reports whether there were any.
func killSession(t *testing.T, leader int) (found bool) {
	t.Helper()
	entries, err := os.ReadDir("/proc")
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		stat, err := os.ReadFile(filepath.Join("/proc", entry.Name(), "stat"))
		if err != nil {
			continue // it has ended
		}
		// After the name in parentheses: state, parent, process group, session.
		_, rest, _ := strings.Cut(string(stat), ") ")
		if fields := strings.Fields(rest); len(fields) > 3 && fields[3] == strconv.Itoa(leader) && fields[0] != "Z" {
			_ = syscall.Kill(pid, syscall.SIGKILL)
			found = true
		}
	}
	return found
}

func (f fleet) command(t *testing.T, script string, env ...string) *exec.Cmd {
	t.Helper()
	command := exec.CommandContext(t.Context(), "sh", "-ec", script)
	command.Dir = f.path
	command.Env = append(f.env, env...)
	return command
}

func (f fleet) write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(f.path, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func (f fleet) read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(f.path, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func guide(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("many-accounts.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
