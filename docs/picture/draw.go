package main

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"unicode/utf8"
)

// line is one line of a terminal.
type line struct {
	text  string
	typed bool // after the prompt, by the person
}

// Sizes in pixels. Monospace fonts are about 0.6 of their size wide.
const (
	columnWidth = 14 * 0.602
	lineHeight  = 20
	gap         = 8 // above a command
	margin      = 20
	titleBar    = 36
	prompt      = "$ "
)

// A viewer whose page is light gets a light terminal, every other one a dark one.
const style = `
  .window { fill: #0d1117; stroke: #30363d }
  .dot { fill: #484f58 }
  text { font: 14px ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace; fill: #c9d1d9; white-space: pre }
  .typed { fill: #ffffff; font-weight: bold }
  .prompt { fill: #7ee787 }
  @media (prefers-color-scheme: light) {
    .window { fill: #f6f8fa; stroke: #d0d7de }
    .dot { fill: #afb8c1 }
    text { fill: #24292f }
    .typed { fill: #000000 }
    .prompt { fill: #116329 }
  }
`

// draw makes an SVG of a terminal window that shows lines.
func draw(lines []line) []byte {
	var body bytes.Buffer
	y, columns := titleBar, 0
	for i, l := range lines {
		if l.typed && i > 0 {
			y += gap
		}
		y += lineHeight
		columns = max(columns, drawLine(&body, l, y))
	}
	width, height := 2*margin+int(float64(columns)*columnWidth)+1, y+margin

	var svg bytes.Buffer
	fmt.Fprintf(&svg, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %[1]d %[2]d" width="%[1]d" height="%[2]d" role="img" aria-labelledby="title">`+"\n", width, height)
	svg.WriteString("<title id=\"title\">A terminal with a login by mxlogin</title>\n<style>" + style + "</style>\n")
	fmt.Fprintf(&svg, `<rect class="window" x="0.5" y="0.5" width="%d" height="%d" rx="8"/>`+"\n", width-1, height-1)
	for i := range 3 {
		fmt.Fprintf(&svg, `<circle class="dot" cx="%d" cy="18" r="6"/>`+"\n", margin+i*margin)
	}
	svg.Write(body.Bytes())
	svg.WriteString("</svg>\n")
	return svg.Bytes()
}

// drawLine draws l with its foot at y and returns how many columns it takes.
func drawLine(svg *bytes.Buffer, l line, y int) (columns int) {
	columns = utf8.RuneCountInString(l.text)
	fmt.Fprintf(svg, `<text x="%d" y="%d" xml:space="preserve">`, margin, y)
	if l.typed {
		columns += len(prompt)
		svg.WriteString(`<tspan class="prompt">` + prompt + `</tspan><tspan class="typed">`)
	}
	_ = xml.EscapeText(svg, []byte(l.text)) // a Buffer takes everything
	if l.typed {
		svg.WriteString("</tspan>")
	}
	svg.WriteString("</text>\n")
	return columns
}
