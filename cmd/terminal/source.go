package terminal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"syscall"

	"mxlogin/client/secret"
)

// maxSource is how many bytes a source of a secret may give, its newline
// included.
const maxSource = 64 << 10

var errTooLong = errors.New("more than 64 KiB")

// ReadSecretFrom reads r to its end and takes the text as a secret, less one LF
// or CRLF at the end. name stands for r in messages ("standard input"). Text that is
// empty, of several lines, longer than 64 KiB, not UTF-8, with a NUL or a byte order mark
// is an [*InputError].
// When ctx ends first its cause is returned at once; a Read of r that blocks is
// left behind and what it still gets is dropped.
func ReadSecretFrom(ctx context.Context, r io.Reader, name string) (secret.Value, error) {
	return await(ctx, func() (secret.Value, error) {
		v, lines, err := readSecret(r, name)
		if err == nil && lines > 1 {
			v.Wipe()
			return secret.Value{}, &InputError{Message: fmt.Sprintf("%s has %d lines; a secret is a single one", name, lines), Hint: "give only the line that is meant"}
		}
		return v, err
	}, secret.Value.Wipe)
}

// ReadTextFrom is [ReadSecretFrom] for a text of any number of lines.
func ReadTextFrom(ctx context.Context, r io.Reader, name string) (secret.Value, error) {
	return await(ctx, func() (secret.Value, error) {
		text, err := readText(r, name)
		defer clear(text)
		if err != nil {
			return secret.Value{}, err
		}
		return takeSecret(cutNewline(text), name)
	}, secret.Value.Wipe)
}

// ReadAll reads r to its end, of no more than limit bytes, or until ctx ends.
func ReadAll(ctx context.Context, r io.Reader, limit int64) ([]byte, error) {
	return await(ctx, func() ([]byte, error) {
		text, err := io.ReadAll(io.LimitReader(r, limit+1))
		if err == nil && int64(len(text)) > limit {
			err = fmt.Errorf("more than %d MiB", limit>>20)
		}
		return text, err
	}, func([]byte) {})
}

// Reading is [ReadSecretFrom] or [ReadTextFrom].
type Reading func(ctx context.Context, r io.Reader, name string) (secret.Value, error)

// ReadSecretFile reads the secret from a file by read; a FIFO or /dev/fd/N will do. source
// is what named the file ("--password-file") and stands for it in messages: people give
// the secret itself there. othersCanRead reports whether a file of whoever runs this can
// be read by its group or everybody, though that could be changed. A file that cannot be
// opened is an [*InputError].
func ReadSecretFile(ctx context.Context, source, path string, read Reading) (v secret.Value, othersCanRead bool, err error) {
	name := "the file of " + source
	// Opening a FIFO waits for its writer.
	file, err := await(ctx, func() (*os.File, error) { return os.Open(path) }, func(f *os.File) { _ = f.Close() })
	if err != nil && ctx.Err() != nil {
		return secret.Value{}, false, err
	}
	if err != nil {
		return secret.Value{}, false, &InputError{Message: fmt.Sprintf("%s cannot be opened: %v", name, reason(err)), Err: err}
	}
	defer func() { _ = file.Close() }()
	info, err := file.Stat()
	if err != nil {
		return secret.Value{}, false, fmt.Errorf("reading %s: %w", name, reason(err))
	}
	if info.IsDir() {
		return secret.Value{}, false, &InputError{Message: name + " is a directory"}
	}
	v, err = read(ctx, file, name)
	return v, othersRead(path, info), err
}

// reason is err without the file or the program that errors of package os name.
func reason(err error) error {
	var file *fs.PathError
	var program *exec.Error
	switch {
	case errors.As(err, &file):
		return file.Err
	case errors.As(err, &program):
		return program.Err
	}
	return err
}

// readSecret reads r, leaves no copy of the text but the Value, which is its first line,
// and counts the lines.
func readSecret(r io.Reader, name string) (v secret.Value, lines int, err error) {
	text, err := readText(r, name)
	defer clear(text)
	if err != nil {
		return secret.Value{}, 0, err
	}
	text = cutNewline(text)
	lines = 1 + bytes.Count(text, []byte("\n"))
	if first := bytes.IndexByte(text, '\n'); first >= 0 {
		text = cutNewline(text[:first+1])
	}
	v, err = takeSecret(text, name)
	return v, lines, err
}

// readText reads r to its end.
func readText(r io.Reader, name string) ([]byte, error) {
	buffer := make([]byte, maxSource+1)
	n, err := io.ReadFull(r, buffer)
	switch {
	case err == nil:
		return buffer, &InputError{Message: name + " has more than 64 KiB", Err: errTooLong}
	case errors.Is(err, syscall.EISDIR):
		return buffer, &InputError{Message: name + " is a directory", Err: err}
	case !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF):
		return buffer, fmt.Errorf("reading %s: %w", name, reason(err))
	}
	return buffer[:n], nil
}

// cutNewline cuts one LF or CRLF. Anything else at the end, such as a space or
// another newline, may belong to the secret.
func cutNewline(text []byte) []byte {
	text, found := bytes.CutSuffix(text, []byte("\n"))
	if found {
		text = bytes.TrimSuffix(text, []byte("\r"))
	}
	return text
}

// await returns what work returns, or the cause of ctx if that ends first; then
// drop gets the result that comes too late. A panic becomes one of the caller: in a
// goroutine of its own it would end the process, and show what it holds.
func await[T any](ctx context.Context, work func() (T, error), drop func(T)) (T, error) {
	type result struct {
		value T
		err   error
		fault any // of a panic
	}
	var none T
	if ctx.Err() != nil {
		return none, context.Cause(ctx)
	}
	done := make(chan result)
	go func() {
		var got result
		defer func() {
			got.fault = recover()
			select {
			case done <- got:
			case <-ctx.Done():
				if got.fault == nil && got.err == nil {
					drop(got.value)
				}
			}
		}()
		got.value, got.err = work()
	}()
	select {
	case got := <-done:
		if got.fault != nil {
			panic(got.fault)
		}
		return got.value, got.err
	case <-ctx.Done():
		return none, context.Cause(ctx)
	}
}
