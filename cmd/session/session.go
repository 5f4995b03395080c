// Package session is what happens to a session outside the wire: a login ends in
// it (check, save, report), a command opens it, a logout ends it.
package session

import (
	"context"
	"time"

	"mxlogin/client"
	"mxlogin/client/matrixid"
	"mxlogin/client/secret"
	"mxlogin/client/transport"
	"mxlogin/config"
)

// Reporter takes what a person should know and that is no error.
type Reporter interface {
	Warning(code, message string)
	Notice(kind, message string, fields map[string]any)
}

// Keeper takes sessions in and gives them out.
type Keeper struct {
	Store     *config.Store // nil keeps nothing
	Transport *transport.Client
	AllowHTTP []transport.HTTPHost // where plain http may go, as Transport has it
	Reporter  Reporter
	Now       func() time.Time
}

// Result is a session that a login made or found.
type Result struct {
	Account      config.Account
	Saved        bool // in the config file
	Reused       bool // it was there before
	AccessToken  secret.Value
	RefreshToken secret.Value
}

// saveTime is how long a save may take after the run was interrupted: a session
// that the server has made must not be lost to a signal.
const saveTime = 5 * time.Second

// lasting returns a context that outlives an interruption of ctx by saveTime.
func lasting(ctx context.Context) (context.Context, context.CancelFunc) {
	lasting, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(saveTime, cancel) })
	return lasting, func() {
		stop()
		cancel()
	}
}

func (k *Keeper) client(base matrixid.BaseURL, prefix string) *client.Client {
	return client.New(k.Transport, base).WithPrefix(client.Prefix(prefix))
}
