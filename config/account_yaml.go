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
	case "storage":
		account.Storage, err = oneOf(value, path, StorageFile, StorageKeyring)
	case "keyring":
		account.Items, err = decodeItems(value, path)
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
	err = decodeStrings(mapping, path, map[string]*string{"issuer": &client.Issuer, "client_id": &client.ClientID})
	return client, err
}

func decodeItems(mapping *yaml.Node, path string) (items Items, err error) {
	err = decodeStrings(mapping, path, map[string]*string{"access_token": &items.Access, "refresh_token": &items.Refresh})
	return items, err
}

// decodeStrings reads the members of a mapping that fields has, which must be strings.
func decodeStrings(mapping *yaml.Node, path string, fields map[string]*string) (err error) {
	if mapping.Kind != yaml.MappingNode {
		return parseError(mapping, path, "must be a mapping")
	}
	for key, value := range pairs(mapping) {
		if field, ok := fields[key.Value]; ok {
			if *field, err = stringOf(value, path+"."+key.Value); err != nil {
				return err
			}
		}
	}
	return nil
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
		{key: "storage", value: textNode(a.Storage)},
		{key: "access_token", value: tokenNode(a.AccessToken, a.Items.Access)},
		{key: "refresh_token", value: tokenNode(a.RefreshToken, a.Items.Refresh)},
		{key: "keyring", nested: []field{
			{key: "access_token", value: textNode(a.Items.Access)},
			{key: "refresh_token", value: textNode(a.Items.Refresh)},
		}},
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

// tokenNode is a token as the file has it: not at all where the keyring does.
func tokenNode(token secret.Value, item string) *yaml.Node {
	if item != "" {
		return nil
	}
	return textNode(token.Reveal())
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
