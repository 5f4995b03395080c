package main

import (
	"path/filepath"
	"strings"
)

// ownEnvironment is environ with home as the home directory, and without what
// would make mxlogin act otherwise than the demo says: settings and secrets of
// mxlogin itself, proxies, and CI, which forbids prompts.
func ownEnvironment(environ []string, home string) []string {
	var own []string
	for _, variable := range environ {
		if !isLeftOut(variable) {
			own = append(own, variable)
		}
	}
	return append(own, "HOME="+home, "XDG_CONFIG_HOME="+filepath.Join(home, ".config"))
}

func isLeftOut(variable string) bool {
	name, _, _ := strings.Cut(variable, "=")
	name = strings.ToUpper(name) // proxies go by either case, and Windows by any
	switch name {
	case "CI", "HOME", "XDG_CONFIG_HOME":
		return true
	}
	return strings.HasPrefix(name, "MXLOGIN_") || strings.HasSuffix(name, "_PROXY")
}
