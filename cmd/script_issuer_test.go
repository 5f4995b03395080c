package cmd_test

import (
	"context"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"mxlogin/client/clienttest"
)

// issuers is the key of the authorization servers of a script, by the name of their URL.
type issuers struct{}

// scriptIssuer starts one whose tokens hold TOKEN and whose codes hold PW.
func scriptIssuer(t *testing.T, ts *testscript.TestScript, args []string) {
	options := []byte("{}")
	if len(args) > 1 {
		options = []byte(ts.ReadFile(args[1]))
	}
	o, err := clienttest.ParseIssuerOptions(options)
	ts.Check(err)
	o.Canary, o.CodeCanary = ts.Getenv("TOKEN"), ts.Getenv("PW")
	issuer, err := clienttest.StartIssuer(context.Background(), o)
	ts.Check(err)
	ts.Setenv(args[0], issuer.URL())
	ts.Setenv("BROWSER", "visit")
	ts.Value(issuers{}).(map[string]*clienttest.Issuer)[args[0]] = issuer
	ts.Defer(func() {
		issuer.Close()
		for _, fault := range issuer.Faults() {
			t.Errorf("%s: %s was asked wrongly: %s", ts.Name(), args[0], fault)
		}
	})
}

// scriptTell tells an issuer something, or asks it:
//
//	tell NAME down | up           see [clienttest.Issuer.SetDown]
//	tell NAME expire | end        all access tokens, all sessions
//	tell NAME lose PATH N         the next N answers
//	tell NAME living N            fail unless N sessions live
//	tell NAME called TEXT         fail unless the last device is called so
func scriptTell(ts *testscript.TestScript, _ bool, args []string) {
	issuer := ts.Value(issuers{}).(map[string]*clienttest.Issuer)[args[0]]
	switch args[1] {
	case "down", "up":
		issuer.SetDown(args[1] == "down")
	case "expire":
		issuer.ExpireTokens()
	case "end":
		issuer.EndSessions()
	case "lose":
		n, err := strconv.Atoi(args[3])
		ts.Check(err)
		issuer.LoseAnswers(args[2], n)
	case "living":
		if living := issuer.Living(); strconv.Itoa(len(living)) != args[2] {
			ts.Fatalf("the sessions of %s live", strings.Join(living, ", "))
		}
	case "called":
		if name := issuer.Name(); name != args[2] {
			ts.Fatalf("the device is called %s", name)
		}
	default:
		ts.Fatalf("no such thing: tell %s", args[1])
	}
}
