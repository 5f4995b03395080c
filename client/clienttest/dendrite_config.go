package clienttest

import (
	"crypto/rand"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
)

// object is a JSON object.
type object = map[string]any

// writeConfig writes Dendrite's configuration and the signing key that it names.
// The file is JSON, which Dendrite reads as the YAML that JSON is.
func (d *Dendrite) writeConfig(path string, o DendriteOptions) error {
	signingKey := filepath.Join(d.Dir, "matrix_key.pem")
	if err := os.WriteFile(signingKey, newSigningKey(), 0o600); err != nil {
		return fmt.Errorf("write the signing key: %w", err)
	}
	content, err := json.MarshalIndent(d.config(signingKey, o), "", "  ")
	if err != nil {
		return fmt.Errorf("encode the configuration: %w", err)
	}
	if err := os.WriteFile(path, content, 0o600); err != nil {
		return fmt.Errorf("write the configuration: %w", err)
	}
	return nil
}

// config names no host but the loopback: no federation, no identity server, no
// key perspectives, no statistics.
func (d *Dendrite) config(signingKey string, o DendriteOptions) object {
	rateLimiting := object{"enabled": false}
	if o.RateLimit != nil {
		rateLimiting = object{
			"enabled":    true,
			"threshold":  o.RateLimit.Threshold,
			"cooloff_ms": o.RateLimit.Cooloff.Milliseconds(),
		}
	}
	wellKnown := o.WellKnown
	if wellKnown == WellKnownSelf {
		wellKnown = d.URL()
	}
	bcryptCost := o.BcryptCost
	if bcryptCost == 0 {
		bcryptCost = 4
	}
	return object{
		"version": 2,
		"global": object{
			"server_name":                    d.ServerName,
			"private_key":                    signingKey,
			"disable_federation":             true,
			"trusted_third_party_id_servers": []string{},
			"well_known_client_name":         wellKnown,
			"well_known_server_name":         d.identity,
			"report_stats":                   object{"enabled": false},
			"cache":                          object{"max_size_estimated": "16mb", "max_age": "1h"},
			"jetstream":                      object{"in_memory": true, "storage_path": d.Dir},
		},
		"client_api": object{
			"registration_disabled":      true,
			"registration_shared_secret": d.secret,
			"rate_limiting":              rateLimiting,
		},
		// A SQLite file in "global" would be taken for PostgreSQL.
		"federation_api":  object{"database": d.database("federationapi"), "key_perspectives": []string{}},
		"key_server":      object{"database": d.database("keyserver")},
		"media_api":       object{"database": d.database("mediaapi"), "base_path": filepath.Join(d.Dir, "media")},
		"mscs":            object{"database": d.database("mscs")},
		"relay_api":       object{"database": d.database("relayapi")},
		"room_server":     object{"database": d.database("roomserver")},
		"sync_api":        object{"database": d.database("syncapi"), "search": object{"enabled": false}},
		"user_api":        object{"account_database": d.database("userapi"), "bcrypt_cost": bcryptCost},
		"app_service_api": object{"config_files": append([]string{}, o.AppServices...)},
		"logging":         []object{{"type": "std", "level": "info"}},
	}
}

// database says where a component keeps its data. Dendrite drops the query of a
// connection string, so this one is hidden in the path: a transaction takes the
// write lock when it begins. One that takes it later is refused at once where
// another writes, whatever the time that is set for waiting.
func (d *Dendrite) database(component string) object {
	return object{"connection_string": "file:" + filepath.ToSlash(d.databaseFile(component)) + "%3F_txlock=immediate"}
}

func (d *Dendrite) databaseFile(component string) string {
	return filepath.Join(d.Dir, component+".db")
}

func newSigningKey() []byte {
	seed := make([]byte, 32)
	rand.Read(seed)
	return pem.EncodeToMemory(&pem.Block{
		Type:    "MATRIX PRIVATE KEY",
		Headers: map[string]string{"Key-ID": "ed25519:test"},
		Bytes:   seed,
	})
}
