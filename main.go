// Command mxlogin gets a Matrix access token the right way, from a terminal or a
// CI job, and keeps it.
package main

import "mxlogin/cmd"

func main() { cmd.Main() }
