package clienttest

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
)

const grantDevice = "urn:ietf:params:oauth:grant-type:device_code"

// registered is a client.
type registered struct {
	ClientName   string   `json:"client_name"`
	ClientURI    string   `json:"client_uri"`
	Type         string   `json:"application_type"`
	Method       string   `json:"token_endpoint_auth_method"`
	Grants       []string `json:"grant_types"`
	Responses    []string `json:"response_types"`
	RedirectURIs []string `json:"redirect_uris"`
}

// issuerGrant is a login that has begun.
type issuerGrant struct {
	client, device, challenge, redirect string
	polls                               int
	asked                               time.Time // the last poll
	approved, spent                     bool
	session                             *issuerSession // that came of it
}

var (
	deviceScope  = regexp.MustCompile(`^urn:matrix:client:device:([A-Za-z0-9._~-]{10,})$`)
	codeVerifier = regexp.MustCompile(`^[A-Za-z0-9._~-]{43,128}$`)
)

func (i *Issuer) register(r *http.Request) answer {
	var c registered
	if err := json.NewDecoder(r.Body).Decode(&c); err != nil || r.Header.Get("Content-Type") != "application/json" {
		i.fault("a registration that is no JSON")
		return refuse(400, "invalid_request")
	}
	page, err := url.Parse(c.ClientURI)
	switch {
	case err != nil || page.Scheme != "https" || page.User != nil || page.Host == "":
		return refuse(400, "invalid_client_metadata")
	case c.Type != "native" || c.Method != "none":
		i.fault("registered as %s, %s", c.Type, c.Method)
		return refuse(400, "invalid_client_metadata")
	}
	for _, text := range c.RedirectURIs {
		redirect, err := url.Parse(text)
		if err != nil || redirect.Scheme != "http" || redirect.Host != "127.0.0.1" || strings.ContainsAny(text, "#?") {
			i.fault("the redirect %s is registered", text)
			return refuse(400, "invalid_redirect_uri")
		}
	}
	id := rand.Text()
	if i.options.HashedClients {
		sum := sha256.Sum256(fmt.Append(nil, c))
		sum[0], sum[1], sum[2] = 0xfb, 0xff, 0xbf // which is +/+/
		id = base64.StdEncoding.EncodeToString(sum[:])
	}
	i.clients[id] = c
	return i.overlaid(201, map[string]any{
		"client_id": id, "client_name": c.ClientName, "client_uri": c.ClientURI, "application_type": c.Type,
		"token_endpoint_auth_method": c.Method, "grant_types": c.Grants, "redirect_uris": c.RedirectURIs,
	}, i.options.Registration)
}

// authorize is the page in the browser, and the person who agrees or does not.
func (i *Issuer) authorize(r *http.Request) answer {
	q := r.URL.Query()
	c, known := i.clients[q.Get("client_id")]
	if !known || !slices.Contains(c.RedirectURIs, withoutPort(q.Get("redirect_uri"))) {
		i.fault("authorization of an unknown client or redirect")
		return answer{status: 400, text: "no such client"}
	}
	device, ok := i.deviceIn(q.Get("scope"))
	challenge, err := base64.RawURLEncoding.DecodeString(q.Get("code_challenge"))
	if !ok || err != nil || len(challenge) != 32 || q.Get("code_challenge_method") != "S256" || q.Get("response_type") != "code" ||
		q.Get("response_mode") != "query" || len(q.Get("state")) < 22 || !slices.Contains(c.Grants, "authorization_code") {
		i.fault("authorization with %s", r.URL.RawQuery)
		return answer{status: 400, text: "not like this"}
	}
	i.once("state", q.Get("state"))
	i.once("challenge", q.Get("code_challenge"))
	i.once("device", device)
	back := map[string]any{"state": q.Get("state")}
	if i.options.Iss {
		back["iss"] = i.Issuer()
	}
	if i.options.Denies {
		back["error"] = "access_denied"
	} else {
		code := i.options.CodeCanary + rand.Text()
		i.grants[code] = &issuerGrant{
			client: q.Get("client_id"), device: device, challenge: q.Get("code_challenge"), redirect: q.Get("redirect_uri"), approved: true,
		}
		back["code"] = code
	}
	if i.options.NoCallback {
		return answer{status: 400, text: "the page says why"}
	}
	parameters := url.Values{}
	for name, value := range i.overlaid(303, back, i.options.Callback).body {
		parameters.Set(name, fmt.Sprint(value))
	}
	return answer{status: 303, header: map[string]string{"Location": q.Get("redirect_uri") + "?" + parameters.Encode()}}
}

func (i *Issuer) requestDevice(r *http.Request) answer {
	form, refused := i.form(r, "client_id", "scope")
	if form == nil {
		return refused
	}
	c, known := i.clients[form.Get("client_id")]
	device, ok := i.deviceIn(form.Get("scope"))
	switch {
	case !known:
		return refuse(401, "invalid_client")
	case !slices.Contains(c.Grants, grantDevice):
		return refuse(400, "unauthorized_client")
	case !ok:
		i.fault("a device code for the scope %s", form.Get("scope"))
		return refuse(400, "invalid_scope")
	}
	i.once("device", device)
	code, user := i.options.CodeCanary+rand.Text(), rand.Text()[:4]+"-"+rand.Text()[:4]
	grant := &issuerGrant{client: form.Get("client_id"), device: device}
	i.grants[code], i.grants[user] = grant, grant
	honest := map[string]any{
		"device_code": code, "user_code": user, "verification_uri": i.URL() + "/link",
		"verification_uri_complete": i.URL() + "/link?user_code=" + user, "expires_in": 600, "interval": 1,
	}
	if i.options.Forbidden {
		delete(honest, "verification_uri_complete")
	}
	return i.overlaid(200, honest, i.options.Code)
}

// deviceIn returns the one device of a scope that has the client-server API too. The
// caller holds the lock.
func (i *Issuer) deviceIn(scope string) (string, bool) {
	parts := strings.Split(scope, " ")
	if len(parts) != 2 || parts[0] != "urn:matrix:client:api:*" {
		return "", false
	}
	match := deviceScope.FindStringSubmatch(parts[1])
	if match == nil {
		return "", false
	}
	i.device = match[1]
	return match[1], true
}

// once keeps in mind that something comes a second time which has to be new.
func (i *Issuer) once(kind, value string) {
	if i.used[kind+value] {
		i.fault("the same %s twice", kind)
	}
	i.used[kind+value] = true
}

// form reads a form that has these members.
func (i *Issuer) form(r *http.Request, members ...string) (url.Values, answer) {
	if r.Header.Get("Content-Type") != "application/x-www-form-urlencoded" || r.URL.RawQuery != "" {
		i.fault("a request that is no form")
		return nil, refuse(400, "invalid_request")
	}
	if err := r.ParseForm(); err != nil {
		i.fault("a form that cannot be read")
		return nil, refuse(400, "invalid_request")
	}
	for _, member := range members {
		if len(r.PostForm[member]) == 1 && r.PostForm.Get(member) != "" {
			continue
		}
		i.fault("a form without %s", member)
		if i.options.PlainErrors {
			return nil, answer{status: 422, text: "Failed to deserialize form body: missing field `" + member + "`"}
		}
		return nil, refuse(400, "invalid_request")
	}
	return r.PostForm, answer{}
}

func withoutPort(redirect string) string {
	u, err := url.Parse(redirect)
	if err != nil {
		return ""
	}
	u.Host = u.Hostname()
	return u.String()
}
