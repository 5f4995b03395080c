//go:build !unix

package cmd

import "os"

var endingSignals = []os.Signal{os.Interrupt}

// endBySignal does nothing where a process cannot end itself by a signal.
func endBySignal(error) {}
