package client

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"slices"

	"mxlogin/client/transport"
)

// The stages of user-interactive authentication that need no page of the homeserver.
const (
	StagePassword = "m.login.password"
	StageDummy    = "m.login.dummy"
)

// maxTries is how often a proof is asked for without getting further.
const maxTries = 3

// Challenge is what a homeserver wants proven before it does what it was asked for.
//
// Client-Server API, "User-Interactive Authentication API".
type Challenge struct {
	Flows     [][]string             // each is one way: stages in their order
	Completed []string               // stages that are done
	Refused   *transport.MatrixError // why the last proof was not taken; nil where none was given

	client  *Client
	session string
}

// Next returns the stages that may come next, one for each way that is still open, in
// the homeserver's order.
func (c Challenge) Next() []string {
	var next []string
	for _, flow := range c.Flows {
		if len(c.Completed) >= len(flow) || !slices.Equal(flow[:len(c.Completed)], c.Completed) {
			continue
		}
		if stage := flow[len(c.Completed)]; !slices.Contains(next, stage) {
			next = append(next, stage)
		}
	}
	return next
}

// FallbackURL is the homeserver's page on which a person goes through a stage with a
// browser; [ProveByPage] tells of it then. It holds the ID of this exchange, which is
// of use only beside the session's token.
//
// Client-Server API, "Fallback".
func (c Challenge) FallbackURL(stage string) string {
	page := c.client.path("/auth/" + pathSegment(stage) + "/fallback/web")
	return c.client.base.String() + page + "?" + url.Values{"session": {c.session}}.Encode()
}

// Proof answers a stage of a [Challenge].
type Proof struct{ auth transport.Fields }

// ProvePassword proves m.login.password.
func ProvePassword(who Identifier, password transport.Credential) Proof {
	auth := transport.Fields{"type": StagePassword, "password": password}
	who.addTo(auth)
	return Proof{auth}
}

// ProveDummy proves m.login.dummy.
func ProveDummy() Proof { return Proof{transport.Fields{"type": StageDummy}} }

// ProveByPage tells the homeserver that its page for the stage was gone through.
func ProveByPage() Proof { return Proof{transport.Fields{}} }

// Prove gives the proof that a challenge asks for. Its error ends the request and is
// returned as it is.
type Prove func(context.Context, Challenge) (Proof, error)

// interact sends r, which has a JSON body, and the same again with each proof that the
// homeserver asks for. The third proof that gets no further ends it with the
// homeserver's refusal, or, where it gave none, with a [transport.ProtocolError].
func (c *Client) interact(ctx context.Context, r transport.Request, prove Prove) (transport.Object, error) {
	body := r.JSON
	r.Base = c.base
	completed := 0
	for tries := 0; ; tries++ {
		resp, err := c.transport.Do(ctx, r)
		if err != nil {
			return transport.Object{}, err
		}
		challenge, isOne, err := c.readChallenge(resp)
		if err != nil {
			return transport.Object{}, err
		}
		if !isOne {
			if err := resp.Refusal(); err != nil {
				return transport.Object{}, err
			}
			return resp.Object()
		}
		if len(challenge.Completed) > completed {
			completed, tries = len(challenge.Completed), 0
		}
		if tries == maxTries {
			return transport.Object{}, challenge.unproven(resp)
		}
		proof, err := prove(ctx, challenge)
		if err != nil {
			return transport.Object{}, err
		}
		r.JSON = maps.Clone(body)
		r.JSON["auth"] = proof.in(challenge)
	}
}

// readChallenge reads a 401 that has flows: such an answer need have no errcode, and
// with one it is no refusal yet.
func (c *Client) readChallenge(resp *transport.Response) (challenge Challenge, isOne bool, err error) {
	if resp.Status != http.StatusUnauthorized {
		return Challenge{}, false, nil
	}
	object, err := resp.Object()
	if err != nil || !object.Has("flows") {
		return Challenge{}, false, nil //nolint:nilerr // its refusal says what it is
	}
	challenge.client = c
	flows, _, err := object.Array("flows")
	if err != nil {
		return Challenge{}, false, err
	}
	for _, raw := range flows {
		flow, err := object.Element("flows", raw)
		if err != nil {
			return Challenge{}, false, err
		}
		stages, err := flow.Strings("stages")
		if err != nil {
			return Challenge{}, false, err
		}
		challenge.Flows = append(challenge.Flows, stages)
	}
	if challenge.Completed, err = object.Strings("completed"); err != nil {
		return Challenge{}, false, err
	}
	if challenge.session, _, err = object.String("session"); err != nil {
		return Challenge{}, false, err
	}
	challenge.Refused = refusalOf(resp)
	return challenge, true, nil
}

// refusalOf is the error in a challenge that follows a proof, nil where there is none.
func refusalOf(resp *transport.Response) *transport.MatrixError {
	refusal, _ := resp.Refusal().(*transport.MatrixError) //nolint:errorlint // it is not wrapped
	return refusal
}

// unproven is the error of a challenge that was not met.
func (c Challenge) unproven(resp *transport.Response) error {
	if c.Refused != nil {
		return c.Refused
	}
	return &transport.ProtocolError{Request: resp.Request, Status: resp.Status, Reason: "the server keeps asking for the same authentication stage"}
}

// in is the proof as the member auth of a request.
func (p Proof) in(c Challenge) transport.Fields {
	auth := maps.Clone(p.auth)
	if c.session != "" {
		auth["session"] = c.session
	}
	return auth
}
