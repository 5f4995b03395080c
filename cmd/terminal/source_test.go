package terminal_test

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"mxlogin/cmd/terminal"
)

// canary is a secret that no output may show.
const canary = "pw-CANARY-7c1e"

func TestI9_OneNewlineIsCutAndNothingElse(t *testing.T) {
	tests := map[string]string{
		"pw\n":      "pw",
		"pw\r\n":    "pw",
		"pw":        "pw",
		"pw\r":      "pw\r",
		" pw \n":    " pw ",
		"\tpw\t\n":  "\tpw\t",
		"p\u200bw":  "p\u200bw",
		"pä\r\r\n":  "pä\r",
		"long\x1b.": "long\x1b.",
	}
	for text, want := range tests {
		v, err := terminal.ReadSecretFrom(t.Context(), strings.NewReader(text), "standard input")
		if err != nil || v.Reveal() != want {
			t.Errorf("%q is read as %q, %v; want %q", text, v.Reveal(), err, want)
		}
	}
}

func TestQ37_ASecretIsOneLine(t *testing.T) {
	for _, text := range []string{"pw\n\n", "pw\r\n\n", "pw\nuser: alice\n", "pw\n\r", "pw\nurl"} {
		v, err := terminal.ReadSecretFrom(t.Context(), strings.NewReader(text), "standard input")
		wantInputError(t, err, "standard input has 2 lines; a secret is a single one")
		if !v.IsZero() {
			t.Errorf("%q is read as %q", text, v.Reveal())
		}
	}
}

func TestQ24_AByteOrderMarkIsNoPartOfASecret(t *testing.T) {
	_, err := terminal.ReadSecretFrom(t.Context(), strings.NewReader("\ufeffpw"), "standard input")
	wantInputError(t, err, "standard input begins with a byte order mark")
	_, err = terminal.ReadSecretFrom(t.Context(), strings.NewReader("\xff\xfep\x00w\x00"), "standard input") // UTF-16
	wantInputError(t, err, "standard input holds a NUL byte")
}

// TestQ17_WhatIsNoToken: the error says which form it has, and nothing of it.
func TestQ17_WhatIsNoToken(t *testing.T) {
	for text, want := range map[string]string{
		"{\"access_token\":\"hunter2\"}":           "is JSON",
		"Bearer hunter2":                           "is a header",
		"Authorization: Bearer hunter2":            "is a header",
		"MATRIX_ACCESS_TOKEN=hunter2":              "is an assignment",
		"export MATRIX_ACCESS_TOKEN=hunter2":       "is an assignment",
		"$env:MATRIX_ACCESS_TOKEN = hunter2":       "is an assignment",
		"\"hunter2\"":                              "is in quotes",
		"'hunter2'":                                "is in quotes",
		" hunter2":                                 "begins or ends with a space",
		"hunter2 ":                                 "begins or ends with a space",
		"hunter 2":                                 "has a space or a character that no token may have",
		"hunter2\x7f":                              "has a space or a character that no token may have",
		"h\u00fcnter2":                             "has a space or a character that no token may have",
		"hunter2\u200b":                            "has a space or a character that no token may have",
		"MXLOGIN_ACCESS_TOKEN=hunter2\nMORE=value": "is an assignment",
	} {
		wantInputError(t, terminal.CheckToken(text, "the access token"), "the access token "+want)
	}
	for _, token := range []string{
		"syt_YWxpY2U_AbCdEfGh_0AbCdE", "mat_abc", "MDAxabc=", "MDAxabc==", "eyJhbGciOi.eyJzdWIi.c2ln", "-._~+/x", "a",
	} {
		if err := terminal.CheckToken(token, "the access token"); err != nil {
			t.Errorf("%s: %v", token, err)
		}
	}
}

func TestI9_EmptyInputIsRefused(t *testing.T) {
	for _, text := range []string{"", "\n", "\r\n"} {
		_, err := terminal.ReadSecretFrom(t.Context(), strings.NewReader(text), "standard input")
		wantInputError(t, err, "standard input is empty")
	}
}

func TestI10_SpacesAreASecret(t *testing.T) {
	v, err := terminal.ReadSecretFrom(t.Context(), strings.NewReader("   \n"), "standard input")
	if err != nil || v.Reveal() != "   " {
		t.Errorf("read as %q, %v", v.Reveal(), err)
	}
}

func TestI11_SourceRefusesWhatJSONCannotCarry(t *testing.T) {
	tests := map[string]string{
		"p\x00w":         "standard input holds a NUL byte",
		"p\x00":          "standard input holds a NUL byte",
		"p\xffw":         "standard input is not valid UTF-8",
		"\xed\xa0\x80":   "standard input is not valid UTF-8",
		"\xff\xfep\x00w": "standard input holds a NUL byte",
	}
	for text, want := range tests {
		v, err := terminal.ReadSecretFrom(t.Context(), strings.NewReader(text), "standard input")
		wantInputError(t, err, want)
		if !v.IsZero() {
			t.Errorf("%q gives a secret all the same", text)
		}
	}
}

func TestI13_InputHasALimit(t *testing.T) {
	fits := strings.Repeat("x", 64<<10)
	v, err := terminal.ReadSecretFrom(t.Context(), strings.NewReader(fits), "standard input")
	if err != nil || v.Reveal() != fits {
		t.Errorf("64 KiB are refused: %v", err)
	}
	endless := &endlessReader{}
	_, err = terminal.ReadSecretFrom(t.Context(), endless, "standard input")
	wantInputError(t, err, "standard input has more than 64 KiB")
	if endless.read != 64<<10+1 {
		t.Errorf("%d bytes were read, want 64 KiB and one", endless.read)
	}
}

// endlessReader is yes(1).
type endlessReader struct{ read int }

func (r *endlessReader) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'y'
	}
	r.read += len(p)
	return len(p), nil
}

// keepingReader keeps the buffer it was given.
type keepingReader struct {
	text   io.Reader
	buffer []byte
}

func (r *keepingReader) Read(p []byte) (int, error) {
	if r.buffer == nil {
		r.buffer = p
	}
	return r.text.Read(p)
}

func TestReadSecretFromClearsItsBuffer(t *testing.T) {
	for _, text := range []string{canary, canary + "\x00"} {
		r := &keepingReader{text: strings.NewReader(text)}
		v, _ := terminal.ReadSecretFrom(t.Context(), r, "standard input")
		if strings.Trim(string(r.buffer), "\x00") != "" {
			t.Error("the secret is still in the buffer")
		}
		if !v.IsZero() && v.Reveal() != canary {
			t.Error("clearing the buffer cleared the secret")
		}
	}
}

func TestReadSecretFromHonoursItsContext(t *testing.T) {
	r, w := io.Pipe()
	defer func() { _ = w.Close() }()
	cause := errors.New("interrupted")
	ctx, cancel := context.WithCancelCause(t.Context())
	go func() {
		_, _ = w.Write([]byte("half a sec")) // returns when the reader waits for more
		cancel(cause)
	}()
	if _, err := terminal.ReadSecretFrom(ctx, r, "standard input"); !errors.Is(err, cause) {
		t.Errorf("got %v, want the cause", err)
	}
	if _, err := terminal.ReadSecretFrom(ctx, strings.NewReader("x"), "standard input"); !errors.Is(err, cause) {
		t.Errorf("with an ended context: %v", err)
	}
}

func TestReadSecretFromNamesWhatItCannotRead(t *testing.T) {
	broken := errors.New("broken")
	_, err := terminal.ReadSecretFrom(t.Context(), io.MultiReader(strings.NewReader(canary), failingReader{broken}), "standard input")
	if !errors.Is(err, broken) || err.Error() != "reading standard input: broken" {
		t.Errorf("got %v", err)
	}
}

type failingReader struct{ err error }

func (r failingReader) Read([]byte) (int, error) { return 0, r.err }

func TestReadSecretFile(t *testing.T) {
	tests := map[string]struct {
		mode          os.FileMode
		othersCanRead bool
	}{
		"own":   {0o600, false},
		"group": {0o640, true},
		"world": {0o604, true},
		"write": {0o622, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "password")
			if err := os.WriteFile(path, []byte(canary+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(path, test.mode); err != nil {
				t.Fatal(err)
			}
			v, othersCanRead, err := terminal.ReadSecretFile(t.Context(), "--x-file", path, terminal.ReadSecretFrom)
			if err != nil || v.Reveal() != canary {
				t.Fatalf("read as %q, %v", v.Reveal(), err)
			}
			if want := test.othersCanRead && runtime.GOOS != "windows"; othersCanRead != want {
				t.Errorf("othersCanRead is %t, want %t", othersCanRead, want)
			}
		})
	}
}

func TestReadSecretFileRefuses(t *testing.T) {
	dir := t.TempDir()
	_, _, err := terminal.ReadSecretFile(t.Context(), "--x-file", filepath.Join(dir, "missing"), terminal.ReadSecretFrom)
	if !errors.Is(err, os.ErrNotExist) {
		t.Errorf("missing file: %v", err)
	}
	wantInputError(t, err, "the file of --x-file cannot be opened: "+syscall.ENOENT.Error())
	_, _, err = terminal.ReadSecretFile(t.Context(), "--x-file", dir, terminal.ReadSecretFrom)
	wantInputError(t, err, "the file of --x-file is a directory")
}

func wantInputError(t *testing.T, err error, message string) {
	t.Helper()
	var input *terminal.InputError
	if !errors.As(err, &input) || input.Message != message {
		t.Errorf("got %v, want the InputError %q", err, message)
	}
}
