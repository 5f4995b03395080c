package transport

import (
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
)

func TestK19_AClosedBodyIsOverwritten(t *testing.T) {
	text := []byte(`{"password":"hunter2"}`)
	body := &wipedBody{text: text}
	if got, err := io.ReadAll(body); err != nil || string(got) != `{"password":"hunter2"}` {
		t.Errorf("%s, %v", got, err)
	}
	if err := errors.Join(body.Close(), body.Close()); err != nil {
		t.Error(err)
	}
	if strings.Trim(string(text), "\x00") != "" {
		t.Errorf("left in memory: %q", text)
	}
	if _, err := body.Read(make([]byte, 1)); err == nil {
		t.Error("a closed body can be read")
	}
}

// TestABodyMayBeClosedWhileItIsRead is for the race detector.
func TestABodyMayBeClosedWhileItIsRead(t *testing.T) {
	body := &wipedBody{text: []byte(strings.Repeat("x", 1<<20))}
	var reader sync.WaitGroup
	reader.Go(func() { _, _ = io.Copy(io.Discard, body) })
	_ = body.Close()
	reader.Wait()
}
