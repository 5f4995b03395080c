package cmd_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"mxlogin/client/clienttest"
)

// synapses are the Synapses that the scripts share, by their options.
var synapses = sharedSynapses{running: map[string]*clienttest.Synapse{}}

type sharedSynapses struct {
	mu      sync.Mutex
	running map[string]*clienttest.Synapse
}

// start starts a Synapse with these options, or returns the one that has them.
func (s *sharedSynapses) start(options []string) (*clienttest.Synapse, error) {
	var o clienttest.SynapseOptions
	for _, option := range options {
		if err := setOption(&o, option); err != nil {
			return nil, err
		}
	}
	key := strings.Join(slices.Sorted(slices.Values(options)), " ")
	s.mu.Lock()
	defer s.mu.Unlock()
	if server, ok := s.running[key]; ok {
		return server, nil
	}
	server, err := clienttest.StartSynapse(context.Background(), o)
	if err == nil {
		s.running[key] = server
	}
	return server, err
}

func (s *sharedSynapses) stop() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	for _, server := range s.running {
		errs = append(errs, server.Stop())
	}
	return errors.Join(errs...)
}

// currentSynapse is the key of the Synapse that a script is about.
type currentSynapse struct{}

func synapseOf(ts *testscript.TestScript) *clienttest.Synapse {
	return *ts.Value(currentSynapse{}).(**clienttest.Synapse)
}

// scriptSynapse starts a Synapse, or takes one that runs with the same options:
//
//	oauth sso=N confirm get-token jwt appservice no-password no-renewal rate-limit approval
//	closed                        see [clienttest.SynapseOptions]
//	access=D session=D            lifetimes
//	public=URL                    where it says that it is
//	alone=SCRIPT                  for a script that takes its provider down: the others
//	                              run beside it
func scriptSynapse(ts *testscript.TestScript, _ bool, args []string) {
	server, err := synapses.start(args)
	ts.Check(err)
	*ts.Value(currentSynapse{}).(**clienttest.Synapse) = server
	ts.Setenv("HS", server.URL())
}

func setOption(o *clienttest.SynapseOptions, arg string) (err error) {
	name, value, _ := strings.Cut(arg, "=")
	flags := map[string]*bool{
		"confirm": &o.SSOConfirm, "get-token": &o.GetToken, "jwt": &o.JWT, "appservice": &o.AppService,
		"no-password": &o.NoPassword, "no-renewal": &o.NoRenewal, "rate-limit": &o.RateLimit,
		"approval": &o.Approval, "closed": &o.Closed, "oauth": &o.OAuth,
	}
	switch flag := flags[name]; {
	case flag != nil:
		*flag = true
	case name == "sso":
		o.SSO, err = strconv.Atoi(value)
	case name == "access":
		o.AccessTokenLifetime, err = time.ParseDuration(value)
	case name == "session":
		o.SessionLifetime, err = time.ParseDuration(value)
	case name == "alone": // which makes it another than those of the other scripts
	case name == "public":
		o.PublicURL = value
	default:
		return fmt.Errorf("no option of a Synapse: %s", arg)
	}
	return err
}

// scriptAdmin does what an administrator of the Synapse does:
//
//	admin lock NAME | unlock NAME | deactivate NAME | disapprove NAME
//	admin thirdparty NAME EMAIL PHONE
//	admin bridged NAME            make the user of the application service that NAME is
//	admin promote NAME            make the user a server admin
//	admin jwt NAME LOCALPART D    NAME becomes a JWT that ends after D
func scriptAdmin(ts *testscript.TestScript, _ bool, args []string) {
	ctx, server := context.Background(), synapseOf(ts)
	local := ts.Getenv(args[1] + "_LOCAL")
	switch args[0] {
	case "lock", "unlock":
		ts.Check(server.Lock(ctx, local, args[0] == "lock"))
	case "deactivate":
		ts.Check(server.Deactivate(ctx, local))
	case "disapprove":
		ts.Check(server.Approve(ctx, local, false))
	case "thirdparty":
		ts.Check(server.SetThirdParty(ctx, local, args[2], args[3]))
	case "promote":
		ts.Check(server.Promote(ctx, local))
	case "bridged":
		ts.Check(server.RegisterBridged(ctx, args[1]))
	case "jwt":
		life, err := time.ParseDuration(args[3])
		ts.Check(err)
		ts.Setenv(args[1], server.JWT(args[2], time.Now().Add(life)))
	default:
		ts.Fatalf("no such thing: admin %s", args[0])
	}
}

// scriptBrowser makes BROWSER a real browser in which somebody called name logs in.
func scriptBrowser(ts *testscript.TestScript, _ bool, args []string) {
	argv, err := clienttest.BrowserCommand(context.Background())
	ts.Check(err)
	ts.Setenv("BROWSER", browserVariable(argv, args[0]))
}

// browserVariable is a value of BROWSER that runs argv, with its files in no directory of a
// test: they come and go while those are searched for secrets, and after the test.
func browserVariable(argv []string, name string) string {
	return "env 'TMPDIR=" + os.TempDir() + "' '" + strings.Join(argv, "' '") + "' %s " + name
}

// scriptApprove waits for the code that a device login writes to FILE, as -o json has it,
// and has somebody called NAME enter it:
//
//	approve FILE NAME             with a real browser
//	approve -plain FILE NAME      without one
func scriptApprove(ts *testscript.TestScript, _ bool, args []string) {
	isPlain := args[0] == "-plain"
	if isPlain {
		args = args[1:]
	}
	tries := time.NewTicker(50 * time.Millisecond)
	defer tries.Stop()
	for range 400 {
		text, _ := os.ReadFile(ts.MkAbs(args[0])) // which the login may yet have to make
		shown := deviceCodeIn(string(text))
		switch {
		case shown.URL != "" && isPlain:
			_, err := clienttest.Agree(context.Background(), shown.CompleteURL, args[1])
			ts.Check(err)
			return
		case shown.URL != "":
			_, err := clienttest.BrowseCode(context.Background(), shown.URL, args[1], shown.Code)
			ts.Check(err)
			return
		}
		<-tries.C
	}
	ts.Fatalf("%s has no code", args[0])
}

// deviceCode is the event that shows one.
type deviceCode struct {
	Type        string `json:"type"`
	Code        string `json:"user_code"`
	URL         string `json:"verification_uri"`
	CompleteURL string `json:"verification_uri_complete"`
	ExpiresIn   int    `json:"expires_in"`
}

// deviceCodeIn is the last that was shown; zero where none was.
func deviceCodeIn(stderr string) (shown deviceCode) {
	for line := range strings.Lines(stderr) {
		var record struct {
			Event deviceCode `json:"event"`
		}
		if json.Unmarshal([]byte(line), &record) == nil && record.Event.Type == "device_code" {
			shown = record.Event
		}
	}
	return shown
}
