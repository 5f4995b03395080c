package output

// Code is a row of a table of codes that scripts may rely on.
type Code struct{ Name, Meaning string }

// Warnings returns the codes of all warnings, in alphabetical order.
func Warnings() []Code {
	return []Code{
		{"browser", "no browser could be opened; the URL is for a person"},
		{"device_name", "the device exists, but could not be given its display name"},
		{"directory", "others may replace the config file"},
		{"file_mode", "other users can read a file with a secret, or could until now"},
		{"hard_links", "the config file has other names, which keep the old content"},
		{"identity_server", "the well-known file names an identity server of no use"},
		{"keyring", "tokens that are of no more use could not be deleted from the keyring"},
		{"no_device", "the server named no device"},
		{"not_logged_out", "the session of exec --ephemeral is still on the server"},
		{"not_taken", "an answer at a prompt is not accepted; it is asked for again"},
		{"oauth_metadata", "the server has the OAuth 2.0 API, and its metadata is of no use"},
		{"old_session", "the session that was replaced is still on the server"},
		{"other_device", "the server made another device than the one requested"},
		{"other_devices", "the other devices of the user are still logged in"},
		{"refused", "the server did not accept a proof of who you are; it is asked for again"},
		{"several_lines", "a command printed more than a secret; its first line is used"},
		{"short_lived", "the new access token has expired already, by this machine's clock"},
		{"space", "space around an argument is ignored"},
		{"storage", "an entry that is of no more use could not be removed from the config file"},
		{"unknown_key", "a key of the config file that mxlogin does not read"},
		{"upper_case", "a user ID has upper-case letters, as only old ones do"},
		{"url", "a part of a URL is ignored"},
		{"well_known", "the server names another homeserver, and the old one is kept"},
	}
}

// Event is a type of event, and what it holds besides its type.
type Event struct {
	Type, Meaning string
	Fields        []Code
}

// Events returns the types of all events, in alphabetical order.
func Events() []Event {
	return []Event{
		{"device_code", "a code for a person to enter on a page", []Code{
			{"server", "the server that the login is for"},
			{"user_code", "the code"},
			{"verification_uri", "the page"},
			{"verification_uri_complete", "the page with the code filled in, where the server has one"},
			{"expires_in", "seconds until the code expires"},
			{"reason", "why another code is needed, where it is not the first"},
		}},
		{"dry_run", "nothing was deleted, for want of --yes", nil},
		{"flow_chosen", "how login logs in", []Code{
			{"flow", "the flow, such as m.login.password"},
			{"reason", "why, in words"},
		}},
		{"homeserver_moved", "the server named another homeserver, which is used from now on", []Code{
			{"from", "base URL so far"},
			{"to", "base URL from now on"},
		}},
		{"login_token", "a login token was made", []Code{
			{"expires_in_ms", "how long it is good, in milliseconds; 0 where the server does not say"},
		}},
		{"oauth_preferred", "the server prefers OAuth 2.0, and another flow was asked for", nil},
		{"open_url", "a page for a person to open", []Code{
			{"url", "the page"},
		}},
		{"rate_limited", "a rate limit is waited out", []Code{
			{"wait_ms", "milliseconds left to wait"},
			{"request", "method and URL"},
		}},
		{"request", "a request was answered or failed, with -v", []Code{
			{"method", "its method"},
			{"origin", "where it went"},
			{"path", "its path"},
			{"status", "HTTP status of the answer, where there was one"},
			{"duration_ms", "how long it took, in milliseconds"},
			{"fields", "some members of the answer that are no secrets, as strings"},
			{"error", "what went wrong, in words"},
		}},
		{"slow", "a request has had no answer for three seconds, and goes on", []Code{
			{"waiting_for", "what is missing, in words"},
			{"request", "method and URL"},
		}},
		{"waiting", "a person is waited for", []Code{
			{"left_ms", "milliseconds left"},
		}},
	}
}
