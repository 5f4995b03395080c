package clienttest

import (
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/url"
)

// Register makes a user, who has no device yet.
func (s *Synapse) Register(ctx context.Context, localpart, password string) error {
	token, err := s.register(ctx, localpart, password, false)
	if err == nil && token != "" {
		err = callJSON(ctx, "POST", s.url+"/_matrix/client/v3/logout", token, nil, nil)
	}
	if err != nil {
		return fmt.Errorf("register %s: %w", localpart, err)
	}
	return nil
}

// SetThirdParty gives a user an e-mail address and a phone number, which is digits
// only. No mail is sent.
func (s *Synapse) SetThirdParty(ctx context.Context, localpart, email, phone string) error {
	return s.change(ctx, localpart, map[string]any{"threepids": []map[string]string{
		{"medium": "email", "address": email}, {"medium": "msisdn", "address": phone},
	}})
}

// Lock locks an account, or unlocks it.
func (s *Synapse) Lock(ctx context.Context, localpart string, locked bool) error {
	return s.change(ctx, localpart, map[string]any{"locked": locked})
}

// Approve says whether the administrator has approved of an account.
func (s *Synapse) Approve(ctx context.Context, localpart string, approved bool) error {
	return s.change(ctx, localpart, map[string]any{"approved": approved})
}

// Deactivate ends an account.
func (s *Synapse) Deactivate(ctx context.Context, localpart string) error {
	return s.ask(ctx, "POST", "/_synapse/admin/v1/deactivate/"+s.userPath(localpart), map[string]any{"erase": false}, nil)
}

// SynapseDevice is a device of a user, as the server has it.
type SynapseDevice struct {
	ID   string `json:"device_id"`
	Name string `json:"display_name"`
}

// Devices lists the devices of a user, without being one of them.
func (s *Synapse) Devices(ctx context.Context, localpart string) ([]SynapseDevice, error) {
	var answer struct {
		Devices []SynapseDevice `json:"devices"`
	}
	err := s.ask(ctx, "GET", "/_synapse/admin/v2/users/"+s.userPath(localpart)+"/devices", nil, &answer)
	return answer.Devices, err
}

// RegisterBridged makes a user of the application service, whose localpart has to
// begin with "bridge_".
func (s *Synapse) RegisterBridged(ctx context.Context, localpart string) error {
	body := map[string]any{"type": "m.login.application_service", "username": localpart, "inhibit_login": true}
	return callJSON(ctx, "POST", s.url+"/_matrix/client/v3/register", AppServiceToken, body, nil)
}

// change changes what the server has of a user.
func (s *Synapse) change(ctx context.Context, localpart string, change map[string]any) error {
	return s.ask(ctx, "PUT", "/_synapse/admin/v2/users/"+s.userPath(localpart), change, nil)
}

func (s *Synapse) userPath(localpart string) string {
	return url.PathEscape("@" + localpart + ":" + synapseName)
}

// ask sends a request of an administrator.
func (s *Synapse) ask(ctx context.Context, method, path string, body, answer any) error {
	token, err := s.adminToken(ctx)
	if err != nil {
		return fmt.Errorf("become an administrator: %w", err)
	}
	return callJSON(ctx, method, s.url+path, token, body, answer)
}

func (s *Synapse) adminToken(ctx context.Context) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.admin != "" {
		return s.admin, nil
	}
	const name = "test-administrator"
	token, err := s.register(ctx, name, s.secret, true)
	if err == nil && token == "" {
		token, err = s.logIn(ctx, name, s.secret)
	}
	s.admin = token
	return token, err
}

// logIn is for where registration gives no token: where new accounts wait for approval,
// though one that is made with the secret has it.
func (s *Synapse) logIn(ctx context.Context, localpart, password string) (token string, err error) {
	var answer struct {
		Token string `json:"access_token"`
	}
	err = callJSON(ctx, "POST", s.url+"/_matrix/client/v3/login", "", map[string]any{
		"type": "m.login.password", "identifier": map[string]string{"type": "m.id.user", "user": localpart}, "password": password,
	}, &answer)
	return answer.Token, err
}

const registerPath = "/_synapse/admin/v1/register"

// register makes a user by the shared secret and returns the access token that comes
// with it, if one does: none of an account that waits for approval.
func (s *Synapse) register(ctx context.Context, localpart, password string, admin bool) (token string, err error) {
	nonce, err := s.nonce(ctx)
	if err != nil {
		return "", err
	}
	kind := "notadmin"
	if admin {
		kind = "admin"
	}
	mac := hmac.New(sha1.New, []byte(s.secret))
	fmt.Fprintf(mac, "%s\x00%s\x00%s\x00%s", nonce, localpart, password, kind)
	var answer struct {
		Token string `json:"access_token"`
	}
	err = callJSON(ctx, "POST", s.url+registerPath, "", map[string]any{
		"nonce": nonce, "username": localpart, "password": password, "admin": admin, "mac": hex.EncodeToString(mac.Sum(nil)),
	}, &answer)
	return answer.Token, err
}

// isOurs asks for what only the server with our secret does. One that leaves its logins to
// another has no registration.
func (s *Synapse) isOurs(ctx context.Context, o SynapseOptions) error {
	if o.OAuth {
		return callJSON(ctx, "GET", s.url+"/_synapse/mas/is_localpart_available?localpart=nobody", s.secret, nil, nil)
	}
	_, err := s.nonce(ctx)
	return err
}

// nonce is good for one registration.
func (s *Synapse) nonce(ctx context.Context) (string, error) {
	var answer struct {
		Nonce string `json:"nonce"`
	}
	err := callJSON(ctx, "GET", s.url+registerPath, "", nil, &answer)
	return answer.Nonce, err
}

// signHS256 makes a JSON Web Token.
func signHS256(secret, claims string) string {
	encode := base64.RawURLEncoding.EncodeToString
	signed := encode([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." + encode([]byte(claims))
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(signed))
	return signed + "." + encode(mac.Sum(nil))
}

// Promote makes a user an administrator of the server.
func (s *Synapse) Promote(ctx context.Context, localpart string) error {
	return s.change(ctx, localpart, map[string]any{"admin": true})
}
