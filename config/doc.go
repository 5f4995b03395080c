// Package config holds mxlogin's settings, its accounts and the one file both
// are kept in.
//
// A [Store] loads the file and changes it: under a lock, from a fresh read, by
// an atomic and durable replacement. A [File] is the parsed document; its edits
// change YAML nodes, so that comments, order and unknown keys survive.
// [Resolve] merges the settings from flags, environment, file and defaults.
//
// The package prints nothing: what a person should know goes to the notify
// function of the Store.
package config
