package login_test

import (
	"testing"

	"go.uber.org/goleak"
)

// TestMain holds that no goroutine is left behind by the tests.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
