package config

import (
	"fmt"
	"slices"

	"go.yaml.in/yaml/v3"
)

// UnknownKey is a key of the file that is most likely a slip.
type UnknownKey struct {
	Key        string // with what it is in, such as "settings.homesever"; may be a secret in the wrong place where nothing is suggested
	Suggestion string // what was most likely meant, in the same place; empty if nothing is close
	Line       int    // of the file
}

// UnknownKeys lists the keys under settings: that are none and, of the rest of the file,
// where keys of one's own may stand, those that are one or two letters away from a key
// that mxlogin reads.
func (f *File) UnknownKeys() []UnknownKey {
	unknown := appendSlips(nil, "", f.root(), []string{"version", "settings", "default_account", "accounts", leftoversKey})
	for key := range pairs(f.settings()) {
		if _, err := fileSetting(key.Value); err != nil {
			unknown = append(unknown, UnknownKey{"settings." + key.Value, Nearest(key.Value, settingKeys()), key.Line})
		}
	}
	known := accountKeys()
	for i, saved := range f.accounts {
		unknown = appendSlips(unknown, fmt.Sprintf("accounts[%d].", i), saved.entry, known)
	}
	return unknown
}

// appendSlips appends the keys of a mapping that are nearly one of known.
func appendSlips(unknown []UnknownKey, path string, mapping *yaml.Node, known []string) []UnknownKey {
	for key := range pairs(mapping) {
		if slices.Contains(known, key.Value) || len(key.Value) < minSlip {
			continue
		}
		if meant := Nearest(key.Value, known); meant != "" && distance(key.Value, meant) <= maxSlip {
			unknown = append(unknown, UnknownKey{path + key.Value, meant, key.Line})
		}
	}
	return unknown
}

// What counts as a slip: of a short key a letter or two make any other word.
const (
	minSlip = 5
	maxSlip = 2
)

func settingKeys() []string {
	var keys []string
	for _, setting := range Table() {
		if setting.InFile {
			keys = append(keys, setting.Key)
		}
	}
	return keys
}

func accountKeys() []string {
	var keys []string
	for _, field := range accountFields(Account{}) {
		keys = append(keys, field.key)
	}
	return keys
}
