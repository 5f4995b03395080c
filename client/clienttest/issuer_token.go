package clienttest

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"time"
)

func (i *Issuer) token(r *http.Request) answer {
	form, refused := i.form(r, "grant_type", "client_id")
	if form == nil {
		return refused
	}
	c, known := i.clients[form.Get("client_id")]
	switch {
	case !known:
		return refuse(401, "invalid_client")
	case !slices.Contains(c.Grants, form.Get("grant_type")):
		return refuse(400, "unauthorized_client")
	}
	switch form.Get("grant_type") {
	case "authorization_code":
		return i.exchange(form)
	case grantDevice:
		return i.poll(form)
	case "refresh_token":
		return i.refresh(form)
	}
	return refuse(400, "unsupported_grant_type")
}

// exchange is the code grant. A code that comes twice ends what came of it.
func (i *Issuer) exchange(form url.Values) answer {
	grant, known := i.grants[form.Get("code")]
	if !known {
		return refuse(400, "invalid_grant")
	}
	if grant.spent {
		i.fault("a code twice")
		if grant.session != nil {
			grant.session.over = true
		}
		return refuse(400, "invalid_grant")
	}
	grant.spent = true
	sum := sha256.Sum256([]byte(form.Get("code_verifier")))
	if grant.client != form.Get("client_id") || grant.redirect != form.Get("redirect_uri") || !codeVerifier.MatchString(form.Get("code_verifier")) ||
		base64.RawURLEncoding.EncodeToString(sum[:]) != grant.challenge {
		i.fault("a code with what does not belong to it")
		return refuse(400, "invalid_grant")
	}
	return i.begin(grant)
}

// poll is the device grant.
func (i *Issuer) poll(form url.Values) answer {
	status := 400
	if i.options.Forbidden {
		status = 403
	}
	grant, known := i.grants[form.Get("device_code")]
	if !known || grant.spent || grant.client != form.Get("client_id") {
		return refuse(400, "invalid_grant")
	}
	grant.polls++
	since := time.Since(grant.asked)
	if grant.asked = time.Now(); grant.polls > 1 && since < 500*time.Millisecond {
		i.fault("a device code was asked about after %v", since)
	}
	switch {
	case grant.polls <= i.options.SlowDown:
		return refuse(status, "slow_down")
	case i.options.Denied > 0 && grant.polls >= i.options.Denied:
		grant.spent = true
		return refuse(status, "access_denied")
	case i.options.Expired > 0 && grant.polls >= i.options.Expired:
		i.options.Expired = 0 // the next code is approved
		grant.spent = true
		return refuse(status, "expired_token")
	case !grant.approved && (i.options.Approved == 0 || grant.polls < i.options.Approved):
		return refuse(status, "authorization_pending")
	case i.options.Failing > 0:
		i.options.Failing--
		return refuse(500, "server_error")
	}
	grant.spent = true
	return i.begin(grant)
}

// begin makes the session of a grant.
func (i *Issuer) begin(grant *issuerGrant) answer {
	if i.options.KnownDevices > 0 {
		i.options.KnownDevices--
		return refuse(400, "invalid_scope")
	}
	grant.session = &issuerSession{client: grant.client, device: grant.device, name: i.clients[grant.client].ClientName}
	i.sessions = append(i.sessions, grant.session)
	return i.issue(grant.session)
}

// issue makes new tokens for a session.
func (i *Issuer) issue(s *issuerSession) answer {
	s.consumed = append(s.consumed, s.refresh)
	if s.old = s.refresh; i.options.RefreshOnce {
		s.old = ""
	}
	s.access, s.refresh = "mat_"+i.options.Canary+rand.Text(), "mar_"+i.options.Canary+rand.Text()
	s.ends = time.Now().Add(time.Duration(i.options.Lifetime) * time.Second)
	said := map[string]any{
		"access_token": s.access, "token_type": "Bearer", "expires_in": i.options.Lifetime,
		"scope": "urn:matrix:client:device:" + s.device + " urn:matrix:client:api:*",
	}
	if slices.Contains(i.clients[s.client].Grants, "refresh_token") {
		said["refresh_token"] = s.refresh
	}
	return i.overlaid(200, said, i.options.Tokens)
}

// refresh renews. An old refresh token is good until a new token is used; after that its
// use ends the session.
func (i *Issuer) refresh(form url.Values) answer {
	token := form.Get("refresh_token")
	for _, s := range i.sessions {
		if s.over || token == "" || s.refresh != token && s.old != token {
			if slices.Contains(s.consumed, token) && !i.options.RefreshOnce {
				s.over = true
			}
			continue
		}
		if s.client != form.Get("client_id") {
			i.fault("a refresh by another client")
			if i.options.PlainErrors {
				return answer{status: 500, body: map[string]any{"details": "assertion failed", "errcode": "M_UNKNOWN", "error": "M_UNKNOWN: Internal server error occurred"}}
			}
			return refuse(400, "invalid_grant")
		}
		return i.issue(s)
	}
	return refuse(400, "invalid_grant")
}

func (i *Issuer) revoke(r *http.Request) answer {
	form, refused := i.form(r, "token", "client_id")
	if form == nil {
		return refused
	}
	if _, known := i.clients[form.Get("client_id")]; !known {
		return refuse(401, "invalid_client")
	}
	token := form.Get("token")
	for _, s := range i.sessions {
		if s.over || s.refresh != token && s.access != token {
			continue
		}
		if s.client != form.Get("client_id") {
			i.fault("a revocation by another client")
		}
		deaf := i.options.DeafRevoke && s.access == token && !time.Now().Before(s.ends)
		s.over = !deaf
		return answer{status: 200}
	}
	if i.options.StrictRevoke {
		return refuse(400, "invalid_grant")
	}
	return answer{status: 200}
}
