package config

import "go.yaml.in/yaml/v3"

// Synadm reads the configuration of synadm, synadm.yaml: the base URL and the access token
// in it, as they are. ok is false if text is something else. The user in it may be a name
// of any kind, and says nothing that the homeserver does not.
func Synadm(text string) (baseURL, token string, ok bool) {
	var synadm struct {
		BaseURL string `yaml:"base_url"`
		Token   string `yaml:"token"`
	}
	err := yaml.Unmarshal([]byte(text), &synadm)
	return synadm.BaseURL, synadm.Token, err == nil && synadm.BaseURL != "" && synadm.Token != ""
}
