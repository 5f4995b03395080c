package cmd

import (
	"maps"
	"slices"
	"strings"

	"mxlogin/client/secret"
)

// The environment variables that hold secrets.
const (
	envPassword    = "MXLOGIN_PASSWORD"
	envLoginToken  = "MXLOGIN_LOGIN_TOKEN"
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
		{"access-token", envAccessToken, "the access token of mxlogin import; with MXLOGIN_HOMESERVER a session that is not saved, for whoami, logout and exec"},
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
	variables map[string]string
	secrets   map[string]secret.Value
}

// NewEnvironment takes a snapshot of environ, a list as os.Environ returns it.
func NewEnvironment(environ []string) Environment {
	e := Environment{variables: map[string]string{}, secrets: map[string]secret.Value{}}
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		if _, isSecret := secretKindOf(name); isSecret {
			e.secrets[name] = secret.New(value)
			continue
		}
		e.variables[name] = value
	}
	return e
}

// Lookup returns a variable that is no secret.
func (e Environment) Lookup(name string) (string, bool) {
	value, ok := e.variables[name]
	return value, ok
}

// Secret returns a variable that is one. An empty variable counts as unset.
func (e Environment) Secret(name string) (secret.Value, bool) {
	value := e.secrets[name]
	return value, !value.IsZero()
}

// SecretNames returns the names of the secret variables that are set.
func (e Environment) SecretNames() []string {
	return slices.Sorted(maps.Keys(e.secrets))
}

// ForChildren returns the environment of child processes, as os/exec takes it.
func (e Environment) ForChildren() []string {
	environ := make([]string, 0, len(e.variables))
	for _, name := range slices.Sorted(maps.Keys(e.variables)) {
		environ = append(environ, name+"="+e.variables[name])
	}
	return environ
}
