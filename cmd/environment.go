package cmd

import (
	"maps"
	"runtime"
	"slices"
	"strings"

	"mxlogin/client/secret"
)

// The environment variables that hold secrets.
const (
	envPassword    = "MXLOGIN_PASSWORD"
	envLoginToken  = "MXLOGIN_LOGIN_TOKEN"
	envJWT         = "MXLOGIN_JWT"
	envASToken     = "MXLOGIN_AS_TOKEN"
	envAccessToken = "MXLOGIN_ACCESS_TOKEN"
)

// secretKind is a secret that a person gives.
type secretKind struct {
	name     string // as in --NAME-file
	variable string
	meaning  string // of the variable
}

// secretKinds returns every kind of secret. Environment, sources and help come
// from it.
func secretKinds() []secretKind {
	return []secretKind{
		{"password", envPassword, "the password, where no flag names another source"},
		{"login-token", envLoginToken, "the login token of mxlogin token, in the same way"},
		{"jwt", envJWT, "the JSON Web Token of mxlogin jwt, in the same way"},
		{"as-token", envASToken, "the application service's token of mxlogin appservice, in the same way"},
		{"access-token", envAccessToken, "the access token of mxlogin import; with MXLOGIN_HOMESERVER a session that is not saved, for whoami, access-token, exec, devices and logout"},
	}
}

// secretKindOf returns the kind of secret that a variable holds.
func secretKindOf(variable string) (kind secretKind, isSecret bool) {
	for _, kind := range secretKinds() {
		if kind.variable == variable {
			return kind, true
		}
	}
	return secretKind{}, false
}

// Environment is a snapshot of environment variables with the secrets kept
// apart: no child process gets them, and no lookup returns them by accident.
type Environment struct {
	foldNames   bool // Path and PATH are one variable
	variables   map[string]variable
	secrets     map[string]secret.Value
	secretNames []string // as they were spelled
}

// variable is an environment variable that is no secret.
type variable struct{ name, value string }

// NewEnvironment takes a snapshot of environ, a list as os.Environ returns it.
func NewEnvironment(environ []string) Environment {
	return newEnvironment(environ, runtime.GOOS == "windows")
}

// newEnvironment is NewEnvironment for a system whose names have no case, as on
// Windows, if foldNames is set. Of variables with one name the last counts, as for
// a child process.
func newEnvironment(environ []string, foldNames bool) Environment {
	e := Environment{foldNames: foldNames, variables: map[string]variable{}, secrets: map[string]secret.Value{}}
	for _, entry := range environ {
		name, value := cutVariable(entry)
		key := e.key(name)
		if _, isSecret := secretKindOf(key); isSecret {
			e.secrets[key] = secret.New(value)
			e.secretNames = append(e.secretNames, name)
			continue
		}
		e.variables[key] = variable{name, value}
	}
	return e
}

// cutVariable takes an entry of an environment apart. On Windows names may begin
// with "=": "=C:=C:\dir" is the directory of a drive.
func cutVariable(entry string) (name, value string) {
	after := min(1, len(entry))
	rest, value, _ := strings.Cut(entry[after:], "=")
	return entry[:after] + rest, value
}

// key is what a variable is known by.
func (e Environment) key(name string) string {
	if e.foldNames {
		return strings.ToUpper(name)
	}
	return name
}

// Lookup returns a variable that is no secret.
func (e Environment) Lookup(name string) (string, bool) {
	found, ok := e.variables[e.key(name)]
	return found.value, ok
}

// Secret returns a variable that is one. An empty variable counts as unset.
func (e Environment) Secret(name string) (secret.Value, bool) {
	value := e.secrets[e.key(name)]
	return value, !value.IsZero()
}

// SecretNames returns the names of the secret variables that are set, in every
// spelling that they were found in.
func (e Environment) SecretNames() []string { return e.secretNames }

// ForChildren returns the environment of child processes, as os/exec takes it.
func (e Environment) ForChildren() []string {
	environ := make([]string, 0, len(e.variables))
	for _, key := range slices.Sorted(maps.Keys(e.variables)) {
		found := e.variables[key]
		environ = append(environ, found.name+"="+found.value)
	}
	return environ
}
