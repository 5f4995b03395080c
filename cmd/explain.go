package cmd

import (
	"errors"
	"fmt"
	"strings"
	"syscall"

	"mxlogin/client"
	"mxlogin/client/discovery"
	"mxlogin/client/matrixid"
	"mxlogin/client/oauth"
	"mxlogin/client/transport"
	"mxlogin/cmd/choose"
	"mxlogin/cmd/login"
	"mxlogin/cmd/output"
	"mxlogin/cmd/session"
	"mxlogin/cmd/terminal"
	"mxlogin/config"
)

// explain is the one table from errors to exit codes: what an error is to a
// script, what it says to a person, and what to do about it. The outer error is
// looked at before what it wraps.
func explain(err error) output.Failure {
	for _, describe := range []func(error) (output.Failure, bool){
		describeAPI,
		describeSignal, describeSession, describeUsage, describeInteraction, describeStorage,
		describeFlow, describeDiscovery, describeRefusal, describeOAuth, describeTransport,
	} {
		if failure, ok := describe(err); ok {
			return failure
		}
	}
	return failureOf(classInternal, err.Error(), faultHint(err))
}

func faultHint(err error) string {
	if fault := (*panicError)(nil); errors.As(err, &fault) {
		return "please report it with the command that you ran"
	}
	return ""
}

// describeAPI tells of a request of the person's own, in the server's words.
func describeAPI(err error) (output.Failure, bool) {
	var answered *APIError
	if !errors.As(err, &answered) {
		return output.Failure{}, false
	}
	return withCode(failureOf(answered.class(), answered.Error(), ""), answered.Err), true
}

// loginCommand is the command that logs an account in as it did before.
func loginCommand(flow, account string) string {
	command := "password"
	if kind, ok := login.KindOf(flow); ok {
		command = kind.Command
	}
	if account == "" {
		return "mxlogin " + command + " @user:server"
	}
	return "mxlogin " + command + " --account " + shellWord(account)
}

func failureOf(c class, message, hint string) output.Failure {
	return output.Failure{Code: string(c), ExitCode: c.exitCode(), Message: message, Hint: hint}
}

// wrapping explains inner and tells more around it.
func wrapping(inner error, suffix, hint string) output.Failure {
	failure := explain(inner)
	failure.Message += suffix
	if hint != "" {
		failure.Hint = hint
	}
	return failure
}

func describeSignal(err error) (output.Failure, bool) {
	var ended *SignalError
	if !errors.As(err, &ended) {
		return output.Failure{}, false
	}
	message := "interrupted"
	var unfinished *session.UnfinishedError
	if errors.As(err, &unfinished) {
		message += "; the login may have gone through, as device " + unfinished.DeviceID
	}
	failure := failureOf(classInterrupted, message, "")
	if s, ok := ended.Signal.(syscall.Signal); ok {
		failure.ExitCode = exitSignalBase + int(s)
	}
	return failure, true
}

func describeSession(err error) (output.Failure, bool) {
	var unfinished *session.UnfinishedError
	var other *session.OtherUserError
	var unsaved *session.UnsavedError
	var choice *choose.ChoiceError
	var none *choose.NoSessionError
	var over *session.OverError
	var kept *KeptError
	var foreign *session.ForeignUserError
	var elsewhere *choose.ElsewhereError
	var stranger *session.StrangerError
	var issuer *session.OtherIssuerError
	var fixed *session.NotRenewableError
	var one *session.OneByOneError
	switch {
	case errors.As(err, &kept):
		return wrapping(kept.Err, "; the saved session is kept", "try again later; --local-only forgets the session here and leaves it on the server"), true
	case errors.As(err, &unfinished):
		return describeUnfinished(unfinished), true
	case errors.As(err, &other):
		return failureOf(classAuth, other.Error(), "use --allow-other-user to keep the session"), true
	case errors.As(err, &unsaved):
		return wrapping(unsaved.Err, "; "+unsaved.Fate.String(), ""), true
	case errors.As(err, &foreign):
		return failureOf(classAuth, foreign.Error(), "to keep both, save this one under another name: --account NAME"), true
	case errors.As(err, &elsewhere):
		return failureOf(classUsage, elsewhere.Error(), elsewhereHint(elsewhere)), true
	case errors.As(err, &stranger):
		return failureOf(classAuth, stranger.Error(), "log in again under another name: --account NAME"), true
	case errors.As(err, &issuer):
		return failureOf(classProtocol, issuer.Error(), "ask the server's administrator; if it has moved, log in again: "+loginCommand(login.FlowOAuth, issuer.Account)), true
	case errors.As(err, &one):
		return wrapping(one.Err, "; no session was ended", "end this one: mxlogin logout; the others in the account settings of another client, or by mxlogin devices delete"), true
	case errors.As(err, &fixed):
		hint := "log in again with a refresh token: " + loginCommand(fixed.Flow, fixed.Account) + " --renewable"
		if fixed.Flow == login.FlowOAuth {
			hint = "the server gave none; once the access token has expired, log in again: " + loginCommand(fixed.Flow, fixed.Account)
		}
		return failureOf(classNoSession, fixed.Error(), hint), true
	case errors.As(err, &choice):
		return failureOf(classUsage, choice.Error(), "choose one with --account"), true
	case errors.As(err, &none):
		hint := "log in: " + loginCommand(none.Flow, none.Account)
		if none.Unknown {
			hint = "see what is saved: mxlogin accounts"
		}
		return failureOf(classNoSession, none.Error(), hint), true
	case errors.As(err, &over):
		hint := "log in again: " + loginCommand(over.Flow, over.Account)
		message := over.Error()
		if over.DeviceID != "" {
			message += "; its device " + over.DeviceID + " is kept for the next login"
		}
		return withCode(failureOf(classNoSession, message, hint), over.Err), true
	}
	return output.Failure{}, false
}

func elsewhereHint(e *choose.ElsewhereError) string {
	if e.InUse {
		return "leave out the account, or --homeserver and MXLOGIN_HOMESERVER"
	}
	return fmt.Sprintf("to keep both, log in with --account and a new name; to replace this account, with --account %s", shellWord(e.Account))
}

func describeUnfinished(e *session.UnfinishedError) output.Failure {
	hint := "log in again; if the device then shows up in mxlogin devices, delete it"
	if e.TakenOver {
		hint = "log in again; the same device will be used"
	}
	return wrapping(e.Err, "; the login may have gone through, as device "+e.DeviceID, hint)
}

func describeUsage(err error) (output.Failure, bool) {
	var usage *choose.UsageError
	var setting *config.SettingError
	var input *terminal.InputError
	var syntax *matrixid.SyntaxError
	switch {
	case errors.As(err, &usage):
		return failureOf(classUsage, usage.Message, usage.Hint), true
	case errors.As(err, &setting):
		return failureOf(classUsage, setting.Error(), setting.Hint()), true
	case errors.As(err, &input):
		return failureOf(classUsage, input.Message, input.Hint), true
	case errors.As(err, &syntax):
		return failureOf(classUsage, err.Error(), syntax.Hint), true
	case errors.Is(err, config.ErrNoDefaultPath):
		return failureOf(classUsage, "cannot locate the config file: there is no home directory", "name it with --config, or save nothing: --storage none --output token"), true
	}
	return output.Failure{}, false
}

func describeInteraction(err error) (output.Failure, bool) {
	var needed *terminal.InteractionError
	var timeout *terminal.TimeoutError
	var command *terminal.CommandError
	var program *ProgramError
	switch {
	case errors.As(err, &program):
		failure := failureOf(classInternal, program.Error(), "")
		failure.ExitCode = program.Code
		return failure, true
	case errors.As(err, &needed):
		return failureOf(classInteraction, needed.Error(), needed.Hint), true
	case errors.As(err, &timeout):
		hint := "raise --login-timeout"
		if timeout.Hint != "" {
			hint += "; or " + timeout.Hint
		}
		return failureOf(classTimeout, timeout.Error(), hint), true
	case errors.As(err, &command):
		return failureOf(classInternal, command.Error(), ""), true
	}
	return output.Failure{}, false
}

func describeStorage(err error) (output.Failure, bool) {
	var file *config.FileError
	var keyring *config.KeyringError
	switch {
	case errors.As(err, &file):
		return failureOf(classStorage, file.Error(), file.Hint()), true
	case errors.As(err, &keyring):
		return failureOf(classStorage, keyring.Error(), keyring.Hint()), true
	}
	return output.Failure{}, false
}

func describeFlow(err error) (output.Failure, bool) {
	var flow *login.NotOfferedError
	var nothing *login.NoHomeserverError
	var elsewhere *session.ElsewhereError
	var device *login.NoDeviceGrantError
	var issuer *session.NoIssuerError
	switch {
	case errors.Is(err, client.ErrNoLoginTokens):
		return failureOf(classFlow, "the server does not let this user create login tokens", "log in on the other device in another way: mxlogin login"), true
	case errors.As(err, &elsewhere):
		hint := "look for it in the account settings of another client"
		if elsewhere.URL != "" {
			hint = "open " + elsewhere.URL
		}
		return failureOf(classFlow, elsewhere.Error(), hint), true
	case errors.As(err, &device):
		return failureOf(classFlow, device.Error(), "log in with a browser: mxlogin oauth "+shellWord(device.Homeserver)), true
	case errors.As(err, &issuer):
		return failureOf(classFlow, issuer.Error(), "see what it offers: mxlogin flows "+shellWord(issuer.Homeserver)), true
	case errors.As(err, &flow):
		return failureOf(classFlow, flow.Error(), flowHint(flow.Offer)), true
	case errors.As(err, &nothing):
		return failureOf(classFlow, nothing.Error(), noHomeserverHint(nothing.URL)), true
	}
	return output.Failure{}, false
}

func describeDiscovery(err error) (output.Failure, bool) {
	var failed *discovery.Error
	if !errors.As(err, &failed) {
		return output.Failure{}, false
	}
	hint := fmt.Sprintf("see each step: mxlogin discover %s; or name the homeserver by its URL with --homeserver", shellWord(failed.Server))
	if host, _, _ := strings.Cut(failed.Server, ":"); host == "localhost" {
		hint = "on this machine it may speak http: --homeserver " + shellWord("http://"+failed.Server)
	}
	if shown := (*ShownDiscoveryError)(nil); errors.As(err, &shown) {
		hint = "a login can name the homeserver by its URL: --homeserver https://…"
	}
	failure := failureOf(classDiscovery, failed.Error(), hint)
	if tls := (*transport.TLSError)(nil); errors.As(failed.Err, &tls) {
		failure.Code, failure.Hint = string(classTLS), tlsHint(tls)
	}
	return failure, true
}

// describeRefusal turns a server's error code into words.
func describeRefusal(err error) (output.Failure, bool) {
	var refusal *transport.MatrixError
	if !errors.As(err, &refusal) {
		return output.Failure{}, false
	}
	var refused *login.RefusedError
	var at login.RefusedError
	if errors.As(err, &refused) {
		at = *refused
	}
	words := wordsFor(refusal, at)
	message := fmt.Sprintf("%s (%s)", words.message, serverSays(refusal.Code, refusal.Message))
	failure := failureOf(words.class, message, words.hint)
	failure.ErrCode = refusal.Code
	return failure, true
}

// describeOAuth turns a refusal of an authorization server into words. A code that has
// ended after an answer was lost is told by what it was lost by.
func describeOAuth(err error) (output.Failure, bool) {
	var refusal *oauth.Error
	var ended *oauth.ExpiredError
	var device *login.OtherDeviceError
	var answer *oauth.AnswerError
	var unreachable *oauth.UnreachableError
	switch {
	case errors.As(err, &answer):
		return failureOf(classProtocol, answer.Error(), "start again, with one login at a time"), true
	case errors.As(err, &device):
		return failureOf(classProtocol, device.Error(), ""), true
	case errors.As(err, &ended) && ended.Err != nil:
		return wrapping(ended.Err, "; the code has expired meanwhile", "log in again"), true
	case errors.As(err, &unreachable):
		return wrapping(unreachable.Err, "; "+unreachable.Homeserver+" names it as its authorization server", ""), true
	case errors.As(err, &ended):
		return failureOf(classTimeout, "nobody approved the login before its code expired", "log in again"), true
	case !errors.As(err, &refusal):
		return output.Failure{}, false
	}
	words := wordsForOAuth(refusal)
	failure := failureOf(words.class, fmt.Sprintf("%s (%s)", words.message, serverSays(refusal.Code, refusal.Description)), words.hint)
	failure.ErrCode = refusal.Code
	return failure, true
}

// serverSays is a code and the server's words for it, which may begin with the code.
func serverSays(code, message string) string {
	message = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(message), code+":"))
	if message == "" || message == code {
		return code
	}
	return code + ": " + message
}

func withCode(failure output.Failure, err error) output.Failure {
	var refusal *transport.MatrixError
	var refused *oauth.Error
	switch {
	case errors.As(err, &refusal):
		failure.ErrCode = refusal.Code
	case errors.As(err, &refused):
		failure.ErrCode = refused.Code
	}
	return failure
}
