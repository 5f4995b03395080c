package clienttest

import (
	"context"
	"errors"
	"testing"
)

// NewDendrite is StartDendrite for a test or benchmark, which it stops with.
// With -short it skips the test instead; nothing is built then.
func NewDendrite(t testing.TB, o DendriteOptions) *Dendrite {
	t.Helper()
	if testing.Short() {
		t.Skip("needs a real homeserver, which -short leaves out")
	}
	if o.Progress == nil {
		o.Progress = t.Output()
	}
	// Not the test's context: that ends before the test's own cleanups, which
	// may want to log out.
	d, err := StartDendrite(context.WithoutCancel(t.Context()), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Stop(); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			t.Logf("Dendrite wrote:\n%s", d.Log())
		}
	})
	return d
}

// NewSynapse is StartSynapse for a test, which it stops with. With -short, and where
// Python or Node is missing, it skips the test instead.
func NewSynapse(t testing.TB, o SynapseOptions) *Synapse {
	t.Helper()
	if testing.Short() {
		t.Skip("needs a real homeserver, which -short leaves out")
	}
	s, err := StartSynapse(context.WithoutCancel(t.Context()), o)
	if errors.Is(err, ErrMissing) {
		Skip(t, "Synapse needs what is missing here: "+err.Error())
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			t.Logf("Synapse wrote:\n%s", s.Log())
		}
	})
	return s
}
