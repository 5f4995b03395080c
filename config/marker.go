package config

import (
	"bytes"
)

// YAML that was cut short is often still YAML. So every file that mxlogin writes
// begins with a line that promises a last line, and one without it is refused.
// A file written by hand has no first line of this kind and promises nothing.
const (
	firstLine = "# mxlogin config; complete only with its last line"
	lastLine  = "# end of mxlogin config"
)

// addMarkers puts body, which ends with a newline, between the two lines.
func addMarkers(body []byte) []byte {
	var file bytes.Buffer
	file.Grow(len(firstLine) + len(body) + len(lastLine) + 2)
	file.WriteString(firstLine + "\n")
	file.Write(body)
	file.WriteString(lastLine + "\n")
	return file.Bytes()
}

// cutMarkers empties the two lines, so that line numbers stay what they are. The
// last line need not be the last one any more: somebody may have added to the
// file. ok is false if it was promised and is not there.
func cutMarkers(data []byte) (body []byte, ok bool) {
	lines := bytes.Split(data, []byte("\n"))
	promised, kept := false, false
	for i, line := range lines {
		switch string(bytes.TrimSuffix(line, []byte("\r"))) {
		case firstLine:
			promised = promised || i == 0
			lines[i] = nil
		case lastLine:
			kept = true
			lines[i] = nil
		}
	}
	if !promised && !kept {
		return data, true
	}
	return bytes.Join(lines, []byte("\n")), kept || !promised
}
