package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"mxlogin/cmd"
)

// manPage writes a command as a page of section 1, with the macros of man(7). It is
// written out because cobra's generator knows neither lists nor more sections, and needs a
// reader of Markdown. Without a date the page changes only with what it says.
func manPage(command *cobra.Command) string {
	page := manWriter{}
	name := pageName(command)
	page.line(".TH %q 1 \"\" mxlogin mxlogin", strings.ToUpper(name))
	page.line(".nh")
	page.section("NAME")
	page.text(name + ` \- ` + roff(command.Short))
	page.section("SYNOPSIS")
	page.text(`\fB` + roff(command.UseLine()) + `\fR`)
	page.section("DESCRIPTION")
	page.paragraphs(command.Long)
	if command.Long == "" {
		page.paragraphs(command.Short + ".")
	}
	page.commands(command)
	page.options(command)
	page.list("EXIT STATUS", cmd.ExitStatus(command))
	page.list("ENVIRONMENT", cmd.Variables(command))
	if command.HasParent() {
		page.text(".PP\nThe variables of every command are in \\fBmxlogin\\fR(1).")
	}
	page.list("FILES", cmd.Files())
	if command.HasExample() {
		page.section("EXAMPLES")
		page.literal(command.Example)
	}
	page.seeAlso(command)
	return page.String()
}

func pageName(command *cobra.Command) string {
	return strings.ReplaceAll(command.CommandPath(), " ", "-")
}

// manWriter collects the lines of a page.
type manWriter struct{ strings.Builder }

func (w *manWriter) line(format string, args ...any) { fmt.Fprintf(w, format+"\n", args...) }

func (w *manWriter) text(text string) { w.line("%s", text) }

func (w *manWriter) section(title string) { w.line(".SH %q", title) }

// paragraphs writes text with empty lines between its paragraphs. One that is indented
// stays as it is.
func (w *manWriter) paragraphs(text string) {
	for i, paragraph := range strings.Split(text, "\n\n") {
		if strings.HasPrefix(paragraph, " ") {
			w.literal(paragraph)
			continue
		}
		if i > 0 {
			w.line(".PP")
		}
		w.text(roff(paragraph))
	}
}

// literal writes lines as they are.
func (w *manWriter) literal(lines string) {
	w.line(".PP\n.nf\n%s\n.fi", roff(lines))
}

// list writes a section of names with what they mean.
func (w *manWriter) list(title string, rows [][2]string) {
	w.section(title)
	for _, row := range rows {
		w.item(roff(row[0]), roff(row[1]))
	}
}

func (w *manWriter) item(name, meaning string) { w.line(".TP\n\\fB%s\\fR\n%s", name, meaning) }

// commands lists the commands of a group.
func (w *manWriter) commands(command *cobra.Command) {
	var rows [][2]string
	for _, child := range command.Commands() {
		if child.IsAvailableCommand() {
			rows = append(rows, [2]string{child.Name(), child.Short})
		}
	}
	if len(rows) > 0 {
		w.list("COMMANDS", rows)
	}
}

// options lists the flags of the command. Those of every command are on the page of the
// program.
func (w *manWriter) options(command *cobra.Command) {
	w.section("OPTIONS")
	global := command.Root().PersistentFlags()
	command.LocalFlags().VisitAll(func(flag *pflag.Flag) {
		if !command.HasParent() || global.Lookup(flag.Name) == nil {
			w.option(flag)
		}
	})
	if command.HasParent() {
		w.text(".PP\nThe options of every command are in \\fBmxlogin\\fR(1).")
	}
}

func (w *manWriter) option(flag *pflag.Flag) {
	value, meaning := pflag.UnquoteUsage(flag)
	name := "--" + flag.Name
	if flag.Shorthand != "" {
		name = "-" + flag.Shorthand + ", " + name
	}
	name = `\fB` + roff(name) + `\fR`
	if value != "" {
		name += ` \fI` + roff(value) + `\fR`
	}
	if flag.DefValue != "" && flag.DefValue != "false" {
		meaning += " (default " + flag.DefValue + ")"
	}
	w.line(".TP\n%s\n%s", name, roff(meaning))
}

// seeAlso names the pages of the group and of its commands; the program's page has them
// all.
func (w *manWriter) seeAlso(command *cobra.Command) {
	var pages []string
	if command.HasParent() {
		pages = append(pages, pageName(command.Parent()))
	}
	for _, child := range command.Commands() {
		if child.IsAvailableCommand() {
			pages = append(pages, pageName(child))
		}
	}
	for i, page := range pages {
		pages[i] = `\fB` + roff(page) + `\fR(1)`
	}
	w.section("SEE ALSO")
	w.text(strings.Join(pages, ",\n"))
}

// roff escapes text: a minus sign that can be copied, and no line that is a request.
func roff(text string) string {
	lines := strings.Split(strings.NewReplacer(`\`, `\e`, "-", `\-`, "…", "...").Replace(text), "\n")
	for i, line := range lines {
		if strings.HasPrefix(line, ".") || strings.HasPrefix(line, "'") {
			lines[i] = `\&` + line
		}
	}
	return strings.Join(lines, "\n")
}
