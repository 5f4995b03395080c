// Package terminal is what touches the person: prompts on the controlling
// terminal, secrets read from there or from elsewhere, and the sink that makes
// text from a server fit to be shown.
package terminal
