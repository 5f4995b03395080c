package session

import (
	"context"
	"errors"
	"time"

	"mxlogin/client"
	"mxlogin/client/secret"
	"mxlogin/client/transport"
	"mxlogin/cmd/choose"
	"mxlogin/config"
)

// Session is a session in use: a homeserver and a token for it.
type Session struct {
	Account config.Account

	keeper     *Keeper
	homeserver *client.Client
	token      transport.Credential
}

// Open opens the session of an account.
func (k *Keeper) Open(account config.Account) (*Session, error) {
	if !account.HasSession() {
		return nil, NoSession(account)
	}
	connection, err := k.Network.For(&account)
	if err != nil {
		return nil, err
	}
	k.Hide(account.RefreshToken)
	homeserver, token, err := connection.open(account)
	if err != nil {
		return nil, err
	}
	return &Session{Account: account, keeper: k, homeserver: homeserver, token: token}, nil
}

// NoSession says why an account without a session has none.
func NoSession(account config.Account) error {
	reason := "it is logged out"
	if account.Pending {
		reason = "its login was not finished"
	}
	return &choose.NoSessionError{Account: account.Name, Flow: account.Flow, Reason: reason}
}

// Do sends what send sends, with the session's token. Where the server says that
// the session is over, that is saved too, and the error is an [*OverError].
func (s *Session) Do(ctx context.Context, send func(*client.Client, transport.Credential) error) error {
	err := send(s.homeserver, s.token)
	if isUnknownToken(err) {
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
	if err != nil {
		return client.Identity{}, err
	}
	saved := s.Account
	otherUser := saved.UserID != "" && who.UserID.String() != saved.UserID
	otherDevice := saved.DeviceID != "" && who.DeviceID != "" && who.DeviceID != saved.DeviceID
	if otherUser || otherDevice {
		return client.Identity{}, &StrangerError{
			Account: saved.Name, UserID: saved.UserID, DeviceID: saved.DeviceID,
			GotUser: who.UserID.String(), GotDevice: who.DeviceID,
		}
	}
	return who, nil
}

// over saves that the server has ended the session: the tokens are worthless. On
// a soft logout the device lives on and its ID is kept for the next login.
func (s *Session) over(ctx context.Context, cause error) error {
	var refusal *transport.MatrixError
	errors.As(cause, &refusal)
	over := &OverError{Account: s.Account.Name, Flow: s.Account.Flow, Err: cause}
	if refusal.SoftLogout {
		over.DeviceID = s.Account.DeviceID
	}
	if s.keeper.Store == nil {
		return over
	}
	ctx, cancel := Lasting(ctx)
	defer cancel()
	err := s.keeper.Store.Update(ctx, func(file *config.File) error {
		entry, ok := file.Account(s.Account.Name)
		if !ok || !entry.AccessToken.Equal(s.Account.AccessToken) {
			return nil // another process has logged in meanwhile
		}
		entry = WithoutSession(entry)
		entry.DeviceID = over.DeviceID
		file.Put(entry)
		return nil
	})
	if err != nil {
		s.keeper.Reporter.Warning("storage", "the dead session could not be taken out of the config file: "+err.Error())
	}
	return over
}

// WithoutSession returns the account without what ends with its session.
func WithoutSession(account config.Account) config.Account {
	account.AccessToken, account.RefreshToken = secret.Value{}, secret.Value{}
	account.ExpiresAt = time.Time{}
	return account
}

// isUnknownToken reports whether the server said, in so many words, that it does
// not know the token. No other refusal says that a session has ended: one server
// answers M_MISSING_TOKEN and ends nothing.
func isUnknownToken(err error) bool {
	var refusal *transport.MatrixError
	return errors.As(err, &refusal) && refusal.Code == "M_UNKNOWN_TOKEN"
}
