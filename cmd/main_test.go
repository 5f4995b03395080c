package cmd_test

import (
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"mxlogin/cmd"
)

// TestMain lets the test binary be mxlogin: scripts run the real main in a
// process of its own.
func TestMain(m *testing.M) {
	testscript.Main(endingDendrite{m}, map[string]func(){"mxlogin": cmd.Main})
}

// endingDendrite stops the homeserver that the tests shared.
type endingDendrite struct{ *testing.M }

func (m endingDendrite) Run() int {
	code := m.M.Run()
	if err := stopSharedDendrite(); err != nil && code == 0 {
		println(err.Error())
		return 1
	}
	return code
}
