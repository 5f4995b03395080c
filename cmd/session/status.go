package session

import (
	"context"
	"errors"

	"mxlogin/client/transport"
	"mxlogin/config"
)

// Status is what is known of a saved session, once its server has been asked.
type Status string

// What a session can be. The first three need no server.
const (
	StatusLoggedIn    Status = "logged_in"
	StatusLoggedOut   Status = "logged_out"
	StatusPending     Status = "pending"     // a login was sent and not answered
	StatusEnded       Status = "ended"       // the server does not know it
	StatusRefused     Status = "refused"     // the server knows it, and does not let it in
	StatusUnreachable Status = "unreachable" // the server did not answer as it should
	StatusLocked      Status = "locked"      // the keyring does not give its token out
)

// SavedStatus is what the file says of an account.
func SavedStatus(account config.Account) Status {
	switch {
	case account.Pending:
		return StatusPending
	case !account.HasSession():
		return StatusLoggedOut
	}
	return StatusLoggedIn
}

// Status asks the server of an account what its session is, and changes nothing: a session
// is neither renewed nor forgotten. The error says why it is not logged in; an access
// token that has ended is no reason while there is a refresh token.
func (k *Keeper) Status(ctx context.Context, account config.Account) (Status, error) {
	if saved := SavedStatus(account); saved != StatusLoggedIn {
		return saved, NoSession(account)
	}
	account, err := k.unlocked(ctx, account)
	if err != nil {
		return StatusLocked, err
	}
	s := &Session{keeper: k}
	if err := s.use(account); err != nil {
		return StatusUnreachable, err
	}
	who, err := s.homeserver.WhoAmI(ctx, s.token)
	if err == nil {
		err = s.checkOwner(who)
	}
	var stranger *StrangerError
	var refusal *transport.MatrixError
	switch {
	case err == nil, isUnknownToken(err) && account.IsRenewable():
		return StatusLoggedIn, nil
	case isUnknownToken(err):
		return StatusEnded, newOverError(account, err)
	case errors.As(err, &stranger), errors.As(err, &refusal):
		return StatusRefused, err
	}
	return StatusUnreachable, err
}
