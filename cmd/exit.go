package cmd

// The exit codes. They are part of the contract with scripts.
const (
	exitOK          = 0
	exitOther       = 1
	exitUsage       = 2
	exitStorage     = 3
	exitRefused     = 4
	exitNetwork     = 5
	exitRateLimited = 6
	exitProtocol    = 7
	exitInteraction = 8
	exitSignalBase  = 128
)

// exitCode is a line of "help exit-codes".
type exitCode struct{ code, meaning string }

func exitCodes() []exitCode {
	return []exitCode{
		{"0", "done"},
		{"1", "anything else; a password command that failed"},
		{"2", "usage: a bad flag, argument, setting or input; an unknown command"},
		{"3", "the config file or the keyring cannot be read, locked or written"},
		{"4", "the server refused the credentials, the account or the session; another user was logged in; there is no session"},
		{"5", "the server cannot be reached or failed (5xx); discovery failed; TLS"},
		{"6", "rate limited for longer than --max-wait"},
		{"7", "the server does not offer the flow, refused the request as malformed, redirected a secret, or broke the protocol"},
		{"8", "a person is needed and there is no terminal, or nobody answered in time"},
		{"126", "exec: the command cannot be run"},
		{"127", "exec: the command is not found"},
		{"128+N", "ended by signal N"},
	}
}

// class is what went wrong, as errors in JSON name it. Each class has one exit
// code; several classes share some.
type class string

const (
	classUsage       class = "usage"
	classStorage     class = "storage"
	classAuth        class = "auth"
	classNoSession   class = "no_session"
	classNetwork     class = "network"
	classTLS         class = "tls"
	classDiscovery   class = "discovery"
	classRateLimited class = "rate_limited"
	classFlow        class = "unsupported_flow"
	classProtocol    class = "protocol"
	classInteraction class = "interaction_required"
	classTimeout     class = "timeout"
	classInterrupted class = "interrupted" // its exit code is that of the signal
	classInternal    class = "internal"
)

// ErrorCode is a row of the table of error codes.
type ErrorCode struct {
	Code     string
	ExitCode int // of "interrupted" for a signal that has no number
	Meaning  string
}

// ErrorCodes returns the codes of errors in JSON, each with its exit code.
func ErrorCodes() []ErrorCode {
	return []ErrorCode{
		{string(classUsage), exitUsage, "a bad flag, argument, setting or input"},
		{string(classStorage), exitStorage, "the config file or the keyring cannot be read, locked or written"},
		{string(classAuth), exitRefused, "the server refused the credentials or the account, or logged in another user"},
		{string(classNoSession), exitRefused, "there is no session, or it has ended"},
		{string(classNetwork), exitNetwork, "the server cannot be reached, or failed (5xx)"},
		{string(classTLS), exitNetwork, "the server's certificate or its TLS is not accepted"},
		{string(classDiscovery), exitNetwork, "the server name leads to no homeserver"},
		{string(classRateLimited), exitRateLimited, "rate limited for longer than --max-wait"},
		{string(classFlow), exitProtocol, "the server does not offer the flow, or what was asked of it"},
		{string(classProtocol), exitProtocol, "the server refused the request as malformed, redirected a secret, or broke the protocol"},
		{string(classInteraction), exitInteraction, "a person is needed, and nobody can be asked"},
		{string(classTimeout), exitInteraction, "nobody answered in time"},
		{string(classInterrupted), exitSignalBase + 2, "ended by a signal; the exit code is 128 and its number"},
		{string(classInternal), exitOther, "anything else; of exec 126 and 127 too, for a command that cannot be run or is not found"},
	}
}

func (c class) exitCode() int {
	for _, row := range ErrorCodes() {
		if row.Code == string(c) {
			return row.ExitCode
		}
	}
	return exitOther
}
