package transport

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"mxlogin/client/matrixid"
	"mxlogin/client/secret"
)

// A Credential is a secret that is bound to the one origin it may be sent to.
// The zero Credential is none.
type Credential struct {
	origin matrixid.Origin
	value  secret.Value
}

// Bind binds value to origin. Whoever calls it says that the person meant this
// secret for this origin, or that this origin issued it. There is no other way to
// make a Credential, so none is sent that [Options].OnBind has not seen.
func (c *Client) Bind(value secret.Value, origin matrixid.Origin) Credential {
	c.options.OnBind(value)
	return Credential{origin: origin, value: value}
}

// minEcho is the length in bytes from which a secret is not part of a text by
// chance.
const minEcho = 8

// IsRepeatedBy reports whether a text is the secret, or holds it.
func (c Credential) IsRepeatedBy(text string) bool {
	plain := c.value.Reveal()
	return c.isSet() && plain != "" && (text == plain || len(plain) >= minEcho && strings.Contains(text, plain))
}

func (c Credential) isSet() bool { return c.origin != matrixid.Origin{} }

// Fields are the members of a JSON body, or of a form. A value may be a
// [Credential], also inside nested Fields; it is revealed only into the request
// that is about to be sent.
type Fields map[string]any

// Request is one request to the client-server API or to an issuer.
type Request struct {
	Method string
	Base   matrixid.BaseURL
	Path   string // below Base; starts with a slash, has no query
	Query  string // as it is sent; errors and traces leave it out

	JSON   Fields     // the body as a JSON object; nil: none
	Form   Fields     // the body as a form; strings and credentials only
	Raw    []byte     // the body as JSON that is sent as it is; no secret of ours
	Into   *Sink      // takes the body of a success; nil: the answer holds it
	Bearer Credential // for the Authorization header

	// Repeatable says that sending the request twice does no more than sending it
	// once, as a GET is always.
	Repeatable bool

	// Redirects is how many redirects may be followed, to https only. A request
	// that carries a secret follows none.
	Redirects int
	// OnRedirect is told of each redirect before it is followed. Words that it
	// returns say why it must not be: they complete "the server redirects to X, which".
	OnRedirect func(Redirect) (refusal string)

	// Trace names the members of the body that -v may show. Only strings and
	// booleans that are no secrets are ever shown.
	Trace []string
}

// Redirect is an answer that sends a request elsewhere.
type Redirect struct {
	Request string          // method, origin and path that was asked for
	Status  int             // of the answer
	Next    string          // method, origin and path to be asked for instead
	To      matrixid.Origin // of Next
}

// encodeBody builds the body, with its secrets.
func (r Request) encodeBody() (body []byte, contentType string, err error) {
	switch {
	case r.JSON != nil:
		body, err = json.Marshal(reveal(r.JSON))
		if err != nil {
			return nil, "", fmt.Errorf("encode the body: %w", err)
		}
		return body, "application/json", nil
	case r.Form != nil:
		values := url.Values{}
		for name, value := range reveal(r.Form) {
			text, ok := value.(string)
			if !ok {
				return nil, "", fmt.Errorf("encode the form: %s is no text", name)
			}
			values.Set(name, text)
		}
		return []byte(values.Encode()), "application/x-www-form-urlencoded", nil
	case r.Raw != nil:
		return slices.Clone(r.Raw), "application/json", nil
	}
	return nil, "", nil
}

// reveal copies fields with every credential replaced by its secret.
func reveal(fields Fields) map[string]any {
	plain := make(map[string]any, len(fields))
	for name, value := range fields {
		switch value := value.(type) {
		case Credential:
			plain[name] = value.value.Reveal()
		case Fields:
			plain[name] = reveal(value)
		default:
			plain[name] = value
		}
	}
	return plain
}

// credentials returns all secrets that r carries.
func (r Request) credentials() []Credential {
	found := append(credentialsIn(r.JSON), credentialsIn(r.Form)...)
	if r.Bearer.isSet() {
		found = append(found, r.Bearer)
	}
	return found
}

func credentialsIn(fields Fields) []Credential {
	var found []Credential
	for _, value := range fields {
		switch value := value.(type) {
		case Credential:
			found = append(found, value)
		case Fields:
			found = append(found, credentialsIn(value)...)
		}
	}
	return found
}

func (r Request) carriesSecret() bool { return len(r.credentials()) > 0 }

// mayRepeat reports whether sending r twice does no more than sending it once.
func (r Request) mayRepeat() bool {
	return (r.Repeatable || r.Method == http.MethodGet) && (r.Into == nil || !r.Into.begun)
}

// maxBody is how many bytes the body of a success may have.
func (r Request) maxBody() int {
	if r.Into != nil {
		return int(r.Into.Max)
	}
	return maxBody
}

func (r Request) traceFields() []Field {
	var shown []Field
	for _, name := range slices.Sorted(maps.Keys(r.JSON)) {
		if !slices.Contains(r.Trace, name) {
			continue
		}
		switch value := r.JSON[name].(type) {
		case string:
			shown = append(shown, Field{name, value})
		case bool:
			shown = append(shown, Field{name, fmt.Sprint(value)})
		}
	}
	return shown
}
