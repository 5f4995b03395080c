// Package output writes what a command has to say: its result to standard
// output, everything else as records to standard error.
package output
