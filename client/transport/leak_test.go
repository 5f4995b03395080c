package transport_test

import (
	"testing"

	"go.uber.org/goleak"
)

// TestMain holds that no goroutine is left behind by the tests, but for those of the
// system's resolver, which goes on with a name that nobody answers.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m,
		goleak.IgnoreAnyFunction("net.(*Resolver).goLookupIPCNAMEOrder"),
		goleak.IgnoreAnyFunction("net.(*Resolver).tryOneName"),
		goleak.IgnoreAnyFunction("net.(*Resolver).lookupIPAddr.func2"))
}
