package client_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"mxlogin/client"
	"mxlogin/client/clienttest"
	"mxlogin/client/discovery"
	"mxlogin/client/matrixid"
	"mxlogin/client/secret"
	"mxlogin/client/transport"
)

// exampleServer stands for a homeserver; a program would have a URL, or find it
// with [mxlogin/client/discovery].
func exampleServer(rules string) (fake *clienttest.Fake, homeserver *client.Client) {
	fake, err := clienttest.StartFake(context.Background(), clienttest.FakeOptions{})
	if err != nil {
		panic(err)
	}
	if err := fake.Load([]byte(rules)); err != nil {
		panic(err)
	}
	base, err := matrixid.ParseBaseURL(fake.URL())
	if err != nil {
		panic(err)
	}
	t := transport.New(transport.Options{Timeout: 30 * time.Second, UserAgent: "example"})
	return fake, client.New(t, base)
}

// A login from beginning to end: ask for the flows, bind the password to the
// homeserver it is meant for, log in, use the session, end it.
func Example() {
	fake, homeserver := exampleServer(`{
		"GET /_matrix/client/v3/login": [{"body": {"flows": [{"type": "m.login.password"}]}}],
		"POST /_matrix/client/v3/login": [{"body": {"user_id": "@alice:example.org", "device_id": "LAPTOP", "access_token": "syt_secret"}}],
		"GET /_matrix/client/v3/account/whoami": [{"body": {"user_id": "@alice:example.org", "device_id": "LAPTOP"}}],
		"POST /_matrix/client/v3/logout": [{"body": {}}]
	}`)
	defer fake.Close()
	ctx := context.Background()

	flows, err := homeserver.LoginFlows(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	if _, ok := flows.Find(client.FlowPassword); !ok {
		fmt.Println("no passwords here")
		return
	}
	homeserver = homeserver.WithPrefix(flows.Prefix) // an old server has other paths

	password := secret.New("correct horse battery staple")
	defer password.Wipe()
	session, err := homeserver.LoginPassword(ctx, client.User("@alice:example.org"), homeserver.Bind(password),
		client.LoginOptions{DeviceID: "LAPTOP", DeviceName: "example"})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("logged in as", session.UserID, "on device", session.DeviceID)
	fmt.Println("the token prints as", session.AccessToken)

	token := homeserver.Bind(session.AccessToken)
	who, err := homeserver.WhoAmI(ctx, token)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("the token is of", who.UserID)
	fmt.Println("logged out:", homeserver.Logout(ctx, token) == nil)
	// Output:
	// logged in as @alice:example.org on device LAPTOP
	// the token prints as [redacted]
	// the token is of @alice:example.org
	// logged out: true
}

// A login from nothing but a user ID and a password: the homeserver is found by the name
// of the server.
func Example_discovered() {
	network, err := clienttest.StartNetwork(context.Background(), `{
		"GET /.well-known/matrix/client": [{"body": {"m.homeserver": {"base_url": "https://matrix.example.org"}}}],
		"GET /_matrix/client/versions": [{"body": {"versions": ["v1.11"]}}],
		"POST /_matrix/client/v3/login": [{"body": {"user_id": "@alice:example.org", "device_id": "LAPTOP", "access_token": "syt_secret"}}],
		"GET /_matrix/client/v3/account/whoami": [{"body": {"user_id": "@alice:example.org"}}]
	}`, "example.org", "matrix.example.org")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer network.Close()
	ctx, password := context.Background(), "correct horse battery staple"

	alice, err := matrixid.ParseUserID("@alice:example.org")
	if err != nil {
		fmt.Println(err)
		return
	}
	t := transport.New(transport.Options{RoundTripper: network.RoundTripper}) // a program leaves that out
	found, err := discovery.Resolve(ctx, t, alice.Server())
	if err != nil {
		fmt.Println(err)
		return
	}
	homeserver := client.New(t, found.Base)
	session, err := homeserver.LoginPassword(ctx, client.User(alice.String()),
		homeserver.Bind(secret.New(password)), client.LoginOptions{DeviceName: "example"})
	if err != nil {
		fmt.Println(err)
		return
	}
	who, err := homeserver.WhoAmI(ctx, homeserver.Bind(session.AccessToken))
	fmt.Println(found.Base, session.DeviceID, who.UserID, err)
	// Output:
	// https://matrix.example.org LAPTOP @alice:example.org <nil>
}

func ExampleClient_LoginFlows() {
	fake, homeserver := exampleServer(`{
		"GET /_matrix/client/v3/login": [{"status": 404}],
		"GET /_matrix/client/r0/login": [{"body": {"flows": [
			{"type": "m.login.password"},
			{"type": "m.login.sso", "identity_providers": [{"id": "oidc", "name": "Example Inc."}]}
		]}}]
	}`)
	defer fake.Close()

	flows, err := homeserver.LoginFlows(context.Background())
	if errors.Is(err, client.ErrNoLoginAPI) {
		fmt.Println("it takes no passwords or tokens; perhaps it speaks OAuth 2.0")
		return
	}
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("paths:", flows.Prefix)
	for _, flow := range flows.List {
		fmt.Println(flow.Type, flow.IdentityProviders)
	}
	// Output:
	// paths: r0
	// m.login.password []
	// m.login.sso [{oidc Example Inc.}]
}

// Log in by e-mail address: the homeserver finds out the user.
func ExampleClient_LoginPassword_email() {
	fake, homeserver := exampleServer(`{
		"POST /_matrix/client/v3/login": [{"body": {"user_id": "@alice:example.org", "access_token": "syt_secret", "expires_in_ms": 300000, "refresh_token": "syr_secret"}}]
	}`)
	defer fake.Close()

	password := homeserver.Bind(secret.New("correct horse battery staple"))
	session, err := homeserver.LoginPassword(context.Background(), client.Email("Alice@example.org"), password, client.LoginOptions{Renewable: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(session.UserID, session.Expires, session.Lifetime, !session.RefreshToken.IsZero())
	// Output:
	// @alice:example.org true 5m0s true
}

func ExampleClient_LoginToken() {
	fake, homeserver := exampleServer(`{
		"POST /_matrix/client/v3/login": [{"body": {"user_id": "@alice:example.org", "device_id": "LAPTOP", "access_token": "syt_secret"}}]
	}`)
	defer fake.Close()

	loginToken := homeserver.Bind(secret.New("a token that another session has minted"))
	session, err := homeserver.LoginToken(context.Background(), loginToken, client.LoginOptions{DeviceID: "LAPTOP"})
	fmt.Println(session.UserID, err)
	// Output:
	// @alice:example.org <nil>
}

func ExampleClient_WhoAmI() {
	fake, homeserver := exampleServer(`{
		"GET /_matrix/client/v3/account/whoami": [{"status": 401, "body": {"errcode": "M_UNKNOWN_TOKEN", "soft_logout": true}}]
	}`)
	defer fake.Close()

	token := homeserver.Bind(secret.New("syt_old"))
	_, err := homeserver.WhoAmI(context.Background(), token)
	var refusal *transport.MatrixError
	if errors.As(err, &refusal) && refusal.Code == "M_UNKNOWN_TOKEN" {
		fmt.Println("the session is over; log in again on the same device:", refusal.SoftLogout)
	}
	// Output:
	// the session is over; log in again on the same device: true
}

// A token that the homeserver does not know is as good as logged out.
func ExampleClient_Logout() {
	fake, homeserver := exampleServer(`{
		"POST /_matrix/client/v3/logout": [{"status": 401, "body": {"errcode": "M_UNKNOWN_TOKEN"}}]
	}`)
	defer fake.Close()

	token := homeserver.Bind(secret.New("syt_old"))
	err := homeserver.Logout(context.Background(), token)
	var refusal *transport.MatrixError
	if errors.As(err, &refusal) && refusal.Code == "M_UNKNOWN_TOKEN" {
		err = nil
	}
	fmt.Println(err)
	// Output:
	// <nil>
}

// The errors say what a program has to know to go on: whether the server refused,
// when to come back, and whether a login may have happened all the same.
func Example_errors() {
	fake, homeserver := exampleServer(`{
		"POST /_matrix/client/v3/login": [
			{"status": 403, "body": {"errcode": "M_FORBIDDEN", "error": "Invalid password"}},
			{"status": 429, "header": {"Retry-After": "90"}},
			{"drop": true}
		]
	}`)
	defer fake.Close()
	password := homeserver.Bind(secret.New("wrong"))

	for range 3 {
		_, err := homeserver.LoginPassword(context.Background(), client.User("alice"), password, client.LoginOptions{})
		var refusal *transport.MatrixError
		var limit *transport.RateLimitError
		switch {
		case errors.As(err, &refusal):
			fmt.Println("refused:", refusal.Code, refusal.Message)
		case errors.As(err, &limit):
			fmt.Println("rate limited: try again in", limit.RetryAfter)
		case transport.MayHaveActed(err):
			fmt.Println("no answer: there may be a new device")
		}
	}
	// Output:
	// refused: M_FORBIDDEN Invalid password
	// rate limited: try again in 1m30s
	// no answer: there may be a new device
}

// A credential goes to the origin it is bound to. To any other the request is not
// sent.
func Example_credential() {
	fake, homeserver := exampleServer(`{}`)
	defer fake.Close()
	elsewhere, err := matrixid.ParseBaseURL("https://matrix.example.org")
	if err != nil {
		fmt.Println(err)
		return
	}
	other := client.New(transport.New(transport.Options{}), elsewhere)
	password := other.Bind(secret.New("correct horse battery staple"))

	_, err = homeserver.LoginPassword(context.Background(), client.User("alice"), password, client.LoginOptions{})
	var forbidden *transport.ForbiddenError
	fmt.Println("forbidden:", errors.As(err, &forbidden))
	fmt.Println("requests:", len(fake.Requests()))
	// Output:
	// forbidden: true
	// requests: 0
}
