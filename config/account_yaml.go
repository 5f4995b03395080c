package config

import (
	"time"

	"go.yaml.in/yaml/v3"

	"mxlogin/client/secret"
)

// decodeAccount reads one entry of the list of accounts and holds it to the
// format. path names the entry in errors.
func decodeAccount(entry *yaml.Node, path string) (Account, error) {
	if entry.Kind != yaml.MappingNode {
		return Account{}, parseError(entry, path, "must be a mapping")
	}
	account := Account{API: APILegacy}
	for key, value := range pairs(entry) {
		if err := decodeField(&account, key.Value, value, path+"."+key.Value); err != nil {
			return Account{}, err
		}
	}
	if account.Name == "" {
		account.Name = account.UserID
	}
	if reason := account.incomplete(); reason != "" {
		return Account{}, parseError(entry, path, reason)
	}
	return account, nil
}

// decodeField reads the field key; unknown keys are left alone.
func decodeField(account *Account, key string, value *yaml.Node, path string) (err error) {
	switch key {
	case "name":
		account.Name, err = stringOf(value, path)
	case "user_id":
		account.UserID, err = stringOf(value, path)
	case "homeserver":
		account.Homeserver, err = stringOf(value, path)
	case "login_url":
		account.LoginURL, err = stringOf(value, path)
	case "device_id":
		account.DeviceID, err = stringOf(value, path)
	case "access_token":
		account.AccessToken, err = secretOf(value, path)
	case "refresh_token":
		account.RefreshToken, err = secretOf(value, path)
	case "expires_at":
		account.ExpiresAt, err = timeOf(value, path)
	case "lifetime":
		account.Lifetime, err = durationOf(value, path)
	case "flow":
		account.Flow, err = stringOf(value, path)
	case "login_as":
		account.LoginAs, err = stringOf(value, path)
	case "api":
		account.API, err = oneOf(value, path, APILegacy, APIOAuth)
	case "oauth":
		account.OAuth, err = decodeOAuth(value, path)
	case "prefix":
		account.Prefix, err = oneOf(value, path, "r0")
	case "ca_file":
		account.CAFile, err = stringOf(value, path)
	case "allow_http":
		account.AllowHTTP, err = stringsOf(value, path)
	case "pending":
		account.Pending, err = boolOf(value, path)
	case "unverified":
		account.Unverified, err = boolOf(value, path)
	}
	return err
}

func decodeOAuth(mapping *yaml.Node, path string) (client OAuthClient, err error) {
	if mapping.Kind != yaml.MappingNode {
		return client, parseError(mapping, path, "must be a mapping")
	}
	for key, value := range pairs(mapping) {
		switch key.Value {
		case "issuer":
			client.Issuer, err = stringOf(value, path+".issuer")
		case "client_id":
			client.ClientID, err = stringOf(value, path+".client_id")
		}
		if err != nil {
			return OAuthClient{}, err
		}
	}
	return client, nil
}

// incomplete names what an account lacks. A file that was cut short must not
// pass for a file with less in it.
func (a Account) incomplete() string {
	switch {
	case a.Name == "":
		return "has neither user_id nor name"
	case a.UserID == "" && !a.Pending:
		return "has no user_id"
	case a.Homeserver == "":
		return "has no homeserver"
	}
	return ""
}

// accountFields is the account as fields of its entry, in the order in which a
// new entry has them.
func accountFields(a Account) []field {
	name := a.Name
	if name == a.UserID {
		name = ""
	}
	return []field{
		{key: "name", value: textNode(name)},
		{key: "user_id", value: textNode(a.UserID)},
		{key: "homeserver", value: textNode(a.Homeserver)},
		{key: "login_url", value: textNode(a.LoginURL)},
		{key: "device_id", value: textNode(a.DeviceID)},
		{key: "access_token", value: secretNode(a.AccessToken)},
		{key: "refresh_token", value: secretNode(a.RefreshToken)},
		{key: "expires_at", value: timeNode(a.ExpiresAt)},
		{key: "lifetime", value: durationNode(a.Lifetime)},
		{key: "flow", value: textNode(a.Flow)},
		{key: "login_as", value: textNode(a.LoginAs)},
		{key: "api", value: textNode(a.API)},
		{key: "oauth", nested: []field{
			{key: "issuer", value: textNode(a.OAuth.Issuer)},
			{key: "client_id", value: textNode(a.OAuth.ClientID)},
		}},
		{key: "prefix", value: textNode(a.Prefix)},
		{key: "ca_file", value: textNode(a.CAFile)},
		{key: "allow_http", value: listNode(a.AllowHTTP)},
		{key: "pending", value: flagNode(a.Pending)},
		{key: "unverified", value: flagNode(a.Unverified)},
	}
}

func secretOf(node *yaml.Node, path string) (secret.Value, error) {
	text, err := stringOf(node, path)
	return secret.New(text), err
}

func secretNode(value secret.Value) *yaml.Node {
	return textNode(value.Reveal())
}

func timeOf(node *yaml.Node, path string) (time.Time, error) {
	if node.Kind == yaml.ScalarNode {
		if parsed, err := time.Parse(time.RFC3339, node.Value); err == nil {
			return parsed.UTC(), nil
		}
	}
	return time.Time{}, parseError(node, path, "must be an RFC 3339 time")
}

func timeNode(t time.Time) *yaml.Node {
	if t.IsZero() {
		return nil
	}
	return textNode(t.UTC().Format(time.RFC3339))
}

func durationOf(node *yaml.Node, path string) (time.Duration, error) {
	if node.Kind == yaml.ScalarNode {
		if parsed, err := time.ParseDuration(node.Value); err == nil && parsed >= 0 {
			return parsed, nil
		}
	}
	return 0, parseError(node, path, "must be a duration such as 5m")
}

func durationNode(d time.Duration) *yaml.Node {
	if d == 0 {
		return nil
	}
	return textNode(d.String())
}
