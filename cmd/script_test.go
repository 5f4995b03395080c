package cmd_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"mxlogin/client/clienttest"
	"mxlogin/cmd"
)

// TestFake runs the scripts that play a homeserver.
func TestFake(t *testing.T) {
	testscript.Run(t, scripts(t, "testdata/fake", nil))
}

// TestDendrite runs the scripts that use a real one.
func TestDendrite(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: no server is started")
	}
	server, err := localDendrite.start()
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, scripts(t, "testdata/dendrite", server))
}

// TestSynapse runs the scripts that use a real Synapse, and a browser for single
// sign-on.
func TestSynapse(t *testing.T) {
	needSynapse(t)
	testscript.Run(t, scripts(t, "testdata/synapse", nil))
}

// needSynapse skips the test where Synapse or a browser is missing.
func needSynapse(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("-short: no server is started")
	}
	_, noSynapse := synapses.start(nil)
	_, noBrowser := clienttest.BrowserCommand(t.Context())
	if err := errors.Join(noSynapse, noBrowser); errors.Is(err, clienttest.ErrMissing) {
		clienttest.Skip(t, err.Error())
	}
}

// The Dendrites that all tests of the package share: one named localhost, on plain
// http, and one that is hs.test.
var (
	localDendrite = sharedDendrite{startServer: func() (*clienttest.Dendrite, error) {
		return clienttest.StartDendrite(context.Background(), clienttest.DendriteOptions{Progress: os.Stderr})
	}}
	namedDendrite = sharedDendrite{startServer: startNamedDendrite}
)

// sharedDendrite is started by the first test that needs it.
type sharedDendrite struct {
	startServer func() (*clienttest.Dendrite, error)

	mu     sync.Mutex
	server *clienttest.Dendrite
}

func (s *sharedDendrite) start() (*clienttest.Dendrite, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.server == nil {
		server, err := s.startServer()
		if err != nil {
			return nil, err
		}
		s.server = server
	}
	return s.server, nil
}

func (s *sharedDendrite) stop() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.server == nil {
		return nil
	}
	return s.server.Stop()
}

// scripts are the scripts of a directory. Each has its own home, its own secrets
// PW and TOKEN, and these commands besides those of testscript:
//
//	exits [-shows-token] N CMD…   run CMD, which must end with exit code N; its
//	                              output must hold no secret, but for TOKEN where
//	                              it is to show it
//	eventually N CMD…             run CMD again and again until it ends with exit
//	                              code N, which must come within 20 s
//	fake NAME FILE                start a homeserver that answers as FILE says;
//	                              NAME becomes its URL
//	named HOST=FILE…              start fakes at https://HOST; HOST=dendrite is a
//	                              Dendrite (see scriptNamed)
//	dendrite                      HS becomes the URL of the shared Dendrite
//	front NAME HOW…               put a proxy before it (see scriptFront)
//	register NAME [HOST]          make a user there, or at HOST, with the password
//	                              PW; NAME becomes the user ID, NAME_LOCAL its
//	                              localpart
//	synapse OPTION…               HS becomes the URL of a Synapse with these options
//	                              (see scriptSynapse); register and devices are
//	                              about that from then on
//	browser NAME                  BROWSER becomes a real one, in which NAME logs in
//	issuer NAME [FILE]            start a fake authorization server with the options in
//	                              FILE; NAME becomes its URL, BROWSER one that visits it
//	tell NAME WHAT…               see scriptTell
//	approve FILE NAME             enter the code in FILE as NAME (see scriptApprove)
//	provider down|up              that of the Synapse
//	devices NAME                  list the devices that the server has of the user
//	logintoken NAME USER          NAME becomes a login token of a user
//	output2env NAME               NAME becomes what stdout holds
//	secret FILE TEXT              write TEXT, where escapes stand for bytes, to FILE
//	                              with mode 0600, which may hold PW
//	setmode MODE FILE             change the mode of a file
//	mode MODE FILE                fail if the file has another mode
//
// When a script is done, no file but the config file holds TOKEN, and none PW.
func scripts(t *testing.T, dir string, server *clienttest.Dendrite) testscript.Params {
	return testscript.Params{
		Dir:                 dir,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup:               func(env *testscript.Env) error { return setUpScript(t, env) },
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits":      scriptExits,
			"eventually": scriptEventually,
			"fake":       func(ts *testscript.TestScript, _ bool, args []string) { scriptFake(t, ts, args) },
			"secret":     scriptSecret,
			"mode":       scriptMode,
			"setmode":    scriptSetMode,
			"dendrite": func(ts *testscript.TestScript, _ bool, _ []string) {
				ts.Setenv("HS", server.URL())
			},
			"synapse": scriptSynapse,
			"admin":   scriptAdmin,
			"provider": func(ts *testscript.TestScript, _ bool, args []string) {
				ts.Check(synapseOf(ts).SetProviderDown(context.Background(), args[0] == "down"))
			},
			"browser":    scriptBrowser,
			"approve":    scriptApprove,
			"issuer":     func(ts *testscript.TestScript, _ bool, args []string) { scriptIssuer(t, ts, args) },
			"tell":       scriptTell,
			"front":      func(ts *testscript.TestScript, _ bool, args []string) { scriptFront(ts, args) },
			"named":      func(ts *testscript.TestScript, _ bool, args []string) { scriptNamed(t, ts, args) },
			"register":   func(ts *testscript.TestScript, _ bool, args []string) { scriptRegister(ts, server, args) },
			"devices":    func(ts *testscript.TestScript, _ bool, args []string) { scriptDevices(ts, server, args[0]) },
			"logintoken": func(ts *testscript.TestScript, _ bool, args []string) { scriptLoginToken(ts, server, args) },
			"output2env": func(ts *testscript.TestScript, _ bool, args []string) {
				ts.Setenv(args[0], strings.TrimRight(ts.ReadFile("stdout"), "\n"))
			},
		},
	}
}

func setUpScript(t *testing.T, env *testscript.Env) error {
	home := filepath.Join(env.WorkDir, "home")
	env.Vars = append(env.Vars, noRaceSleep)
	env.Setenv("HOME", home)
	env.Setenv("CONFIG", filepath.Join(home, ".config", "mxlogin", "config.yaml"))
	password, token := clienttest.NewCanary("pw").String(), clienttest.NewCanary("tok").String()
	env.Setenv("PW", password)
	env.Setenv("TOKEN", token)
	env.Values[loginTokens{}] = new([]string)
	mayHold := map[string]bool{}
	env.Values[allowedFiles{}] = mayHold
	env.Values[issuers{}] = map[string]*clienttest.Issuer{}
	env.Values[currentSynapse{}] = new(*clienttest.Synapse)
	env.Defer(func() {
		given := func(path string) bool { return mayHold[path] }
		givenOrConfig := func(path string) bool { return mayHold[path] || filepath.Ext(path) == ".yaml" }
		clienttest.ScanDir(t, env.WorkDir, given, password)
		clienttest.ScanDir(t, env.WorkDir, givenOrConfig, token)
	})
	return os.MkdirAll(home, 0o700)
}

// loginTokens is the key of the login tokens that a script has made.
type loginTokens struct{}

// allowedFiles is the key of the files that a script has put a secret into.
type allowedFiles struct{}

func scriptExits(ts *testscript.TestScript, neg bool, args []string) {
	showsToken := len(args) > 0 && args[0] == "-shows-token"
	if showsToken {
		args = args[1:]
	}
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits [-shows-token] CODE CMD…")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	if args[1] == "mxlogin" {
		checkCodeIsListed(ts, want, args[2:])
	}
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		got = exit.ExitCode()
	case err != nil:
		ts.Fatalf("%v", err)
	}
	secrets := append([]string{ts.Getenv("PW")}, *ts.Value(loginTokens{}).(*[]string)...)
	if !showsToken {
		secrets = append(secrets, ts.Getenv("TOKEN"))
	}
	for _, stream := range []string{"stdout", "stderr"} {
		text := ts.ReadFile(stream)
		if leaks := clienttest.FindSecrets([]byte(text), secrets...); len(leaks) > 0 {
			ts.Fatalf("%s holds a secret: %v", stream, leaks)
		}
		if strings.ContainsAny(text, "\x1b\x00\x07\r\u202e\u200b") {
			ts.Fatalf("%s holds a character that a terminal would obey: %q", stream, text)
		}
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

func scriptEventually(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	tries := time.NewTicker(100 * time.Millisecond)
	defer tries.Stop()
	for range 200 {
		got := 0
		if exit := (*exec.ExitError)(nil); errors.As(ts.Exec(args[1], args[2:]...), &exit) {
			got = exit.ExitCode()
		}
		if got == want {
			return
		}
		<-tries.C
	}
	ts.Fatalf("it never ended with %d", want)
}

// checkCodeIsListed holds that the help of a command lists the exit code that a
// script has it end with. exec has that of its command, too.
func checkCodeIsListed(ts *testscript.TestScript, code int, args []string) {
	command, _, err := cmd.NewRoot(&cmd.App{}).Find(args)
	if err != nil || command.Name() == "exec" || code >= 128 {
		return
	}
	for ; command.HasParent(); command = command.Parent() {
		if listed, ok := command.Annotations["mxlogin_exits"]; ok {
			if !slices.Contains(strings.Fields(listed), strconv.Itoa(code)) {
				ts.Fatalf("the help of %s does not list exit code %d", command.CommandPath(), code)
			}
			return
		}
	}
}

// scriptFake starts a fake whose rules may name variables of the script.
func scriptFake(t *testing.T, ts *testscript.TestScript, args []string) {
	fake, err := clienttest.StartFake(context.Background(), clienttest.FakeOptions{})
	ts.Check(err)
	ts.Setenv(args[0], fake.URL())
	if len(args) > 1 {
		rules := os.Expand(ts.ReadFile(args[1]), ts.Getenv)
		ts.Check(fake.Load([]byte(rules)))
	}
	closeChecked(t, ts, args[0], fake)
}

// closeChecked closes the fake with the script, which fails where it did not ask
// what it was to ask.
func closeChecked(t *testing.T, ts *testscript.TestScript, name string, fake *clienttest.Fake) {
	ts.Defer(func() {
		defer fake.Close()
		if unexpected := fake.Unexpected(); len(unexpected) > 0 {
			t.Errorf("%s: %s: requests that nobody expected: %v", ts.Name(), name, unexpected)
		}
		if unused := fake.Unused(); len(unused) > 0 {
			t.Errorf("%s: %s: requests that never came: %v", ts.Name(), name, unused)
		}
	})
}

func scriptSecret(ts *testscript.TestScript, _ bool, args []string) {
	path := ts.MkAbs(args[0])
	text, err := strconv.Unquote(`"` + args[1] + `"`)
	ts.Check(err)
	ts.Check(os.WriteFile(path, []byte(text), 0o600))
	ts.Value(allowedFiles{}).(map[string]bool)[path] = true
}

func scriptRegister(ts *testscript.TestScript, server *clienttest.Dendrite, args []string) {
	name := args[0]
	localpart := strings.ToLower(name + "-" + strings.TrimPrefix(clienttest.NewCanary("u").String(), "u-CANARY-"))
	serverName := ""
	if synapse := synapseOf(ts); synapse != nil {
		ts.Check(synapse.Register(context.Background(), localpart, ts.Getenv("PW")))
		serverName = synapse.ServerName()
	} else {
		if len(args) > 1 {
			server = serverOf(ts, server, args[1])
		}
		ts.Check(server.Register(context.Background(), localpart, ts.Getenv("PW")))
		serverName = server.ServerName
	}
	ts.Setenv(name, "@"+localpart+":"+serverName)
	ts.Setenv(name+"_LOCAL", localpart)
}

func scriptDevices(ts *testscript.TestScript, server *clienttest.Dendrite, name string) {
	if synapse := synapseOf(ts); synapse != nil {
		devices, err := synapse.Devices(context.Background(), ts.Getenv(name+"_LOCAL"))
		ts.Check(err)
		list := ts.Stdout()
		for _, device := range devices {
			_, _ = fmt.Fprintf(list, "%s %q\n", device.ID, device.Name)
		}
		return
	}
	_, host, _ := strings.Cut(ts.Getenv(name), ":")
	devices, err := serverOf(ts, server, host).Devices(context.Background(), ts.Getenv(name+"_LOCAL"), ts.Getenv("PW"))
	ts.Check(err)
	list := ts.Stdout() // which empties it, also where there is no device
	for _, device := range devices {
		_, _ = fmt.Fprintf(list, "%s %q\n", device.ID, device.DisplayName)
	}
}

func scriptLoginToken(ts *testscript.TestScript, server *clienttest.Dendrite, args []string) {
	token := clienttest.NewCanary("logintoken").String()
	ts.Check(server.PutLoginToken(context.Background(), ts.Getenv(args[1]), token))
	ts.Setenv(args[0], token)
	planted := ts.Value(loginTokens{}).(*[]string)
	*planted = append(*planted, token)
}

// serverOf is the Dendrite of a server name.
func serverOf(ts *testscript.TestScript, local *clienttest.Dendrite, name string) *clienttest.Dendrite {
	if name == local.ServerName {
		return local
	}
	server, err := namedDendrite.start()
	ts.Check(err)
	return server
}

func scriptMode(ts *testscript.TestScript, neg bool, args []string) {
	want, err := strconv.ParseUint(args[0], 8, 32)
	ts.Check(err)
	info, err := os.Stat(ts.MkAbs(args[1]))
	ts.Check(err)
	if same := info.Mode().Perm() == os.FileMode(want); same == neg {
		ts.Fatalf("%s has mode %04o", args[1], info.Mode().Perm())
	}
}

func scriptSetMode(ts *testscript.TestScript, _ bool, args []string) {
	mode, err := strconv.ParseUint(args[0], 8, 32)
	ts.Check(err)
	ts.Check(os.Chmod(ts.MkAbs(args[1]), os.FileMode(mode)))
}
