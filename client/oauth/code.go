package oauth

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"net/url"

	"mxlogin/client"
	"mxlogin/client/secret"
	"mxlogin/client/transport"
)

// CodeGrant is one login by an authorization code.
type CodeGrant struct {
	ClientID    string
	RedirectURI string // with the port that is listened at
	DeviceID    string // see [IsDeviceID]
	State       string // of [NewState]

	verifier secret.Value
}

// NewState makes a value that nobody can guess: what the browser comes back with must
// repeat it.
func NewState() string { return rand.Text() }

// NewCodeGrant makes a CodeGrant with a code verifier of its own, of 256 random bits.
// Without it the code is worth nothing to whoever sees it.
//
// RFC 7636, 4.1. A failure of the random source ends the program.
func NewCodeGrant(g CodeGrant) CodeGrant {
	var b [32]byte
	_, _ = rand.Read(b[:])
	g.verifier = secret.New(base64.RawURLEncoding.EncodeToString(b[:]))
	return g
}

// AuthorizationURL is the page on which a person logs in and agrees.
//
// Client-Server API, "Authorization code flow". The answer is asked for in the query:
// a fragment reaches no server.
func (c *Client) AuthorizationURL(g CodeGrant) string {
	return c.endpoints.authorization.url(url.Values{
		"response_type":         {"code"},
		"response_mode":         {"query"},
		"client_id":             {g.ClientID},
		"redirect_uri":          {g.RedirectURI},
		"scope":                 {scopeOf(g.DeviceID)},
		"state":                 {g.State},
		"code_challenge":        {challenge(g.verifier)},
		"code_challenge_method": {"S256"},
	})
}

// challenge is the S256 code challenge of a verifier (RFC 7636, 4.2).
func challenge(verifier secret.Value) string {
	sum := sha256.Sum256([]byte(verifier.Reveal()))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// ExchangeCode gets the tokens for what the browser came back with. It is sent once: a
// code that comes twice ends the session.
//
// An answer that is not of this login and this server is an [AnswerError], and one that
// refuses an [Error]; nothing was sent then. Where the tokens that were issued are not
// those that were asked for, they come with the error, and are to be revoked.
func (c *Client) ExchangeCode(ctx context.Context, g CodeGrant, answer url.Values) (client.Tokens, error) {
	code, err := c.readAnswer(g, answer)
	if err != nil {
		return client.Tokens{}, err
	}
	return c.askForTokens(ctx, g.DeviceID, false, transport.Fields{
		"grant_type":    grantCode,
		"code":          code,
		"redirect_uri":  g.RedirectURI,
		"client_id":     g.ClientID,
		"code_verifier": c.bind(g.verifier),
	})
}

// readAnswer holds that an answer is of this login and of this server, and returns its
// code. A server that another one has sent the browser to would get a code that is not
// its own (RFC 9207).
func (c *Client) readAnswer(g CodeGrant, answer url.Values) (transport.Credential, error) {
	request := "GET " + c.endpoints.authorization.root.Join(c.endpoints.authorization.path)
	fault := func(reason string) error { return &AnswerError{Request: request, Reason: reason} }
	names, _, _ := c.metadata.object.Bool("authorization_response_iss_parameter_supported")
	switch code := answer.Get("code"); {
	case subtle.ConstantTimeCompare([]byte(answer.Get("state")), []byte(g.State)) != 1:
		return transport.Credential{}, fault("the browser came back from another login")
	case answer.Has("iss") && answer.Get("iss") != c.metadata.Issuer:
		return transport.Credential{}, fault("the browser came back from another authorization server")
	case names && !answer.Has("iss"):
		return transport.Credential{}, fault("the browser came back without the issuer, which the server promises to send")
	case isCode(answer.Get("error")):
		return transport.Credential{}, &Error{Request: request, Code: answer.Get("error"), Description: cut(answer.Get("error_description"))}
	case code == "":
		return transport.Credential{}, fault("the browser came back without a code")
	default:
		return c.bind(secret.New(code)), nil
	}
}

// bind binds a secret to where tokens are issued.
func (c *Client) bind(v secret.Value) transport.Credential {
	return c.transport.Bind(v, c.endpoints.token.root.Origin())
}
