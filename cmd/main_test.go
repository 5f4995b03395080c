package cmd_test

import (
	"context"
	"errors"
	"net/http"
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"mxlogin/client/clienttest"
	"mxlogin/cmd"
)

// TestMain lets the test binary be mxlogin: scripts run the real main in a
// process of its own.
func TestMain(m *testing.M) {
	testscript.Main(endingDendrite{m}, map[string]func(){"mxlogin": cmd.Main, "visit": visit, "agree": agree})
}

// visit is a browser whose person does what an [clienttest.Issuer] says.
func visit() {
	response, err := http.Get(os.Args[1])
	if err != nil {
		println(err.Error())
		os.Exit(1)
	}
	_ = response.Body.Close()
}

// agree is a browser whose person logs in to the authorization server of a
// [clienttest.Synapse].
func agree() {
	if _, err := clienttest.Agree(context.Background(), os.Args[1], os.Args[2]); err != nil {
		println(err.Error())
		os.Exit(1)
	}
}

// noRaceSleep is for the environment of processes that tests start: under the race
// detector each would sleep for a second when it ends.
const noRaceSleep = "GORACE=atexit_sleep_ms=0"

// endingDendrite stops the homeservers that the tests shared.
type endingDendrite struct{ *testing.M }

func (m endingDendrite) Run() int {
	code := m.M.Run()
	if err := errors.Join(localDendrite.stop(), namedDendrite.stop(), synapses.stop(), installed.remove()); err != nil && code == 0 {
		println(err.Error())
		return 1
	}
	return code
}
