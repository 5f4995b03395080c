//go:build !unix

package cmd

import "os"

func endingSignals() []os.Signal { return []os.Signal{os.Interrupt} }

// endBySignal does nothing where a process cannot end itself by a signal.
func endBySignal(error) {}
