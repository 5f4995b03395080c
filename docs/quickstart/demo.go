package main

const introduction = `This is mxlogin, a command-line login client for Matrix. You will see a login
from beginning to end, by the real program against a real homeserver on this
machine. All files are in
  %s
and go when the demo ends. Only the homeserver, once built, stays in your cache.

Building mxlogin and starting the homeserver ...
`

const conclusion = `That was all. To log in with your own account:
  go install mxlogin                    puts mxlogin into "$(go env GOPATH)/bin"
  mxlogin password '@you:example.org'   asks for your password
Read on in README.md, or run mxlogin --help.
`

// copyOfConfig is a file in the directory where the commands run.
const copyOfConfig = "copy.yaml"

// step is one command of the demo.
type step struct {
	why        string   // shown before the command
	args       []string // of mxlogin
	password   string   // piped into the command, if not empty
	cat        bool     // show the file that the command names
	copyTo     string   // copy the file that the command names there, if not empty
	showsToken bool     // the output holds the access token, which is shown shortened
	exitCode   int      // to be expected
}

// steps is the demo. The token has to be the whole output of the first step that
// shows it.
func steps(homeserver, password string) []step {
	return []step{
		{
			why:  "Ask the homeserver how you can log in. No account is needed for that.",
			args: []string{"flows", homeserver},
		},
		{
			why: `Log in. On a terminal mxlogin asks for the password; here, as in a script, it is
piped in. It is never an argument: other users of a machine can see those.`,
			args:     []string{"password", demoUserID, "--homeserver", homeserver, "--password-stdin"},
			password: password,
		},
		{
			why:  "The session is saved: no command needs the password from here on.",
			args: []string{"whoami"},
		},
		{
			why: `Print the access token, to hand it to another program. The command prints all of
it. This demo shows the first characters only: a token in a log is given away.`,
			args:       []string{"access-token"},
			showsToken: true,
		},
		{
			why: `All that mxlogin keeps is this file, which only you can read. The token is in it
in full; the demo shortens it again.`,
			args:       []string{"config", "path"},
			cat:        true,
			showsToken: true,
		},
		{
			why:    "Keep a copy of the file, to see what it is worth after a logout.",
			args:   []string{"config", "path"},
			copyTo: copyOfConfig,
		},
		{
			why:  "Log out. The server ends the session, then mxlogin takes it out of the file.",
			args: []string{"logout"},
		},
		{
			why: `The copy still holds the token, and the server refuses it. Scripts see that by
the exit code: 4 says that one has to log in again.`,
			args:     []string{"whoami", "--config", copyOfConfig},
			exitCode: 4,
		},
	}
}
