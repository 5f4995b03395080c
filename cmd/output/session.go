package output

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"
	"unicode/utf8"

	"mxlogin/client/secret"
	"mxlogin/cmd/terminal"
)

// Session is the result of the commands that log in and of access-token.
type Session struct {
	UserID, DeviceID, Homeserver string
	Flow                         string // the login flow, such as "m.login.password"
	API                          string // "legacy" or "oauth"
	Account, Config              string // where it is saved: name and file
	Storage                      string // "file" or "keyring": what keeps the tokens of a saved one
	TokenCommand                 string // what prints the access token of a saved one; for text only
	Reused                       bool   // it was there before
	Renewed                      bool   // and was renewed by this command; not part of the JSON
	ExpiresAt                    time.Time
	AccessToken, RefreshToken    secret.Value
}

// Session writes s in the printer's format. The access token is in it where the
// format is for tokens or showToken is set, the refresh token in text and JSON
// with showToken. A value that has to be written as it is and that a terminal or a
// runner of CI jobs would obey is an error; then nothing is written.
func (p Printer) Session(s Session, showToken bool) error {
	if p.Format.ShowsToken() && s.AccessToken.IsZero() {
		return errors.New("the session has no access token")
	}
	s = p.scrubbed(s)
	switch p.Format {
	case Text:
		return p.sessionText(s, showToken)
	case JSON:
		return p.sessionJSON(s, showToken)
	case Token:
		return p.token("", "the access token", s.AccessToken)
	case Env, Export, PowerShell, Fish:
		return p.assignments(s)
	case Header:
		return p.token("Authorization: Bearer ", "the access token", s.AccessToken)
	}
	return errors.New("a session is not printed in this format")
}

// scrubbed takes the secrets of this run out of what a server may have chosen. The
// rest is of mxlogin and of this machine; a weak password is part of that by chance
// ("m.login.password").
func (p Printer) scrubbed(s Session) Session {
	for _, field := range []*string{&s.UserID, &s.DeviceID, &s.Homeserver, &s.Account} {
		*field = p.Scrub(*field)
	}
	return s
}

// sessionText writes a line for every value that is known. Each begins with a word
// of ours: a runner of CI jobs obeys lines that begin with "::".
func (p Printer) sessionText(s Session, showToken bool) error {
	verb := "Logged in as"
	switch {
	case s.Renewed:
		verb = "Renewed the session of"
	case s.Reused:
		verb = "Already logged in as"
	}
	rows := [][2]string{
		{"Homeserver", terminal.Safe(s.Homeserver)},
		{"Device ID", terminal.Safe(s.DeviceID)},
		{"Flow", terminal.Safe(s.Flow)},
		{"Account", terminal.Safe(s.Account)},
		{"Config", terminal.Safe(s.Config)},
		{"Tokens", tokensText(s.Storage)},
		{"Expires", formatTime(s.ExpiresAt)},
	}
	if showToken {
		// Not by way of Safe, which would cut a long token.
		access, refresh := s.AccessToken.Reveal(), s.RefreshToken.Reveal()
		if err := errors.Join(checkExact("the access token", access), checkExact("the refresh token", refresh)); err != nil {
			return err
		}
		rows = append(rows, [2]string{"Access token", access}, [2]string{"Refresh token", refresh})
	} else if s.TokenCommand != "" {
		rows = append(rows, [2]string{"Access token", "printed by " + terminal.Safe(s.TokenCommand)})
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s\n", verb, terminal.Safe(s.UserID))
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		if row[1] != "" {
			fmt.Fprintf(t, "  %s:\t%s\n", row[0], row[1])
		}
	}
	_ = t.Flush() // a bytes.Buffer takes everything
	return p.write(b.Bytes())
}

// SessionObject is the JSON of a session. It grows and never changes.
type SessionObject struct {
	UserID       string `json:"user_id" doc:"who is logged in"`
	DeviceID     string `json:"device_id" doc:"device of the session; empty where the server names none"`
	Homeserver   string `json:"homeserver" doc:"base URL at which the session is used"`
	Flow         string `json:"flow" doc:"how the login was made, such as m.login.password"`
	API          string `json:"api" doc:"legacy or oauth: which API made the session"`
	Account      string `json:"account" doc:"name that it is saved under; empty where it is not saved"`
	Config       string `json:"config" doc:"config file that it is saved in; empty where it is not saved"`
	Storage      string `json:"storage,omitempty" doc:"file or keyring: what keeps its tokens, where it is saved"`
	Reused       bool   `json:"reused" doc:"a saved session was kept, and no login made"`
	ExpiresAt    string `json:"expires_at,omitempty" doc:"when the access token expires, in UTC"`
	AccessToken  string `json:"access_token,omitempty" doc:"with --show-token; for access-token always"`
	RefreshToken string `json:"refresh_token,omitempty" doc:"with --show-token"`
}

// sessionJSON writes one object. It does not go by way of [Printer.JSON], which
// takes out tokens.
func (p Printer) sessionJSON(s Session, showToken bool) error {
	object := SessionObject{
		UserID: s.UserID, DeviceID: s.DeviceID, Homeserver: s.Homeserver,
		Flow: s.Flow, API: s.API, Account: s.Account, Config: s.Config, Storage: s.Storage,
		Reused: s.Reused, ExpiresAt: formatTime(s.ExpiresAt),
	}
	if showToken {
		object.AccessToken, object.RefreshToken = s.AccessToken.Reveal(), s.RefreshToken.Reveal()
	}
	line, err := encodeLine(object)
	if err != nil {
		return fmt.Errorf("encoding the result: %w", err)
	}
	return p.write(line)
}

// tokensText says what keeps the tokens, where it is not the config file.
func tokensText(storage string) string {
	if storage == "keyring" {
		return "in the system's keyring"
	}
	return ""
}

// formatTime returns t in UTC as RFC 3339 has it, or "" for no time.
func formatTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

func (p Printer) token(prefix, name string, token secret.Value) error {
	plain := token.Reveal()
	if err := checkExact(name, plain); err != nil {
		return err
	}
	return p.write([]byte(prefix + plain + "\n"))
}

// assignments writes the MATRIX_ variables.
func (p Printer) assignments(s Session) error {
	variables := [][2]string{
		{"MATRIX_HOMESERVER", s.Homeserver},
		{"MATRIX_USER_ID", s.UserID},
		{"MATRIX_DEVICE_ID", s.DeviceID},
		{"MATRIX_ACCESS_TOKEN", s.AccessToken.Reveal()},
	}
	var b strings.Builder
	for _, v := range variables {
		if err := checkExact(v[0], v[1]); err != nil {
			return err
		}
		b.WriteString(p.Format.assign(v[0], v[1]) + "\n")
	}
	return p.write([]byte(b.String()))
}

// checkExact refuses a value that has to be written as it is and would end its
// line early, steer the terminal or look like another, or be a command to a runner
// of CI jobs: "##vso[" anywhere in a line, "::" at its start. Quotes of a shell
// hide neither.
func checkExact(name, value string) error {
	unprintable := func(r rune) bool { return !terminal.Printable(r) }
	switch {
	case !utf8.ValidString(value) || strings.ContainsFunc(value, unprintable):
		return fmt.Errorf("%s has a character that cannot be shown; use the json format", name)
	case strings.Contains(value, "##"), strings.HasPrefix(strings.TrimLeft(value, " "), "::"):
		return fmt.Errorf("%s has what a CI runner takes for a command; use the json format", name)
	}
	return nil
}
