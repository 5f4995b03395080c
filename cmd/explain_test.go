package cmd

import (
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mxlogin/client"
	"mxlogin/client/discovery"
	"mxlogin/client/matrixid"
	"mxlogin/client/oauth"
	"mxlogin/client/transport"
	"mxlogin/cmd/choose"
	"mxlogin/cmd/login"
	"mxlogin/cmd/session"
	"mxlogin/cmd/terminal"
	"mxlogin/config"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestEveryErrorHasWords holds what a person reads for each kind of error against
// testdata/errors.golden, so that all of them can be read in one place. After a
// change read the difference, then run go test ./cmd -run EveryError -update.
func TestEveryErrorHasWords(t *testing.T) {
	var text strings.Builder
	for _, sample := range errorSamples(t) {
		failure := explain(sample.err)
		fmt.Fprintf(&text, "# %s\n%s %d\nmxlogin: %s\n", sample.name, failure.Code, failure.ExitCode, failure.Message)
		if failure.Hint != "" {
			fmt.Fprintf(&text, "hint: %s\n", failure.Hint)
		}
		text.WriteString("\n")
		checkWords(t, sample.name, failure.Message)
	}
	const golden = "testdata/errors.golden"
	if *update {
		if err := os.WriteFile(golden, []byte(text.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), text.String()); diff != "" {
		t.Errorf("the words for errors have changed:\n%s", diff)
	}
}

func checkWords(t *testing.T, name, message string) {
	t.Helper()
	switch {
	case message == "":
		t.Errorf("%s: no words", name)
	case strings.HasSuffix(message, "."):
		t.Errorf("%s: ends in a full stop", name)
	case strings.ContainsAny(message, "\n\t"):
		t.Errorf("%s: is more than one line", name)
	}
}

type errorSample struct {
	name string
	err  error
}

func errorSamples(t *testing.T) []errorSample {
	t.Helper()
	const request = "POST https://matrix.example.org/_matrix/client/v3/login"
	base, err := matrixid.ParseBaseURL("https://matrix.example.org")
	if err != nil {
		t.Fatal(err)
	}
	plain, err := matrixid.ParseBaseURL("http://matrix.example.org:8008")
	if err != nil {
		t.Fatal(err)
	}
	cut := &transport.NetworkError{Request: request, Host: "matrix.example.org", Reason: "the connection was cut", Sent: true}
	elsewhere, err := matrixid.ParseBaseURL("https://other.example")
	if err != nil {
		t.Fatal(err)
	}
	refusal := func(status int, code, words string) error {
		return &login.RefusedError{Kind: kindOf(client.FlowPassword), Err: &transport.MatrixError{Request: request, Origin: base.Origin(), Status: status, Code: code, Message: words}}
	}
	ignore := func(string, string) {}
	_, badUser := choose.ParseUser("@alice", ignore)
	_, badServer := choose.ParseTarget("münchen.example", ignore)
	_, badURL := choose.ParseTarget("https://matrix.example.org/_matrix/client", ignore)
	offer := login.Offer{
		Base: base, HasLegacy: true, OAuth: &oauth.Metadata{},
		Flows: client.Flows{List: []client.Flow{{Type: client.FlowSSO}, {Type: client.FlowToken}}},
	}
	return []errorSample{
		{"usage", &choose.UsageError{Message: `unknown command for "mxlogin"`, Hint: `see "mxlogin --help"`}},
		{"user ID", badUser},
		{"server name", badServer},
		{"base URL", badURL},
		{"setting", &config.SettingError{Key: "timeout", Source: "--timeout", Want: "a duration above 0, such as 30s or 5m"}},
		{"unknown setting", &config.SettingError{Key: "homesever", Suggestion: "homeserver"}},
		{"input", &terminal.InputError{Message: "standard input is empty"}},
		{"input too long", &terminal.InputError{Message: "the answer is too long: a terminal cuts lines at 4095 bytes", Hint: "give it with the -stdin or -file flag"}},
		{"no home directory", config.ErrNoDefaultPath},
		{"several accounts", &choose.ChoiceError{Reason: "several accounts are saved, and none is the default", Names: []string{"a", "b"}}},
		{"no terminal", &terminal.InteractionError{Needed: "a password", Reason: "there is no terminal", Hint: "use --password-stdin, --password-file, --password-command or MXLOGIN_PASSWORD"}},
		{"nobody answered", &terminal.TimeoutError{What: "gave the password"}},
		{"password command", &terminal.CommandError{Source: "--password-command", Started: true, Err: errors.New("exit status 1")}},
		{"command not found", &ProgramError{Name: "nosuch", Code: exitNotFound, Err: exec.ErrNotFound}},
		{"command not executable", &ProgramError{Name: "./data", Code: exitCannotRun, Err: fs.ErrPermission}},
		{"file not readable", &config.FileError{Op: "read", Path: "config.yaml", Err: fs.ErrPermission}},
		{"file locked", &config.FileError{Op: "lock", Path: "config.yaml", Err: config.ErrLocked}},
		{"file broken", &config.FileError{Op: "read", Path: "config.yaml", Err: &config.ParseError{Line: 3, Reason: "not valid YAML"}}},
		{"file foreign", &config.FileError{Op: "read", Path: "config.yaml", Err: config.ErrForeign}},
		{"file read-only", &config.FileError{Op: "write", Path: "config.yaml", Err: config.ErrReadOnly}},
		{"wrong password", refusal(403, "M_FORBIDDEN", "Invalid username or password")},
		{"wrong login token", &login.RefusedError{Kind: kindOf(client.FlowToken), Err: &transport.MatrixError{Request: request, Status: 403, Code: "M_FORBIDDEN", Message: "Invalid login token"}}},
		{"wrong JSON Web Token", &login.RefusedError{Kind: kindOf(client.FlowJWT), Err: &transport.MatrixError{Request: request, Status: 403, Code: "M_FORBIDDEN", Message: "JWT validation failed"}}},
		{"wrong token of a service", &login.RefusedError{Kind: kindOf(client.FlowApplicationService), Err: &transport.MatrixError{Request: request, Status: 401, Code: "M_UNKNOWN_TOKEN"}}},
		{"login in the browser took too long", &login.RefusedError{Kind: kindOf(client.FlowSSO), Err: &transport.MatrixError{Request: request, Status: 403, Code: "M_FORBIDDEN", Message: "Invalid login token"}}},
		{"no such user", &login.RefusedError{Kind: kindOf(client.FlowPassword), Err: &transport.MatrixError{Request: request, Status: 404, Code: "M_NOT_FOUND", Message: "This account does not exist."}}},
		{"no logins by address", &login.RefusedError{Kind: kindOf(client.FlowPassword), ByAddress: true, Err: &transport.MatrixError{Request: request, Status: 400, Code: "M_UNKNOWN"}}},
		{"terms", &transport.MatrixError{Request: request, Status: 403, Code: "M_CONSENT_NOT_GIVEN", ConsentURI: "https://example.org/consent"}},
		{"not renewable", &session.NotRenewableError{Account: "work", Flow: client.FlowPassword}},
		{"no logout of all", &session.OneByOneError{Err: &transport.MatrixError{Request: "POST https://matrix.example.org/_matrix/client/v3/logout/all", Status: 404, Code: "M_UNRECOGNIZED"}}},
		{"no login tokens", client.ErrNoLoginTokens},
		{"devices elsewhere", &session.ElsewhereError{}},
		{"nobody at the browser", &terminal.TimeoutError{What: "finished the login in the browser", Hint: "log in by mxlogin token"}},
		{"deactivated", refusal(403, "M_USER_DEACTIVATED", "")},
		{"locked", refusal(401, "M_USER_LOCKED", "User account has been locked")},
		{"suspended", refusal(403, "M_USER_SUSPENDED", "")},
		{"awaiting approval", refusal(403, "ORG.MATRIX.MSC3866_USER_AWAITING_APPROVAL", "")},
		{"server full", &login.RefusedError{Err: &transport.MatrixError{Request: request, Status: 403, Code: "M_RESOURCE_LIMIT_EXCEEDED", AdminContact: "mailto:admin@example.org"}}},
		{"user limit", &login.RefusedError{Err: &transport.MatrixError{Request: request, Status: 403, Code: "M_USER_LIMIT_EXCEEDED", InfoURI: "https://example.org/limits"}}},
		{"foreign user ID", refusal(401, "M_INVALID_USERNAME", "user ID does not belong to this server")},
		{"malformed for the server", refusal(400, "M_BAD_JSON", "A username must be supplied.")},
		{"unknown refusal", refusal(400, "M_UNKNOWN", "Bad login type.")},
		{"unknown token", &transport.MatrixError{Request: "GET https://matrix.example.org/_matrix/client/v3/account/whoami", Status: 401, Code: "M_UNKNOWN_TOKEN"}},
		{"another user", &session.OtherUserError{Asked: "@alice:example.org", Got: "@mallory:example.org", Fate: session.Fate{LoggedOut: true}}},
		{"another user, own device", &session.OtherUserError{Asked: "@alice:example.org", Got: "@mallory:example.org", Fate: session.Fate{DeviceID: "LAPTOP"}}},
		{"user of another server", &session.ForeignUserError{
			Got:       "@alice:example.org",
			Elsewhere: &choose.ElsewhereError{Account: "work", Saved: "https://matrix.example.org", Meant: "https://evil.example"},
			Fate:      session.Fate{LoggedOut: true},
		}},
		{"account of another server", &choose.ElsewhereError{Account: "work", Saved: "https://matrix.example.org", Meant: "https://other.example"}},
		{"session of another server", &choose.ElsewhereError{Account: "work", Saved: "https://matrix.example.org", Meant: "https://other.example", InUse: true}},
		{"token of another device", &session.StrangerError{Account: "work", UserID: "@alice:example.org", DeviceID: "LAPTOP", GotUser: "@alice:example.org", GotDevice: "PHONE"}},
		{"another issuer", &session.OtherIssuerError{Account: "work", Saved: "https://auth.example.org/", Named: "https://auth.evil.test/"}},
		{"login denied", &oauth.Error{Request: "POST https://auth.example.org/token", Status: 403, Code: oauth.AccessDenied, Description: "The user said no"}},
		{"answer of another server", &oauth.AnswerError{Request: "GET https://auth.example.org/authorize", Reason: "the browser came back from another authorization server"}},
		{"authorization server away", &oauth.UnreachableError{Homeserver: "https://matrix.example.org", Err: &transport.NetworkError{Request: "POST https://auth.example.org/registration", Reason: "the connection was refused"}}},
		{"client not registered", &oauth.Error{Status: 400, Code: "invalid_client_metadata", Description: "missing client_uri"}},
		{"code refused", &oauth.Error{Status: 400, Code: oauth.InvalidGrant}},
		{"client refused", &oauth.Error{Status: 401, Code: oauth.InvalidClient}},
		{"scope refused", &oauth.Error{Code: oauth.InvalidScope}},
		{"login not finished", &oauth.Error{Code: "login_required"}},
		{"authorization server busy", &oauth.Error{Status: 400, Code: oauth.Unavailable}},
		{"OAuth error of no known code", &oauth.Error{Status: 400, Code: "invalid_request", Description: "missing grant_type"}},
		{"code ended", &oauth.ExpiredError{}},
		{"code ended after a lost answer", &session.UnfinishedError{DeviceID: "ABCDEFGHIJ", Err: &oauth.ExpiredError{Err: cut}}},
		{"OAuth session without renewal", &session.NotRenewableError{Account: "work", Flow: login.FlowOAuth}},
		{"OAuth session over", &session.OverError{Account: "work", Flow: login.FlowOAuth, Err: &oauth.Error{Status: 400, Code: oauth.InvalidGrant}}},
		{"no OAuth any more", &session.NoIssuerError{Homeserver: "https://matrix.example.org"}},
		{"no device grant", &login.NoDeviceGrantError{Homeserver: "https://matrix.example.org"}},
		{"another device", &login.OtherDeviceError{Asked: "ABCDEFGHIJ", Got: "KLMNOPQRST"}},
		{"no account", &choose.NoSessionError{Reason: "no account is saved"}},
		{"unknown account", &choose.NoSessionError{Unknown: true, Reason: "no account of this name is saved"}},
		{"logged out", &choose.NoSessionError{Account: "work", Reason: "is logged out"}},
		{"session over", &session.OverError{Account: "work", Err: refusal(401, "M_UNKNOWN_TOKEN", "")}},
		{"session over, device kept", &session.OverError{Account: "work", Flow: client.FlowToken, DeviceID: "ABCDEFGHIJ", Err: refusal(401, "M_UNKNOWN_TOKEN", "")}},
		{"keyring locked", &config.KeyringError{Op: "read", Err: config.ErrKeyringLocked}},
		{"keyring without the item", &config.KeyringError{Op: "read", Err: config.ErrNoItem}},
		{"no keyring", &config.KeyringError{Op: "write to", Err: config.ErrNoKeyring}},
		{"keyring too small", &config.KeyringError{Op: "write to", Err: config.ErrItemTooLarge}},
		{"not saved in the keyring", &session.UnsavedError{Fate: session.Fate{DeviceID: "DEV"}, Err: &config.KeyringError{Op: "write to", Err: config.ErrKeyringSilent}}},
		{"not saved", &session.UnsavedError{Fate: session.Fate{LoggedOut: true}, Err: &config.FileError{Op: "write", Path: "config.yaml", Err: errors.New("no space left on device")}}},
		{"answer lost", &session.UnfinishedError{DeviceID: "ABCDEFGHIJ", TakenOver: true, Err: cut}},
		{"no logout", &KeptError{Err: cut}},
		{"no such flow", &login.NotOfferedError{Wanted: client.FlowPassword, Offer: offer}},
		{"too long for a proxy (H43)", &transport.ProtocolError{Request: request, Status: 413, Reason: "the server answered 413 without a Matrix error"}},
		{"no homeserver", &login.NoHomeserverError{URL: "https://example.org"}},
		{"discovery", &discovery.Error{Server: "example.org", Outcome: discovery.FailPrompt, Reason: "the server answered 500 for its well-known file"}},
		{"discovery, TLS", &discovery.Error{Server: "example.org", Outcome: discovery.FailPrompt, Reason: "the certificate is for another host", Err: &transport.TLSError{Reason: "the certificate is for another host"}}},
		{"connection cut", cut},
		{"timeout", &transport.NetworkError{Request: request, Reason: "no complete answer within 30s", Timeout: true}},
		{"TLS", &transport.TLSError{Request: request, Host: "matrix.example.org", Reason: "the certificate is signed by an authority that is not trusted here"}},
		{"TLS, own authorities (Q41)", &transport.TLSError{Request: request, Host: "matrix.example.org", Reason: "the certificate is signed by an authority that is not trusted here", OwnRoots: true}},
		{"bad gateway", &transport.ServerError{Request: request, Status: 502}},
		{"server error", &transport.ServerError{Request: request, Status: 500, Code: "M_UNKNOWN", Message: "Internal server error"}},
		{"rate limited", &transport.RateLimitError{Request: request, RetryAfter: 5 * time.Minute}},
		{"redirect", &transport.RedirectError{Request: request, Status: 307, To: elsewhere.Origin(), Base: "https://other.example/matrix"}},
		{"redirect to a gateway", &transport.RedirectError{Request: request, Status: 302, To: elsewhere.Origin()}},
		{"plain http", &transport.ForbiddenError{Origin: plain.Origin(), Reason: "plain http to http://.* is not allowed"}},
		{"protocol", &transport.ProtocolError{Request: request, Status: 200, Reason: "in the answer, access_token is missing"}},
		{"too large", &transport.LimitError{Request: request, What: "body", Limit: 1 << 20}},
		{"fault", &panicError{where: "mxlogin/cmd.runPassword:42"}},
	}
}

func kindOf(loginType string) login.Kind {
	kind, _ := login.KindOf(loginType)
	return kind
}
