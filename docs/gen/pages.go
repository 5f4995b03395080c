package main

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"mxlogin/cmd"
	"mxlogin/config"
)

// generate returns the pages by their path below docs.
func generate() (map[string]string, error) {
	module, err := moduleRoot()
	if err != nil {
		return nil, err
	}
	security, err := securityPage(module)
	if err != nil {
		return nil, err
	}
	root := cmd.NewRoot(&cmd.App{})
	pages := map[string]string{"config.md": configPage(), "json.md": jsonPage(), "security.md": security}
	for _, topic := range []string{"exit-codes", "environment"} {
		page, err := topicPage(root, topic)
		if err != nil {
			return nil, err
		}
		pages[topic+".md"] = page
	}
	for _, command := range commands(root) {
		name := pageName(command)
		pages["man/"+name+".1"] = manPage(command)
		page, err := commandPage(command)
		if err != nil {
			return nil, err
		}
		pages["commands/"+name+".md"] = page
	}
	return pages, nil
}

// commands returns a command and those below it.
func commands(c *cobra.Command) []*cobra.Command {
	list := []*cobra.Command{c}
	for _, child := range c.Commands() {
		if child.IsAvailableCommand() {
			list = append(list, commands(child)...)
		}
	}
	return list
}

// commandPage is what --help shows: what helps at the terminal helps on a page.
func commandPage(command *cobra.Command) (string, error) {
	var help bytes.Buffer
	command.SetOut(&help)
	if err := command.Help(); err != nil {
		return "", fmt.Errorf("help of %s: %w", command.CommandPath(), err)
	}
	return fmt.Sprintf("# %s\n\n%s.\n\n```text\n%s```\n", command.CommandPath(), command.Short, help.String()), nil
}

func topicPage(root *cobra.Command, name string) (string, error) {
	topic, _, err := root.Find([]string{name})
	if err != nil {
		return "", fmt.Errorf("topic %s: %w", name, err)
	}
	var text bytes.Buffer
	topic.SetOut(&text)
	if err := topic.Help(); err != nil {
		return "", fmt.Errorf("topic %s: %w", name, err)
	}
	return fmt.Sprintf("# %s\n\n```text\n%s```\n", topic.Short, text.String()), nil
}

func configPage() string {
	var page strings.Builder
	page.WriteString(`# Settings

A flag goes before its environment variable, that before the setting in the config file, and that before the default. "mxlogin config list" shows what is in
force and where it comes from; "mxlogin config set KEY VALUE" changes the file.

| setting | flag | environment | default | meaning |
| --- | --- | --- | --- | --- |
`)
	for _, s := range config.Table() {
		key, flag := "", ""
		if s.InFile {
			key = "`" + s.Key + "`"
		}
		if s.Flag != "" {
			flag = "`--" + s.Flag + "`"
		}
		fmt.Fprintf(&page, "| %s | %s | `%s` | %s | %s |\n", key, flag, s.Env, s.Default, s.Meaning)
	}
	page.WriteString(`
In the file the settings stand under ` + "`settings:`" + `, and ` + "`allow_http`" + ` is a list:

` + "```yaml" + `
version: 1
settings:
  homeserver: example.org
  allow_http: [hs.example.org:8008]
` + "```" + `

## Accounts

Under ` + "`accounts:`" + ` is a list of what is saved, and ` + "`default_account:`" + ` names the one that commands use where none is named. mxlogin writes them; comments and
keys of your own stay. A key that does not apply is left out.

| key | meaning |
| --- | --- |
`)
	for _, row := range accountKeys() {
		fmt.Fprintf(&page, "| `%s` | %s |\n", row[0], row[1])
	}
	return page.String()
}

// accountKeys are the keys of an account in the file, with their meaning.
func accountKeys() [][2]string {
	return [][2]string{
		{"name", "what the account is called; the user ID unless you chose another name"},
		{"user_id", "whose session it is"},
		{"homeserver", "base URL at which the session is used"},
		{"login_url", "base URL at which the login was made, where that is another"},
		{"device_id", "device of the session, used again by the next login"},
		{"storage", "`keyring` where the system's keyring has the tokens"},
		{"access_token", "secret"},
		{"refresh_token", "secret; renews the access token"},
		{"keyring", "`access_token` and `refresh_token`: what is random in the names of their items there"},
		{"expires_at", "when the access token ends, as the server said"},
		{"lifetime", "how long it lived when it was issued, such as `5m0s`: the session is renewed within the last minute, or the last tenth of that"},
		{"flow", "how the login was made, such as `m.login.password`"},
		{"login_as", "how you were named at the login, where it was not by the user ID: an e-mail address, a phone number, a login name"},
		{"api", "`legacy` or `oauth`: which API made the session, and renews and ends it"},
		{"oauth", "`issuer` and `client_id` of a session of the OAuth 2.0 API"},
		{"prefix", "`r0` for a server that has no `/v3`"},
		{"ca_file", "as the setting, for this account"},
		{"allow_http", "as the setting, for this account"},
		{"pending", "`true` while a login has been sent and not answered"},
		{"unverified", "`true` where only the server said what the user ID is; a later login of that user ID then asks anew where its homeserver is"},
	}
}
