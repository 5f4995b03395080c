package session

import (
	"context"
	"errors"
	"time"

	"mxlogin/client"
	"mxlogin/client/oauth"
	"mxlogin/client/secret"
	"mxlogin/client/transport"
	"mxlogin/cmd/choose"
	"mxlogin/config"
)

// Session is a session in use: a homeserver and a token for it.
type Session struct {
	Account config.Account

	keeper     *Keeper
	renewed    bool // in this run: once is enough
	homeserver *client.Client
	token      transport.Credential
}

// Open opens the session of an account, renewed first where its access token is near
// its end. Where that is past and the session cannot be renewed, the server is asked
// whether it is over: only the server can say so.
func (k *Keeper) Open(ctx context.Context, account config.Account) (*Session, error) {
	if !account.HasSession() {
		return nil, NoSession(account)
	}
	account, err := k.unlocked(ctx, account)
	if err != nil {
		return nil, err
	}
	s := &Session{keeper: k}
	if account.IsRenewable() && account.EndsSoon(k.Now()) {
		renewed, err := k.Renew(ctx, account)
		if err != nil && !knowsNoRenewal(err) {
			return nil, err
		}
		s.renewed = err == nil
		if account = renewed; s.renewed && account.EndsSoon(k.Now()) {
			k.Reporter.Warning("short_lived", "the new access token has expired already, according to the server and this machine's clock")
		}
	}
	if err := s.use(account); err != nil {
		return nil, err
	}
	if !s.renewed && account.HasEnded(k.Now()) {
		if _, err := s.WhoAmI(ctx); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// use makes the account's token the one in use.
func (s *Session) use(account config.Account) error {
	connection, err := s.keeper.Network.For(&account)
	if err != nil {
		return err
	}
	s.Account = account
	s.homeserver, s.token, err = connection.open(account)
	return err
}

// knowsNoRenewal reports whether the homeserver has no renewal (any more), or none for
// this session: the access token is good until it ends.
func knowsNoRenewal(err error) bool {
	var refusal *transport.MatrixError
	var none *NoIssuerError
	return errors.As(err, &refusal) && refusal.Code == "M_UNRECOGNIZED" || errors.As(err, &none) ||
		isOAuthError(err, oauth.UnauthorizedClient, oauth.UnsupportedGrantType)
}

// NoSession says why an account without a session has none.
func NoSession(account config.Account) error {
	reason := "is logged out"
	if account.Pending {
		reason = "is not logged in: its login was not finished"
	}
	return &choose.NoSessionError{Account: account.Name, Flow: account.Flow, Reason: reason}
}

// Do sends what send sends, with the session's token. Where the server does not know
// that token the session is renewed, once, and send is called again. Where that fails
// in the same way the session is over: that is saved, and the error is an [*OverError].
func (s *Session) Do(ctx context.Context, send func(*client.Client, transport.Credential) error) error {
	err := send(s.homeserver, s.token)
	if !isUnknownToken(err) {
		return err
	}
	if s.renewed || !s.Account.IsRenewable() {
		return s.over(ctx, err)
	}
	renewed, failure := s.keeper.Renew(ctx, s.Account)
	if knowsNoRenewal(failure) {
		return s.over(ctx, err)
	}
	if failure != nil {
		return failure
	}
	s.renewed = true
	if failure := s.use(renewed); failure != nil {
		return failure
	}
	if err = send(s.homeserver, s.token); isUnknownToken(err) {
		return s.over(ctx, err)
	}
	return err
}

// WhoAmI asks who the token belongs to. Another user or device than the session is
// saved for is a [*StrangerError].
func (s *Session) WhoAmI(ctx context.Context) (client.Identity, error) {
	var who client.Identity
	err := s.Do(ctx, func(homeserver *client.Client, token transport.Credential) (err error) {
		who, err = homeserver.WhoAmI(ctx, token)
		return err
	})
	if err == nil {
		err = s.checkOwner(who)
	}
	if err != nil {
		return client.Identity{}, err
	}
	return who, nil
}

// checkOwner holds that the token is of the user and the device that the session is saved
// for.
func (s *Session) checkOwner(who client.Identity) error {
	saved := s.Account
	otherUser := saved.UserID != "" && who.UserID.String() != saved.UserID
	otherDevice := saved.DeviceID != "" && who.DeviceID != "" && who.DeviceID != saved.DeviceID
	if !otherUser && !otherDevice {
		return nil
	}
	return &StrangerError{
		Account: saved.Name, UserID: saved.UserID, DeviceID: saved.DeviceID,
		GotUser: who.UserID.String(), GotDevice: who.DeviceID,
	}
}

// Elsewhere returns nil where an action on devices of the account is done by a request,
// and an [*ElsewhereError] where a person does it on a page.
func (s *Session) Elsewhere(ctx context.Context, action, deviceID string) error {
	made, err := s.keeper.apiOf(s.Account)
	if err != nil {
		return err
	}
	return made.elsewhere(ctx, s.Account, action, deviceID)
}

// over saves that the server has ended the session: the tokens are worthless.
func (s *Session) over(ctx context.Context, cause error) error {
	over := newOverError(s.Account, cause)
	if s.keeper.Store == nil {
		return over
	}
	ctx, cancel := Lasting(ctx)
	defer cancel()
	err := s.keeper.Store.Update(ctx, func(file *config.File) error {
		entry, ok := file.Account(s.Account.Name)
		if ok && entry.SameSession(s.Account) { // else another process has logged in meanwhile
			file.Put(over.left(entry))
		}
		return nil
	})
	if err != nil {
		s.keeper.Reporter.Warning("storage", "the ended session could not be removed from the config file: "+err.Error())
	}
	return over
}

// WithoutSession returns the account without what ends with its session.
func WithoutSession(account config.Account) config.Account {
	account.SetTokens(secret.Value{}, secret.Value{})
	account.ExpiresAt, account.Lifetime = time.Time{}, 0
	return account
}

// isUnknownToken reports whether the server said, in so many words, that it does
// not know the token. No other refusal says that a session has ended: one server
// answers M_MISSING_TOKEN and ends nothing.
func isUnknownToken(err error) bool {
	var refusal *transport.MatrixError
	return errors.As(err, &refusal) && refusal.Code == "M_UNKNOWN_TOKEN"
}
