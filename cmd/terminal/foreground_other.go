//go:build !unix

package terminal

// IsInForeground reports whether the signal of a key reaches this process and those that
// it has started alike, as it does on a console.
func IsInForeground() bool { return true }
