// Mautrix is the least that a Go program has to do to get an access token with
// mautrix-go: what a login by mxlogin is measured against.
//
//	MXLOGIN_PASSWORD=… mautrix [-flows] URL USER
//	MXLOGIN_PASSWORD=… mautrix -discover SERVER USER
package main

import (
	"context"
	"flag"
	"fmt"
	"os"

	"maunium.net/go/mautrix"
)

func main() {
	discover := flag.Bool("discover", false, "find the homeserver by the server's name")
	flows := flag.Bool("flows", false, "ask the homeserver how you can log in")
	flag.Parse()
	if err := run(context.Background(), *discover, *flows, flag.Arg(0), flag.Arg(1)); err != nil {
		fmt.Fprintln(os.Stderr, "mautrix:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, discover, flows bool, server, user string) error {
	url := server
	if discover {
		found, err := mautrix.DiscoverClientAPI(ctx, server)
		if err != nil {
			return err
		}
		url = found.Homeserver.BaseURL
	}
	client, err := mautrix.NewClient(url, "", "")
	if err != nil {
		return err
	}
	if discover {
		if _, err := client.Versions(ctx); err != nil {
			return err
		}
	}
	if discover || flows {
		if _, err := client.GetLoginFlows(ctx); err != nil {
			return err
		}
	}
	return login(ctx, client, user, os.Getenv("MXLOGIN_PASSWORD"))
}

func login(ctx context.Context, client *mautrix.Client, user, password string) error {
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
