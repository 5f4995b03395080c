package clienttest

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// What clients of an application service and signers of JWTs need to know.
const (
	AppServiceToken = "as-token-of-the-test"
	jwtSecret       = "jwt-secret-of-at-least-32-bytes-length"
	jwtIssuer       = "test-issuer"
)

// baseConfig is the least that Synapse starts with: SQLite, loopback, no federation and
// no limits. %[1]s is its directory, %[2]s the port, %[3]s its URL, %[4]s the secret.
const baseConfig = `server_name: ` + synapseName + `
public_baseurl: "%[3]s/"
report_stats: false
listeners:
  - {port: %[2]s, bind_addresses: ["127.0.0.1"], type: http, tls: false, resources: [{names: [client]}]}
database: {name: sqlite3, args: {database: "%[1]s/homeserver.db"}}
media_store_path: "%[1]s/media"
signing_key_path: "%[1]s/signing.key"
enable_media_repo: false
trusted_key_servers: []
suppress_key_server_warning: true
federation_domain_whitelist: []
presence: {enabled: false}
enable_registration: false
registration_shared_secret: "%[4]s"
macaroon_secret_key: "%[4]s"
form_secret: "%[4]s"
bcrypt_rounds: 4
rc_login:
  address: {per_second: %[5]s, burst_count: %[6]s}
  account: {per_second: 10000, burst_count: 10000}
  failed_attempts: {per_second: 10000, burst_count: 10000}
rc_registration: {per_second: 10000, burst_count: 10000}
rc_message: {per_second: 10000, burst_count: 10000}
`

const appServiceRegistration = `id: test
url: null
as_token: ` + AppServiceToken + `
hs_token: hs-token
sender_localpart: bridge
rate_limited: false
namespaces:
  users: [{exclusive: true, regex: "@bridge_.*:localhost"}]
`

// writeConfig writes the files that Synapse starts with. It is given several: of a key
// that is in two of them the last counts.
func (s *Synapse) writeConfig(o SynapseOptions, address, provider string) (paths []string, err error) {
	key := make([]byte, 32)
	_, _ = rand.Read(key)
	public := o.PublicURL
	if public == "" {
		public = s.url
	}
	perSecond, burst := "10000", "10000"
	if o.RateLimit {
		perSecond, burst = "0.2", "3"
	}
	registration := filepath.Join(s.Dir, "appservice.yaml")
	files := map[string]string{
		filepath.Join(s.Dir, "signing.key"): "ed25519 a_test " + base64.RawStdEncoding.EncodeToString(key) + "\n",
		registration:                        appServiceRegistration,
	}
	base := fmt.Sprintf(baseConfig, s.Dir, address[strings.LastIndex(address, ":")+1:], public, s.secret, perSecond, burst)
	paths = []string{filepath.Join(s.Dir, "homeserver.yaml"), filepath.Join(s.Dir, "features.yaml")}
	files[paths[0]], files[paths[1]] = base, o.features(registration, provider, s.secret)
	for path, text := range files {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			return nil, err
		}
	}
	return paths, nil
}

// features is the part of the configuration that the options ask for.
func (o SynapseOptions) features(registration, provider, secret string) string {
	var b strings.Builder
	add := func(wanted bool, format string, args ...any) {
		if wanted {
			fmt.Fprintf(&b, format+"\n", args...)
		}
	}
	add(true, "# the options of this server\nenable_search: false")
	add(o.OAuth, "matrix_authentication_service: {enabled: true, endpoint: %q, secret: %q}", provider+"/", secret)
	add(o.AccessTokenLifetime > 0 && !o.OAuth, "refreshable_access_token_lifetime: %d", o.AccessTokenLifetime.Milliseconds())
	add(o.NoRenewal, "refreshable_access_token_lifetime: null")
	add(o.SessionLifetime > 0, "session_lifetime: %[1]d\nnonrefreshable_access_token_lifetime: %[1]d", o.SessionLifetime.Milliseconds())
	add(o.GetToken, "login_via_existing_session: {enabled: true, require_ui_auth: true, token_timeout: 30s}")
	add(o.JWT, "jwt_config: {enabled: true, secret: %q, algorithm: HS256, issuer: %q}", jwtSecret, jwtIssuer)
	add(o.AppService, "app_service_config_files: [%q]", registration)
	add(o.NoPassword, "password_config: {enabled: false}")
	add(o.Approval, "experimental_features: {msc3866: {enabled: true, require_approval_for_new_accounts: true}}")
	add(o.Closed, "hs_disabled: true\nhs_disabled_message: closed\nadmin_contact: %q", AdminContact)
	add(o.SSO > 0, "oidc_providers:")
	for i := range o.SSO {
		id, name := providerNames(i)
		add(true, "  - {idp_id: %s, idp_name: %q, issuer: %q, skip_verification: true, client_id: homeserver, client_secret: homeserver-secret,"+
			" scopes: [openid], user_mapping_provider: {config: {localpart_template: %q}}}", id, name, provider, "{{ user.sub }}")
	}
	add(o.SSO > 0 && !o.SSOConfirm, `sso: {client_whitelist: ["http://127.0.0.1:"]}`)
	return b.String()
}

// providerNames are the ID, to which Synapse adds "oidc-", and the name of an identity
// provider.
func providerNames(i int) (id, name string) {
	if i == 0 {
		return "test", "Test provider"
	}
	return "second", "Second provider"
}

// JWT signs a JSON Web Token for a user, who need not exist yet.
func (s *Synapse) JWT(localpart string, expires time.Time) string {
	return signHS256(jwtSecret, fmt.Sprintf(`{"sub":%q,"iss":%q,"exp":%d}`, localpart, jwtIssuer, expires.Unix()))
}
