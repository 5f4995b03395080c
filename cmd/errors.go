package cmd

import (
	"fmt"

	"mxlogin/client"
)

// UsageError tells that a flag, an argument or a setting is wrong.
type UsageError struct {
	Message string
	Hint    string
	Err     error
}

func (e *UsageError) Error() string { return e.Message }

func (e *UsageError) Unwrap() error { return e.Err }

// InteractionError tells that a person is needed and cannot be asked.
type InteractionError struct {
	Needed string // what would be asked for
	Reason string
	Hint   string
}

func (e *InteractionError) Error() string {
	return fmt.Sprintf("%s is needed, and %s", e.Needed, e.Reason)
}

// TimeoutError tells that a person did not answer in time.
type TimeoutError struct{ Needed string }

func (e *TimeoutError) Error() string {
	return "nobody gave " + e.Needed + " in time"
}

// FlowError tells that the homeserver does not offer the flow.
type FlowError struct {
	Homeserver string
	Flow       string
	Offered    []client.Flow
	OAuth      bool // it has the OAuth 2.0 API
}

func (e *FlowError) Error() string {
	return fmt.Sprintf("%s does not offer %s", e.Homeserver, e.Flow)
}

// LoginError tells that the homeserver did not log in.
type LoginError struct {
	Flow string
	Err  error
}

func (e *LoginError) Error() string { return e.Err.Error() }

func (e *LoginError) Unwrap() error { return e.Err }
