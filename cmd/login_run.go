package cmd

import (
	"context"
	"errors"
	"fmt"

	"mxlogin/client"
	"mxlogin/client/matrixid"
	"mxlogin/client/oauth"
	"mxlogin/client/secret"
	"mxlogin/client/transport"
	"mxlogin/cmd/output"
	"mxlogin/cmd/session"
	"mxlogin/config"
)

// loginRun is a login on its way: who, where, by which flow. Every login command
// walks it in the same order: prepare, reuse, checkFlow, the secret, finish.
type loginRun struct {
	app     *App
	options loginOptions
	flow    string
	who     session.Asked
	saved   *config.Account // that this login renews; nil for a new account
	base    matrixid.BaseURL
	prefix  client.Prefix
	saves   bool          // the session is to be kept
	flows   *client.Flows // what the homeserver offers; nil while it was not asked
	link    connection
	keeper  *session.Keeper
}

// prepareLogin finds out where the login goes, and sends no secret.
func (a *App) prepareLogin(ctx context.Context, o loginOptions, flow string, who session.Asked, named target) (*loginRun, error) {
	if err := o.check(a); err != nil {
		return nil, err
	}
	store, err := a.loginStore()
	if err != nil {
		return nil, err
	}
	l := &loginRun{app: a, options: o, flow: flow, who: who, saves: store != nil}
	if err := l.find(ctx, named); err != nil {
		return nil, err
	}
	l.keeper.Store = store
	return l, nil
}

// loginStore returns where a login is saved, nil for --storage none. That needs
// no home directory, which a container may not have.
func (a *App) loginStore() (*config.Store, error) {
	settings, err := a.Settings()
	if err != nil || settings.Storage == storageNone {
		return nil, err
	}
	return a.Store()
}

// prepareEphemeral is prepareLogin for a session that nobody keeps or sees.
func (a *App) prepareEphemeral(ctx context.Context, o loginOptions, flow string, who session.Asked) (*loginRun, error) {
	if err := checkDeviceID(o.deviceID); err != nil {
		return nil, err
	}
	l := &loginRun{app: a, options: o, flow: flow, who: who}
	return l, l.find(ctx, target{user: who.User})
}

// find finds the saved account, the homeserver and the way to it. Who wants the
// session saved gives the keeper a store.
func (l *loginRun) find(ctx context.Context, named target) error {
	if err := l.findSaved(); err != nil {
		return err
	}
	where, err := l.app.choosePlace(named, l.saved)
	if err != nil {
		return err
	}
	l.base = where.base
	if err := l.findSaved(); err != nil {
		return err
	}
	if where.account == nil {
		where.account = l.saved
	}
	if l.link, err = l.app.connect(where.account); err != nil {
		return err
	}
	if l.base, err = l.app.findAsking(ctx, l.link.transport, where); err != nil {
		return err
	}
	l.keeper = l.app.unsavedKeeper(l.link)
	return l.findSaved()
}

// findSaved looks for the account that this login renews. A localpart names one
// only where the homeserver is known, so this is done again when it is.
func (l *loginRun) findSaved() error {
	file, err := l.app.File()
	if err != nil {
		return err
	}
	settings, err := l.app.Settings()
	if err != nil {
		return err
	}
	l.saved, err = session.ForLogin(file, settings.Account, l.who, l.base)
	if choice := (*session.ChoiceError)(nil); errors.As(err, &choice) && !l.saves {
		return nil // which account is meant does not matter where none is changed
	}
	return err
}

// reuse does what --if-needed asks: a saved session that is good is the result.
func (l *loginRun) reuse(ctx context.Context) (done bool, err error) {
	if !l.options.ifNeeded || l.saved == nil || !l.saved.HasSession() {
		return false, nil
	}
	saved, err := l.app.keeperOf(*l.saved)
	if err != nil {
		return false, err
	}
	opened, err := saved.Open(*l.saved)
	if err != nil {
		return false, err
	}
	_, err = opened.WhoAmI(ctx)
	var over *session.OverError
	switch {
	case errors.As(err, &over):
		return false, l.forgetSession()
	case err != nil:
		return false, err
	}
	return true, l.print(session.Result{
		Account: *l.saved, Saved: true, Reused: true,
		AccessToken: l.saved.AccessToken, RefreshToken: l.saved.RefreshToken,
	})
}

// forgetSession reads the file again after a session in it was found to be over.
func (l *loginRun) forgetSession() error {
	l.app.file = nil
	return l.findSaved()
}

// checkFlow asks the homeserver how one may log in, before anybody is asked for a
// secret. An account that has logged in by this flow before need not ask.
func (l *loginRun) checkFlow(ctx context.Context) error {
	if known := l.saved; known != nil && known.Flow == l.flow && !known.Pending {
		l.prefix = client.Prefix(known.Prefix)
		return nil
	}
	if l.options.skipFlows {
		return nil
	}
	flows, err := l.askFlows(ctx)
	if errors.Is(err, client.ErrNoLoginAPI) {
		return l.notOffered(ctx, nil)
	}
	if err != nil {
		return err
	}
	if _, ok := flows.Find(l.flow); !ok {
		return l.notOffered(ctx, flows.List)
	}
	if flows.PrefersOAuth() {
		l.app.Reporter().Notice("oauth_preferred", fmt.Sprintf("%s prefers logins by OAuth 2.0; going on with %s", l.base, l.flow), nil)
	}
	if flows.Prefix != client.V3 {
		l.prefix = flows.Prefix
	}
	return nil
}

// askFlows asks once.
func (l *loginRun) askFlows(ctx context.Context) (client.Flows, error) {
	if l.flows != nil {
		return *l.flows, nil
	}
	flows, err := client.New(l.link.transport, l.base).LoginFlows(ctx)
	if err == nil {
		l.flows = &flows
	}
	return flows, err
}

func (l *loginRun) notOffered(ctx context.Context, offered []client.Flow) error {
	_, hasOAuth, err := oauth.FetchMetadata(ctx, l.link.transport, l.base)
	if ctx.Err() != nil {
		return err
	}
	return &FlowError{Homeserver: l.base.String(), Flow: l.flow, Offered: offered, OAuth: hasOAuth && err == nil}
}

// origin is where the secret of this login may go.
func (l *loginRun) origin() matrixid.Origin { return l.base.Origin() }

// finish logs in by send, keeps what comes of it and shows it.
func (l *loginRun) finish(ctx context.Context, send sendLogin) error {
	result, err := l.login(ctx, send)
	if err != nil {
		return err
	}
	return l.print(result)
}

// sendLogin sends the request of one flow.
type sendLogin func(*client.Client, client.LoginOptions) (client.Session, error)

// login logs in by send and keeps what comes of it.
func (l *loginRun) login(ctx context.Context, send sendLogin) (session.Result, error) {
	l.keepNamed()
	settings, err := l.app.Settings()
	if err != nil {
		return session.Result{}, err
	}
	attempt, err := l.keeper.Begin(ctx, session.Login{
		Asked: l.who, Flow: l.flow, API: config.APILegacy, Base: l.base, Prefix: string(l.prefix),
		Account: settings.Account, Saved: l.saved,
		DeviceID: l.options.deviceID, NewDevice: l.options.newDevice,
		AllowOtherUser: l.options.allowOtherUser, KeepHomeserver: l.options.keepHomeserver,
		CAFile: l.link.caFile, AllowHTTP: l.link.allowHTTP,
	})
	if err != nil {
		return session.Result{}, err
	}
	homeserver := client.New(l.link.transport, l.base).WithPrefix(l.prefix)
	answer, err := send(homeserver, client.LoginOptions{DeviceID: attempt.DeviceID(), DeviceName: settings.DeviceName})
	if err != nil {
		return session.Result{}, attempt.Abandon(ctx, &LoginError{Flow: l.flow, Err: err})
	}
	l.app.Hide(answer.AccessToken)
	l.app.Hide(answer.RefreshToken)
	return attempt.Finish(ctx, answer)
}

// keepNamed has what the person named shown as it is, also where a weak password is
// part of it.
func (l *loginRun) keepNamed() {
	l.app.scrubber.Keep(l.base.String())
	switch {
	case !l.who.User.IsZero():
		l.app.scrubber.Keep(l.who.User.String())
	case l.who.Localpart != "":
		l.app.scrubber.Keep("@" + l.who.Localpart + ":")
	}
}

func (l *loginRun) print(r session.Result) error {
	shown := output.Session{
		UserID: r.Account.UserID, DeviceID: r.Account.DeviceID, Homeserver: r.Account.Homeserver,
		Flow: r.Account.Flow, API: r.Account.API, Reused: r.Reused, ExpiresAt: r.Account.ExpiresAt,
		AccessToken: r.AccessToken, RefreshToken: r.RefreshToken,
	}
	if r.Saved {
		store, err := l.app.Store()
		if err != nil {
			return err
		}
		shown.Account, shown.Config = r.Account.Name, store.Path()
	}
	format, err := l.app.Format()
	if err != nil {
		return err
	}
	return l.app.printer(format).Session(shown, l.options.showToken)
}

// keeper makes what keeps sessions, in the config file.
func (a *App) keeper(link connection) (*session.Keeper, error) {
	keeper := a.unsavedKeeper(link)
	var err error
	keeper.Store, err = a.Store()
	return keeper, err
}

// unsavedKeeper makes a keeper of sessions that are saved nowhere.
func (a *App) unsavedKeeper(link connection) *session.Keeper {
	return &session.Keeper{Transport: link.transport, AllowHTTP: link.http, Reporter: a.Reporter(), Now: a.Now}
}

// bind makes a credential of a secret that the person gave for this login.
func (l *loginRun) bind(v secret.Value) transport.Credential { return transport.Bind(v, l.origin()) }
