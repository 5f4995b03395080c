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
		{"3", "the config file cannot be read, locked or written"},
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

func (c class) exitCode() int {
	switch c {
	case classUsage:
		return exitUsage
	case classStorage:
		return exitStorage
	case classAuth, classNoSession:
		return exitRefused
	case classNetwork, classTLS, classDiscovery:
		return exitNetwork
	case classRateLimited:
		return exitRateLimited
	case classFlow, classProtocol:
		return exitProtocol
	case classInteraction, classTimeout:
		return exitInteraction
	case classInterrupted:
		return exitSignalBase + 2
	}
	return exitOther
}
