package oauth_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	"mxlogin/client"
	"mxlogin/client/clienttest"
	"mxlogin/client/matrixid"
	"mxlogin/client/oauth"
	"mxlogin/client/transport"
)

// exampleIssuer stands for a homeserver and its authorization server; a program would
// have a URL, or find it with [mxlogin/client/discovery].
func exampleIssuer(o clienttest.IssuerOptions) (*clienttest.Issuer, matrixid.BaseURL) {
	issuer, err := clienttest.StartIssuer(context.Background(), o)
	if err != nil {
		panic(err)
	}
	base, err := matrixid.ParseBaseURL(issuer.URL())
	if err != nil {
		panic(err)
	}
	return issuer, base
}

// A login by a device code: show the code, wait until somebody has approved it, ask whose
// session it is. No browser is needed here.
func ExampleClient_AwaitApproval() {
	example, base := exampleIssuer(clienttest.IssuerOptions{Approved: 1})
	defer example.Close()
	ctx, t := context.Background(), transport.New(transport.Options{})

	metadata, ok, err := oauth.FetchMetadata(ctx, t, base)
	if err != nil || !ok || !metadata.DeviceGrant {
		fmt.Println("no device codes here", err)
		return
	}
	issuer, err := oauth.New(t, base, metadata, oauth.Clock{})
	if err != nil {
		fmt.Println(err)
		return
	}
	clientID, err := issuer.Register(ctx, oauth.Registration{ClientName: "example", ClientURI: "https://example.org/"})
	if err != nil {
		fmt.Println(err)
		return
	}
	code, err := issuer.RequestDeviceCode(ctx, clientID, "EXAMPLEDEVICE") // random, and new for each login
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("open a page and enter a code of", len(code.UserCode), "characters")
	tokens, err := issuer.AwaitApproval(ctx, code)
	if err != nil {
		fmt.Println(err)
		return
	}

	homeserver := client.New(t, base)
	who, err := homeserver.WhoAmI(ctx, homeserver.Bind(tokens.AccessToken))
	fmt.Println(who.UserID, who.DeviceID, err)
	fmt.Println("revoked:", issuer.Revoke(ctx, clientID, oauth.RefreshToken, tokens.RefreshToken))
	// Output:
	// open a page and enter a code of 9 characters
	// @alice:hs.test EXAMPLEDEVICE <nil>
	// revoked: <nil>
}

// A login by an authorization code: the browser comes back to a port of the loopback,
// where a program listens.
func ExampleClient_ExchangeCode() {
	example, base := exampleIssuer(clienttest.IssuerOptions{})
	defer example.Close()
	ctx, t := context.Background(), transport.New(transport.Options{})

	metadata, ok, err := oauth.FetchMetadata(ctx, t, base)
	if err != nil || !ok {
		fmt.Println("no OAuth here", err)
		return
	}
	issuer, err := oauth.New(t, base, metadata, oauth.Clock{})
	if err != nil {
		fmt.Println(err)
		return
	}
	const redirect = "http://127.0.0.1:45678/a-path-that-nobody-can-guess"
	clientID, err := issuer.Register(ctx, oauth.Registration{ClientName: "example", ClientURI: "https://example.org/", RedirectURI: redirect})
	if err != nil {
		fmt.Println(err)
		return
	}
	grant := oauth.NewCodeGrant(oauth.CodeGrant{ClientID: clientID, RedirectURI: redirect, DeviceID: "EXAMPLEDEVICE", State: oauth.NewState()})
	tokens, err := issuer.ExchangeCode(ctx, grant, agree(issuer.AuthorizationURL(grant)))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("an access token for", tokens.Lifetime)
	tokens, err = issuer.Refresh(ctx, clientID, tokens.RefreshToken)
	fmt.Println("another for", tokens.Lifetime, err)
	// Output:
	// an access token for 5m0s
	// another for 5m0s <nil>
}

// agree is a person at a browser, which comes back with the parameters of its address.
func agree(page string) url.Values {
	browser := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := browser.Get(page)
	if err != nil {
		panic(err)
	}
	defer func() { _ = response.Body.Close() }()
	back, err := response.Location()
	if err != nil {
		panic(err)
	}
	return back.Query()
}
