//go:build unix

package cmd_test

import (
	"fmt"
	"image"
	"image/color"
	"io"
	"strings"
	"testing"

	"github.com/creack/pty"
	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"

	"mxlogin/client/clienttest"
)

// TestACodeIsDrawnForACamera where the terminal can show it: what is on the screen is read
// back by a decoder, and it stands below the name of the server.
func TestACodeIsDrawnForACamera(t *testing.T) {
	for name, c := range map[string]struct {
		columns uint16
		locale  string
		args    []string
		drawn   bool
	}{
		"a terminal":     {80, "LANG=en_US.UTF-8", nil, true},
		"too narrow":     {30, "LANG=en_US.UTF-8", nil, false},
		"not UTF-8":      {80, "LC_ALL=C", nil, false},
		"--no-qr":        {80, "LANG=en_US.UTF-8", []string{"--no-qr"}, false},
		"json":           {80, "LANG=en_US.UTF-8", []string{"-o", "json"}, false},
		"LC_ALL decides": {80, "LC_ALL=C.utf8", nil, true},
	} {
		t.Run(name, func(t *testing.T) {
			// Of five hundred good codes this reader does not find one, whatever their size.
			err := logInAndReadCode(t, c.drawn, c.columns, c.locale, c.args...)
			if err != nil {
				err = logInAndReadCode(t, c.drawn, c.columns, c.locale, c.args...)
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
}

// logInAndReadCode logs in by a code that is new. The error is that of a reader that does
// not find it where it is drawn.
func logInAndReadCode(t *testing.T, drawn bool, columns uint16, locale string, args ...string) error {
	t.Helper()
	issuer := clienttest.NewIssuer(t, clienttest.IssuerOptions{Approved: 1})
	screen := logInByCode(t, issuer, columns, locale, args...)
	picture := drawnLines(screen)
	if (len(picture) > 0) != drawn {
		t.Fatalf("drawn: %t\n%s", len(picture) > 0, screen)
	}
	if !drawn {
		return nil
	}
	above, _, _ := strings.Cut(screen, picture[0])
	if !strings.Contains(above, "to log in to "+issuer.URL()) || !strings.Contains(above, issuer.URL()+"/link") {
		t.Errorf("neither the server nor the page stand above it:\n%s", screen)
	}
	got, err := decodeQR(t, picture)
	if err == nil && (!strings.HasPrefix(got, issuer.URL()+"/link?user_code=") || !strings.Contains(above, got)) {
		t.Errorf("it reads %q", got)
	}
	return err
}

// logInByCode is what a terminal shows of a login by a device code.
func logInByCode(t *testing.T, issuer *clienttest.Issuer, columns uint16, locale string, args ...string) string {
	t.Helper()
	command, _, _ := process(t, append([]string{"oauth", issuer.URL(), "--device"}, args...)...)
	command.Env = append(command.Env, locale)
	keyboard, tty, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	if err := pty.Setsize(tty, &pty.Winsize{Rows: 60, Cols: columns}); err != nil {
		t.Fatal(err)
	}
	command.Stderr = tty
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	_ = tty.Close()
	shown, _ := io.ReadAll(keyboard) // ends with an error where all others have left
	if err := command.Wait(); err != nil {
		t.Fatalf("%v\n%s", err, shown)
	}
	_ = keyboard.Close()
	return strings.ReplaceAll(string(shown), "\r\n", "\n")
}

// drawnLines are the lines of half blocks.
func drawnLines(screen string) (lines []string) {
	for line := range strings.SplitSeq(screen, "\n") {
		if strings.ContainsAny(line, "█▀▄") {
			lines = append(lines, line)
		}
	}
	return lines
}

// decodeQR reads a picture of half blocks as a camera would, each module as some pixels.
func decodeQR(t *testing.T, lines []string) (string, error) {
	t.Helper()
	const scale = 4
	width := len([]rune(lines[0]))
	picture := image.NewGray(image.Rect(0, 0, (width+8)*scale, (2*len(lines)+8)*scale))
	for i := range picture.Pix {
		picture.Pix[i] = 0xff
	}
	for y, line := range lines {
		for x, block := range []rune(line) {
			for half, light := range []bool{block == '█' || block == '▀', block == '█' || block == '▄'} {
				if light {
					continue
				}
				for i := range scale * scale {
					picture.SetGray((x+4)*scale+i%scale, (2*y+half+4)*scale+i/scale, color.Gray{})
				}
			}
		}
	}
	bitmap, err := gozxing.NewBinaryBitmapFromImage(picture)
	if err != nil {
		t.Fatal(err)
	}
	read, err := qrcode.NewQRCodeReader().Decode(bitmap, nil)
	if err != nil {
		return "", fmt.Errorf("%w in\n%s", err, strings.Join(lines, "\n"))
	}
	return read.GetText(), nil
}
