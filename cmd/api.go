package cmd

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"mxlogin/client"
	"mxlogin/client/transport"
	"mxlogin/cmd/choose"
	"mxlogin/cmd/output"
	"mxlogin/cmd/session"
	"mxlogin/cmd/terminal"
	"mxlogin/config"
)

type apiOptions struct {
	method, path string
	data         string
	fields       []string
	include      bool
	maxBody      int // MiB
}

func newAPI(r *run) *cobra.Command {
	o := &apiOptions{}
	cmd := &cobra.Command{
		Use:   "api [METHOD] PATH",
		Short: "Send one request with a saved session",
		Long: `Send one request to the homeserver of a saved session, renewed first if need be,
and print the answer as it comes. The token is in no argument, file or
environment.

PATH begins with /_matrix/ or /_synapse/ and may have a query; {user_id},
{device_id} and {server_name} stand for those of the session. METHOD is GET, or
POST where there is a body. Nothing but a GET is sent again after a failure.`,
		Example: `  mxlogin api /_matrix/client/v3/joined_rooms
  mxlogin api /_matrix/client/v3/createRoom --field name=Test
  mxlogin api PUT "/_matrix/client/v3/profile/{user_id}/avatar_url" -d "@a.json"`,
		Args: func(cmd *cobra.Command, args []string) error { return o.take(cmd, args) },
		RunE: r.tokenless(func(ctx context.Context, _ []string) error { return runAPI(ctx, r, o) }),
	}
	flags := cmd.Flags()
	flags.StringVarP(&o.method, "method", "X", "", "the request's `method`, where it is not an argument")
	flags.StringVarP(&o.data, "data", "d", "", "the body as `JSON`, or @FILE, or @- for standard input")
	flags.StringArrayVar(&o.fields, "field", nil, "a member of the body, as `key=text` or key:=JSON; may be given several times")
	flags.BoolVarP(&o.include, "include", "i", false, "print the status and the headers before the answer")
	flags.IntVar(&o.maxBody, "max-body", 64, "the largest answer, in `MiB`")
	return cmd
}

// take reads [METHOD] PATH.
func (o *apiOptions) take(cmd *cobra.Command, args []string) error {
	usage := &choose.UsageError{Message: "write mxlogin api [METHOD] PATH", Hint: seeHelp(cmd)}
	switch {
	case len(args) == 2 && o.method == "":
		o.method, o.path = args[0], args[1]
	case len(args) == 1:
		o.path = args[0]
	default:
		return usage
	}
	if o.maxBody <= 0 || o.maxBody > 1<<20 {
		return &choose.UsageError{Message: "--max-body is not a number of MiB above 0"}
	}
	if o.data != "" && len(o.fields) > 0 {
		return &choose.UsageError{Message: "--data and --field cannot be used together", Hint: "use one of them"}
	}
	if o.method != "" && !slices.Contains([]string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"}, o.method) {
		return &choose.UsageError{Message: "the method is none of GET, HEAD, POST, PUT, PATCH and DELETE"}
	}
	return nil
}

func runAPI(ctx context.Context, r *run, o *apiOptions) error {
	body, err := r.apiBody(ctx, o)
	if err != nil {
		return err
	}
	if _, _, err := parseAPIPath(o.path, config.Account{UserID: "@x:x", DeviceID: "x"}); err != nil {
		return err // before anything is asked
	}
	opened, err := r.open(ctx, "")
	if err != nil {
		return err
	}
	account := opened.Account
	if strings.Contains(o.path, "{") {
		if account, err = identified(ctx, opened); err != nil {
			return err
		}
	}
	path, query, err := parseAPIPath(o.path, account)
	if err != nil {
		return err
	}
	method := o.method
	switch {
	case method == "" && body != nil:
		method = http.MethodPost
	case method == "":
		method = http.MethodGet
	}
	return r.sendAPI(ctx, opened, o, client.Request{Method: method, Path: path, Query: query, Body: body})
}

// sendAPI sends the request and prints what it is answered by.
func (r *run) sendAPI(ctx context.Context, opened *session.Session, o *apiOptions, request client.Request) error {
	out := r.stream(r.Stdout)
	var shown bytes.Buffer // what a terminal must not get as it is
	toTerminal := terminal.IsTerminal(out)
	if toTerminal {
		out = &shown
	}
	head := func(resp *transport.Response) error { return writeHead(r.stream(r.Stdout), resp, o.include) }
	request.Into = &transport.Sink{W: out, Max: int64(o.maxBody) << 20, Begin: head}
	var answer *transport.Response
	err := opened.Do(ctx, func(homeserver *client.Client, token transport.Credential) (err error) {
		answer, err = homeserver.Send(ctx, token, request)
		return err
	})
	if answer == nil {
		return err
	}
	if answer.Status >= http.StatusMultipleChoices {
		if err := head(answer); err != nil {
			return err
		}
		if _, err := out.Write(answer.Body); err != nil {
			return &transport.SinkError{Err: err}
		}
	}
	if toTerminal {
		if err := r.showAPI(shown.Bytes()); err != nil {
			return err
		}
	}
	if over := (*session.OverError)(nil); answer.Status < http.StatusMultipleChoices || errors.As(err, &over) {
		return err
	}
	return &APIError{Status: answer.Status, Err: answer.Refusal()}
}

// showAPI writes an answer to a terminal, where bytes of a server must not arrive as they
// are.
func (r *run) showAPI(answer []byte) error {
	if len(answer) == 0 {
		return nil
	}
	if json.Valid(answer) {
		return r.printer(output.JSON).JSON(json.RawMessage(answer))
	}
	var lines strings.Builder
	for line := range strings.SplitSeq(strings.TrimSuffix(r.scrubber.Scrub(string(answer)), "\n"), "\n") {
		lines.WriteString(terminal.Whole(line) + "\n")
	}
	_, err := io.WriteString(r.stream(r.Stdout), lines.String())
	return err
}

func writeHead(w io.Writer, resp *transport.Response, include bool) error {
	if !include {
		return nil
	}
	var head strings.Builder
	fmt.Fprintf(&head, "%d %s\n", resp.Status, http.StatusText(resp.Status))
	for _, name := range slices.Sorted(maps.Keys(resp.Header)) {
		for _, value := range resp.Header[name] {
			fmt.Fprintf(&head, "%s: %s\n", terminal.Safe(name), terminal.Safe(value))
		}
	}
	_, err := io.WriteString(w, head.String()+"\n")
	return err
}

// apiBody is the body that the flags name, which has been shown to be JSON; nil for none.
func (r *run) apiBody(ctx context.Context, o *apiOptions) ([]byte, error) {
	if len(o.fields) > 0 {
		return bodyOfFields(o.fields)
	}
	text := []byte(o.data)
	switch path, isFile := strings.CutPrefix(o.data, "@"); {
	case o.data == "":
		return nil, nil
	case isFile && path == "-":
		read, err := terminal.ReadAll(ctx, r.Stdin, maxAPIBody)
		if err != nil {
			return nil, &choose.UsageError{Message: "standard input, the body, cannot be read: " + err.Error(), Err: err}
		}
		text = read
	case isFile:
		file, err := os.Open(config.ExpandHome(path, r.Environment.Lookup))
		if err != nil {
			return nil, &choose.UsageError{Message: "the file of --data cannot be opened", Err: err}
		}
		defer func() { _ = file.Close() }()
		if text, err = terminal.ReadAll(ctx, file, maxAPIBody); err != nil {
			return nil, &choose.UsageError{Message: "the file of --data cannot be read: " + err.Error(), Err: err}
		}
	}
	if !json.Valid(text) {
		return nil, &choose.UsageError{Message: "the body is not JSON", Hint: "--field key=text makes an object of its members"}
	}
	return text, nil
}

// maxAPIBody bounds a body that is sent, in bytes.
const maxAPIBody = 64 << 20

// bodyOfFields makes an object of key=text and key:=JSON.
func bodyOfFields(fields []string) ([]byte, error) {
	members := map[string]json.RawMessage{}
	for _, field := range fields {
		key, value, ok := strings.Cut(field, "=")
		if !ok || key == "" || key == ":" {
			return nil, &choose.UsageError{Message: "--field is not key=text or key:=JSON"}
		}
		raw, isJSON := strings.CutSuffix(key, ":")
		encoded := json.RawMessage(value)
		if !isJSON {
			encoded, _ = json.Marshal(value) // a string can be encoded
		}
		if !json.Valid(encoded) {
			return nil, &choose.UsageError{Message: "the value of a --field is not JSON", Hint: "write key=text for a text"}
		}
		if _, twice := members[raw]; twice {
			return nil, &choose.UsageError{Message: "two --field have the same key"}
		}
		members[raw] = encoded
	}
	return json.Marshal(members)
}

// APIError tells that the server answered a request of the person's own with something
// else than a success. What it said has been printed.
type APIError struct {
	Status int
	Err    error // nil where the answer is none of the API
}

func (e *APIError) Error() string {
	if e.Err != nil {
		return e.Err.Error()
	}
	return fmt.Sprintf("the server answered %d", e.Status)
}

func (e *APIError) Unwrap() error { return e.Err }

// class is what the answer is to a script.
func (e *APIError) class() class {
	switch {
	case e.Status == http.StatusUnauthorized, e.Status == http.StatusForbidden:
		return classAuth
	case e.Status >= http.StatusInternalServerError:
		return classNetwork
	}
	return classProtocol
}
