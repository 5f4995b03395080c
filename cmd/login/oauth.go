package login

import (
	"context"
	"errors"
	"fmt"

	"mxlogin/client"
	"mxlogin/client/oauth"
	"mxlogin/cmd/callback"
	"mxlogin/cmd/session"
	"mxlogin/cmd/terminal"
	"mxlogin/config"
)

// OAuth logs in by the OAuth 2.0 API: at the homeserver's authorization server, with a
// browser here or, by a device code, anywhere.
type OAuth struct {
	Device    bool   // by a device code, also where there is a browser
	Browser   bool   // a browser can be opened here
	NoInput   bool   // nobody is waited for, but where a device code was asked for
	ClientURI string // what the server may show a person who asks what mxlogin is
}

// Kind is the row of the OAuth 2.0 API.
func (OAuth) Kind() Kind { return kindOf(FlowOAuth) }

// FlowOAuth stands where a session has the flow that made it.
const FlowOAuth = "oauth"

// clientName is what the server's pages call the client that asks to be let in.
const clientName = "mxlogin"

// Login registers a client, gets the tokens by one of the two grants, and asks the
// homeserver whose they are.
func (f OAuth) Login(ctx context.Context, a *session.Attempt, p Person) (session.Answer, error) {
	issuer, err := a.Connection.Issuer(ctx, a.Base)
	if err != nil {
		return session.Answer{}, err
	}
	grant, err := f.grant(a, issuer)
	if err != nil {
		return session.Answer{}, err
	}
	clientID, tokens, err := grant(ctx, a, p, issuer)
	answer := session.Answer{OAuth: config.OAuthClient{Issuer: issuer.Metadata().Issuer, ClientID: clientID}}
	answer.Tokens = tokens
	if err != nil {
		return answer, err
	}
	return identify(ctx, a, answer)
}

// grant is one way to the tokens. Tokens that come with an error are to be ended.
type grant func(context.Context, *session.Attempt, Person, *oauth.Client) (clientID string, tokens client.Tokens, err error)

// grant takes the device code where it was asked for, or where there is no browser and
// the server offers it.
func (f OAuth) grant(a *session.Attempt, issuer *oauth.Client) (grant, error) {
	offered := issuer.Metadata().DeviceGrant
	switch {
	case f.Device && !offered:
		return nil, &NoDeviceGrantError{Homeserver: a.Base.String()}
	case f.Device, offered && !f.Browser && !f.NoInput:
		return f.byDeviceCode, nil
	}
	return f.byCode, nil
}

// byCode sends the person to the browser, which comes back with an authorization code.
func (f OAuth) byCode(ctx context.Context, a *session.Attempt, p Person, issuer *oauth.Client) (string, client.Tokens, error) {
	state := oauth.NewState()
	receiver, err := callback.Listen(ctx, callback.Authorization(state))
	if err != nil {
		return "", client.Tokens{}, err
	}
	defer func() { _ = receiver.Close() }()
	clientID, err := f.register(ctx, issuer, receiver.URL())
	if err != nil {
		return "", client.Tokens{}, err
	}
	if err := a.Reserve(ctx); err != nil {
		return "", client.Tokens{}, err
	}
	login := oauth.NewCodeGrant(oauth.CodeGrant{
		ClientID: clientID, RedirectURI: receiver.URL(), DeviceID: a.Options().DeviceID, State: state,
	})
	answer, err := fromBrowser(ctx, p, receiver, page{
		needed:  f.needed(issuer),
		message: fmt.Sprintf("log in to %s with a browser:", a.Base.Origin()),
		url:     issuer.AuthorizationURL(login),
	})
	if err != nil {
		return "", client.Tokens{}, err
	}
	if ctx, err = a.Begin(ctx); err != nil {
		return "", client.Tokens{}, err
	}
	tokens, err := issuer.ExchangeCode(ctx, login, answer)
	return clientID, tokens, err
}

// byDeviceCode shows the person a code, and waits until it was approved. A code that ends
// meanwhile is followed by another: with some servers it is good for a minute.
func (f OAuth) byDeviceCode(ctx context.Context, a *session.Attempt, p Person, issuer *oauth.Client) (clientID string, tokens client.Tokens, err error) {
	if clientID, err = f.register(ctx, issuer, ""); err != nil {
		return "", client.Tokens{}, err
	}
	late := terminal.TimeoutError{What: "approved the login", Hint: "look at the page: some servers show errors only there"}
	err = p.Within(ctx, late, func(ctx context.Context) (err error) {
		for again := ""; ; {
			code, err := requestCode(ctx, a, issuer, clientID)
			if err != nil {
				return err
			}
			tokens, err = approve(ctx, a, p, issuer, code, again)
			if again = whyAgain(err, a, again); again == "" {
				return err
			}
		}
	})
	return clientID, tokens, err
}

// requestCode asks for a code for a device of its own.
func requestCode(ctx context.Context, a *session.Attempt, issuer *oauth.Client, clientID string) (oauth.DeviceCode, error) {
	if err := a.Reserve(ctx); err != nil {
		return oauth.DeviceCode{}, err
	}
	return issuer.RequestDeviceCode(ctx, clientID, a.Options().DeviceID)
}

// Why a person is shown another code.
const (
	againEnded = "the code has expired; here is another"
	againKnown = "the server already has a device with this ID; please approve once more"
)

// whyAgain says why a person needs another code after err, or nothing where that would not
// help: a code whose answer was lost may have been approved, and a server that refuses the
// second device as well means something else. before is what was said of the last code.
func whyAgain(err error, a *session.Attempt, before string) string {
	var ended *oauth.ExpiredError
	var refused *oauth.Error
	switch {
	case errors.As(err, &ended) && ended.Err == nil:
		return againEnded
	case errors.As(err, &refused) && refused.Code == oauth.InvalidScope && a.DeviceID == "" && before != againKnown:
		return againKnown
	}
	return ""
}

// approve has the person approve a code. again says what became of the code before.
func approve(ctx context.Context, a *session.Attempt, p Person, issuer *oauth.Client, code oauth.DeviceCode, again string) (tokens client.Tokens, err error) {
	if ctx, err = a.Begin(ctx); err != nil {
		return client.Tokens{}, err
	}
	shown := terminal.Code{
		Again: again, Server: a.Base.Origin().String(), Text: code.UserCode,
		URL: code.URL, CompleteURL: code.CompleteURL, Lifetime: code.Lifetime,
	}
	err = p.Approve(ctx, shown, func(ctx context.Context) (err error) {
		tokens, err = issuer.AwaitApproval(ctx, code)
		return err
	})
	return tokens, err
}

// needed is what the grant by a browser needs, and what to do without.
func (f OAuth) needed(issuer *oauth.Client) terminal.InteractionError {
	needed := needsBrowser("")
	if issuer.Metadata().DeviceGrant {
		needed = needsBrowser("; or use --device, which shows a code to enter in a browser anywhere")
	}
	return needed
}

// register makes a client for this login alone.
func (f OAuth) register(ctx context.Context, issuer *oauth.Client, redirect string) (clientID string, err error) {
	return issuer.Register(ctx, oauth.Registration{ClientName: clientName, ClientURI: f.ClientURI, RedirectURI: redirect})
}

// identify asks the homeserver whose the tokens are: nothing else says it. A device that
// is not the one that the grant named was not granted here.
func identify(ctx context.Context, a *session.Attempt, answer session.Answer) (session.Answer, error) {
	homeserver := a.Client()
	who, err := homeserver.WhoAmI(ctx, homeserver.Bind(answer.AccessToken))
	if err != nil {
		return answer, fmt.Errorf("asking whose the new session is: %w", err)
	}
	answer.UserID, answer.DeviceID = who.UserID, a.Options().DeviceID
	if who.DeviceID != "" && who.DeviceID != answer.DeviceID {
		return answer, &OtherDeviceError{Asked: answer.DeviceID, Got: who.DeviceID}
	}
	return answer, nil
}
