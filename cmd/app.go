package cmd

import (
	"io"
	"net/http"
	"os/exec"
	"time"

	"mxlogin/cmd/terminal"
)

// App is what mxlogin has of the world around it. A run changes nothing in it.
type App struct {
	Stdin        io.Reader
	Stdout       io.Writer
	Stderr       io.Writer
	Environment  Environment
	OpenTerminal func() (terminal.Prompter, error)
	OpenBrowser  func(url string) error // nil: there is no browser
	Now          func() time.Time
	RoundTripper http.RoundTripper     // nil: one for the settings in force
	StartCommand func(*exec.Cmd) error // of exec; nil: its Start
}
