package discovery_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"mxlogin/client/clienttest"
	"mxlogin/client/discovery"
	"mxlogin/client/matrixid"
	"mxlogin/client/transport"
)

// Find the homeserver of a user. The steps tell how it was found.
func ExampleResolve() {
	t, stop := exampleNetwork(`{
		"GET /.well-known/matrix/client": [{"body": {"m.homeserver": {"base_url": "https://matrix.example.org/"}}}],
		"GET /_matrix/client/versions": [{"body": {"versions": ["v1.1", "v1.11"]}}]
	}`)
	defer stop()

	alice, err := matrixid.ParseUserID("@alice:example.org")
	if err != nil {
		fmt.Println(err)
		return
	}
	found, err := discovery.Resolve(context.Background(), t, alice.Server())
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(found.Outcome, found.Base, found.Versions)
	for _, step := range found.Steps {
		fmt.Println(step.Request, step.Status, step.Outcome)
	}
	// Output:
	// SUCCESS https://matrix.example.org [v1.1 v1.11]
	// GET https://example.org/.well-known/matrix/client 200 SUCCESS
	// GET https://matrix.example.org/_matrix/client/versions 200 SUCCESS
}

// Where a discovery fails, the outcome says whether to ask the person for a URL.
func ExampleResolve_failure() {
	t, stop := exampleNetwork(`{
		"GET /.well-known/matrix/client": [{"status": 404}],
		"GET /_matrix/client/versions": [{"status": 404}]
	}`)
	defer stop()

	server, err := matrixid.ParseServerName("example.org")
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = discovery.Resolve(context.Background(), t, server)
	var failure *discovery.Error
	if errors.As(err, &failure) {
		fmt.Println("ask for a URL:", failure.Outcome == discovery.FailPrompt)
	}
	// Output:
	// ask for a URL: true
}

// Check a base URL that a person typed.
func ExampleProbe() {
	t, stop := exampleNetwork(`{"GET /_matrix/client/versions": [{"body": {"versions": ["v1.11"]}}]}`)
	defer stop()

	base, _, err := matrixid.ParseTypedBaseURL("https://matrix.example.org/")
	if err != nil {
		fmt.Println(err)
		return
	}
	found, err := discovery.Probe(context.Background(), t, base)
	fmt.Println(found.Outcome, found.Base, err)
	// Output:
	// SUCCESS https://matrix.example.org <nil>
}

// exampleNetwork stands for the internet: one server is example.org and
// matrix.example.org. A program would call [transport.New] with a Timeout alone.
func exampleNetwork(rules string) (t *transport.Client, stop func()) {
	network, err := clienttest.StartNetwork(context.Background(), rules, "example.org", "matrix.example.org")
	if err != nil {
		panic(err)
	}
	return transport.New(transport.Options{Timeout: 30 * time.Second, RoundTripper: network.RoundTripper}), network.Close
}
