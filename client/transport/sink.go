package transport

import (
	"fmt"
	"io"
)

// Sink takes the body of a success as it comes, for answers that are too large to be held.
type Sink struct {
	W   io.Writer
	Max int64 // bytes, after decompression; a body beyond that is a [LimitError]
	// Begin is told of the answer, which has no body yet, before the first byte.
	Begin func(*Response) error

	begun bool // and cannot be begun again
}

// SinkError tells that what a body was written to failed.
type SinkError struct{ Err error }

func (e *SinkError) Error() string { return fmt.Sprintf("writing the answer: %v", e.Err) }

func (e *SinkError) Unwrap() error { return e.Err }

// take copies a body.
func (s *Sink) take(resp *Response, body io.Reader) error {
	s.begun = true
	if s.Begin != nil {
		if err := s.Begin(resp); err != nil {
			return &SinkError{err}
		}
	}
	writer := &sinkWriter{w: s.W}
	n, err := io.Copy(writer, io.LimitReader(body, s.Max))
	switch {
	case writer.err != nil:
		return &SinkError{writer.err}
	case err != nil:
		return err
	case n < s.Max:
		return nil
	}
	if extra, err := io.CopyN(io.Discard, body, 1); extra == 0 {
		return ignoreEnd(err)
	}
	return errBodyTooLarge
}

func ignoreEnd(err error) error {
	if err == io.EOF { //nolint:errorlint // io.CopyN returns it as it is
		return nil
	}
	return err
}

// sinkWriter tells errors of writing from those of reading.
type sinkWriter struct {
	w   io.Writer
	err error
}

func (s *sinkWriter) Write(p []byte) (int, error) {
	n, err := s.w.Write(p)
	s.err = err
	return n, err
}
