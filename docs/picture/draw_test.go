package main

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDraw_Escapes(t *testing.T) {
	t.Parallel()
	hostile := `</text><script>alert("1")</script> & ]]> ` + "\x1b\x00"
	svg := draw([]line{{text: hostile, typed: true}, {text: hostile}, {text: "  two  spaces"}})
	elements, text := parse(t, svg)
	shown := strings.NewReplacer("\x1b", "\uFFFD", "\x00", "\uFFFD").Replace(hostile) // XML has no such characters
	want := []string{prompt, shown, shown, "  two  spaces"}
	if diff := cmp.Diff(want, text); diff != "" {
		t.Error(diff)
	}
	if elements["script"] > 0 {
		t.Error("the text made an element")
	}
}

func TestDraw_FitsTheLongestLine(t *testing.T) {
	t.Parallel()
	long := line{text: strings.Repeat("ü", 100)}
	for width, lines := range map[string][]line{
		`width="883"`: {{text: "ü"}, long, {text: "ü"}},
		`width="900"`: {long, {text: long.text, typed: true}}, // the prompt takes two columns
	} {
		if svg := draw(lines); !bytes.Contains(svg, []byte(width)) {
			t.Errorf("not %s: %.200s", width, svg)
		}
	}
}

// The pictures differ from run to run, in the device ID and the port: only their form
// is held.
func TestPicturesAreWellFormed(t *testing.T) {
	t.Parallel()
	for name, login := range map[string]string{"terminal.svg": "Password of @alice:example.org for https://matrix.example.org: ", "device.svg": "and enter the code:"} {
		t.Run(name, func(t *testing.T) { checkPicture(t, name, login) })
	}
}

func checkPicture(t *testing.T, name, login string) {
	t.Helper()
	svg, err := os.ReadFile(filepath.Join("..", name))
	if err != nil {
		t.Fatal(err)
	}
	elements, text := parse(t, svg)
	for name := range elements {
		switch name {
		case "svg", "title", "style", "rect", "circle", "text", "tspan":
		default:
			t.Errorf("it has an element %s", name)
		}
	}
	if !strings.Contains(strings.Join(text, ""), login) {
		t.Errorf("no login is shown: %q", text)
	}
	if bytes.Contains(svg, []byte("url(")) || bytes.Contains(svg, []byte("@import")) {
		t.Error("it loads something")
	}
}

// parse returns how many elements of each name there are, and the texts of the
// lines.
func parse(t *testing.T, svg []byte) (elements map[string]int, text []string) {
	t.Helper()
	elements = map[string]int{}
	decoder := xml.NewDecoder(bytes.NewReader(svg))
	inLine := 0
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return elements, text
		}
		if err != nil {
			t.Fatal(err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			elements[token.Name.Local]++
			if token.Name.Local == "text" || inLine > 0 {
				inLine++
			}
		case xml.EndElement:
			if inLine > 0 {
				inLine--
			}
		case xml.CharData:
			if inLine > 0 {
				text = append(text, string(token))
			}
		}
	}
}
