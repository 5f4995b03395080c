package main

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"

	"mxlogin/cmd"
	"mxlogin/config"
)

// generate returns the pages by their path below docs.
func generate() (map[string]string, error) {
	root := cmd.NewRoot(&cmd.App{})
	root.DisableAutoGenTag = true
	pages := map[string]string{"config.md": configPage()}
	for _, topic := range []string{"exit-codes", "environment"} {
		page, err := topicPage(root, topic)
		if err != nil {
			return nil, err
		}
		pages[topic+".md"] = page
	}
	for _, command := range commands(root) {
		name := strings.ReplaceAll(command.CommandPath(), " ", "-")
		man, err := manPage(command)
		if err != nil {
			return nil, err
		}
		pages["man/"+name+".1"] = man
		page, err := commandPage(command)
		if err != nil {
			return nil, err
		}
		pages["commands/"+name+".md"] = page
	}
	return pages, nil
}

// commands returns a command and those below it, but for the ones that cobra adds.
func commands(c *cobra.Command) []*cobra.Command {
	list := []*cobra.Command{c}
	for _, child := range c.Commands() {
		if child.IsAvailableCommand() && child.Name() != "help" && child.Name() != "completion" {
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

func manPage(command *cobra.Command) (string, error) {
	var page bytes.Buffer
	header := &doc.GenManHeader{Section: "1", Source: "mxlogin", Manual: "mxlogin", Date: &time.Time{}}
	if err := doc.GenMan(command, header, &page); err != nil {
		return "", fmt.Errorf("man page of %s: %w", command.CommandPath(), err)
	}
	// Without a date the page changes only with what it says.
	return strings.Replace(page.String(), `"Jan 0001"`, `""`, 1), nil
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
`)
	return page.String()
}
