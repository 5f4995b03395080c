package main

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"mxlogin/cmd"
	"mxlogin/cmd/output"
)

// jsonPage tells scripts what they can rely on, from the types and tables that the code
// writes by.
func jsonPage() string {
	var page strings.Builder
	page.WriteString(`# JSON

With ` + "`-o json`" + `, ` + "`MXLOGIN_OUTPUT=json`" + ` or the setting, a command writes its result to standard output as one object on one line. Everything else goes
to standard error, one object a line, with one member: ` + "`error`, `warning` or `event`" + `. Objects get new members, and the ones they have stay as they are: ignore
what you do not know. Times are RFC 3339 in UTC. Characters that a terminal or a CI runner would obey are escaped.

## Results
`)
	for _, result := range cmd.Results() {
		fmt.Fprintf(&page, "\n### %s\n\n", strings.Join(result.Commands, ", "))
		writeFields(&page, reflect.TypeOf(result.Object))
	}
	page.WriteString(`
` + "`api`" + ` writes the server's answer as it came, and the other commands write no result. ` + "`config path` and `version`" + ` read no file, so for them the setting counts for nothing.

## Errors

` + "`{\"error\": …}`" + ` is the last line of a command that failed.

`)
	writeFields(&page, reflect.TypeFor[output.FailureObject]())
	page.WriteString("\n| code | exit code | meaning |\n| --- | --- | --- |\n")
	for _, row := range cmd.ErrorCodes() {
		fmt.Fprintf(&page, "| `%s` | %d | %s |\n", row.Code, row.ExitCode, row.Meaning)
	}
	page.WriteString("\n## Warnings\n\n`{\"warning\": …}`: the command goes on. Each is written once, and none with `--quiet`, but for `not_taken`.\n\n")
	writeFields(&page, reflect.TypeFor[output.WarningObject]())
	page.WriteString("\n")
	writeCodes(&page, "code", output.Warnings())
	page.WriteString("\n## Events\n\n`{\"event\": …}` has a `type`, and what belongs to that. With `--quiet` only those that a person has to act on are written: `open_url` and `device_code`.\n")
	for _, event := range output.Events() {
		fmt.Fprintf(&page, "\n### %s\n\n%s.\n", event.Type, strings.ToUpper(event.Meaning[:1])+event.Meaning[1:])
		if len(event.Fields) > 0 {
			page.WriteString("\n")
			writeCodes(&page, "member", event.Fields)
		}
	}
	return page.String()
}

func writeCodes(page *strings.Builder, title string, codes []output.Code) {
	fmt.Fprintf(page, "| %s | meaning |\n| --- | --- |\n", title)
	for _, code := range codes {
		fmt.Fprintf(page, "| `%s` | %s |\n", code.Name, code.Meaning)
	}
}

func writeFields(page *strings.Builder, object reflect.Type) {
	page.WriteString("| member | type | meaning |\n| --- | --- | --- |\n")
	writeRows(page, "", object)
}

// writeRows writes a row for each member of an object, those of objects inside it too.
func writeRows(page *strings.Builder, path string, object reflect.Type) {
	for field := range object.Fields() {
		name, option, _ := strings.Cut(field.Tag.Get("json"), ",")
		kind := typeName(field.Type)
		if option == "omitempty" {
			kind += ", or left out"
		}
		fmt.Fprintf(page, "| `%s%s` | %s | %s |\n", path, name, kind, field.Tag.Get("doc"))
		if element := field.Type; element.Kind() == reflect.Slice && element.Elem().Kind() == reflect.Struct {
			writeRows(page, path+name+"[].", element.Elem())
		}
	}
}

func typeName(t reflect.Type) string {
	if t == reflect.TypeFor[json.RawMessage]() {
		return "as served, or null"
	}
	switch t.Kind() {
	case reflect.Pointer:
		return typeName(t.Elem())
	case reflect.Slice:
		return "list of " + typeName(t.Elem()) + "s"
	case reflect.Bool:
		return "boolean"
	case reflect.Int, reflect.Int64:
		return "number"
	case reflect.Struct:
		if t.Name() == "Time" {
			return "time"
		}
		return "object"
	}
	return "string"
}
