package output

import (
	"bytes"
	"io"
	"strings"
	"text/tabwriter"
)

// Table writes rows under header in aligned columns.
func (p Printer) Table(header []string, rows [][]string) error {
	var b bytes.Buffer
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, row := range append([][]string{header}, rows...) {
		_, _ = io.WriteString(t, p.tableLine(row))
	}
	_ = t.Flush() // a bytes.Buffer takes everything
	return p.write(b.Bytes())
}

// tableLine returns the cells of a row, a tab between them.
func (p Printer) tableLine(row []string) string {
	cells := make([]string, len(row))
	for i, cell := range row {
		cells[i] = p.clean(cell)
	}
	return startHarmlessly(strings.Join(cells, "\t") + "\n")
}
