// Mautrix is the least that a Go program has to do to get an access token with
// mautrix-go: what a login by mxlogin is measured against.
//
//	MXLOGIN_PASSWORD=… mautrix URL USER
package main

import (
	"context"
	"fmt"
	"os"

	"maunium.net/go/mautrix"
)

func main() {
	if err := login(context.Background(), os.Args[1], os.Args[2], os.Getenv("MXLOGIN_PASSWORD")); err != nil {
		fmt.Fprintln(os.Stderr, "mautrix:", err)
		os.Exit(1)
	}
}

func login(ctx context.Context, url, user, password string) error {
	client, err := mautrix.NewClient(url, "", "")
	if err != nil {
		return err
	}
	answer, err := client.Login(ctx, &mautrix.ReqLogin{
		Type:                     mautrix.AuthTypePassword,
		Identifier:               mautrix.UserIdentifier{Type: mautrix.IdentifierTypeUser, User: user},
		Password:                 password,
		InitialDeviceDisplayName: "mautrix",
	})
	if err != nil {
		return err
	}
	fmt.Println(answer.AccessToken)
	return nil
}
