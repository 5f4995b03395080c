package clienttest

import (
	"os"
	"testing"
)

// RequireVariable is the environment variable that, set to "all", makes a test
// fail where it would be skipped for want of a program on this machine.
const RequireVariable = "MXLOGIN_TEST_REQUIRE"

// Skip skips the test because of why, which names what is missing; where
// everything is required to be there, the test fails instead.
func Skip(t testing.TB, why string) {
	t.Helper()
	if os.Getenv(RequireVariable) == "all" {
		t.Fatalf("%s, and %s=all asks for it", why, RequireVariable)
	}
	t.Skip(why)
}
