package clienttest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// scriptedReply is a Reply in a script. Its body is a string, sent as it is, or
// any other JSON value, sent as it is written.
type scriptedReply struct {
	Status   int               `json:"status"`
	Header   map[string]string `json:"header"`
	Body     json.RawMessage   `json:"body"`
	Raw      string            `json:"raw"`
	CutAfter int               `json:"cut_after"`
	Drop     bool              `json:"drop"`
	Hold     bool              `json:"hold"`
}

// Load adds rules from a script, a JSON object of requests and their replies:
//
//	{
//	  "GET /_matrix/client/v3/login *": [{"body": {"flows": [{"type": "m.login.password"}]}}],
//	  "POST /_matrix/client/v3/login": [{"status": 429, "header": {"Retry-After": "1"}}, {"body": "text"}]
//	}
//
// A request is what [Fake.On] takes; with " *" after it, it is [Fake.OnEvery]
// and has one reply. A reply has the fields of [Reply]: status, header, body,
// raw, cut_after, drop, hold. A script with an error adds nothing.
func (f *Fake) Load(script []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(script))
	decoder.DisallowUnknownFields()
	var scripted map[string][]scriptedReply
	if err := decoder.Decode(&scripted); err != nil {
		return fmt.Errorf("read the script: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return errors.New("read the script: more than one JSON value")
	}
	rules := make([]*rule, 0, len(scripted))
	for key, replies := range scripted {
		r, err := scriptedRule(key, replies)
		if err != nil {
			return fmt.Errorf("script for %q: %w", key, err)
		}
		rules = append(rules, r)
	}
	// What is to be answered once goes before what may be answered for ever.
	slices.SortFunc(rules, func(a, b *rule) int {
		if once := len(b.replies) - len(a.replies); once != 0 {
			return once
		}
		return strings.Compare(a.request, b.request)
	})
	for _, r := range rules {
		f.add(r)
	}
	return nil
}

func scriptedRule(key string, scripted []scriptedReply) (*rule, error) {
	request, every := strings.CutSuffix(key, " *")
	if method, path, ok := strings.Cut(request, " "); !ok || method == "" || path == "" {
		return nil, errors.New("want a method and a path")
	}
	if len(scripted) == 0 || every && len(scripted) > 1 {
		return nil, fmt.Errorf("%d replies", len(scripted))
	}
	replies := make([]Reply, len(scripted))
	for i, s := range scripted {
		body, err := scriptedBody(s.Body)
		if err != nil {
			return nil, err
		}
		replies[i] = Reply{
			Status: s.Status, Header: s.Header, Body: body,
			Raw: s.Raw, CutAfter: s.CutAfter, Drop: s.Drop, Hold: s.Hold,
		}
	}
	if every {
		return &rule{request: request, handler: replies[0].serve}, nil
	}
	return &rule{request: request, replies: replies}, nil
}

func scriptedBody(body json.RawMessage) (string, error) {
	if !bytes.HasPrefix(body, []byte(`"`)) {
		return string(body), nil
	}
	var text string
	err := json.Unmarshal(body, &text)
	return text, err
}
