// Package choose decides what a command line means: which user, which account,
// which homeserver. Its functions go by the arguments, the settings and the file
// alone: they ask nobody, and no server.
package choose

// Warn takes what a person should know and that is no error.
type Warn func(code, message string)
