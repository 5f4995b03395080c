package callback

import (
	"strings"
	"testing"
)

// TestL20_NoPort: that there is none is known before the browser is opened.
func TestL20_NoPort(t *testing.T) {
	first, err := listenAt(t.Context(), "127.0.0.1:0", LoginToken)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = first.Close() }()
	if _, err := listenAt(t.Context(), first.host, LoginToken); err == nil || !strings.Contains(err.Error(), "open a port of 127.0.0.1") {
		t.Errorf("got %v", err)
	}
}

// TestL16_CloseWaitsForTheLastPage, for a while: the browser is sent there.
func TestL16_CloseWaitsForTheLastPage(t *testing.T) {
	r, err := Listen(t.Context(), LoginToken)
	if err != nil {
		t.Fatal(err)
	}
	if !r.take(map[string][]string{"loginToken": {"t"}}) {
		t.Fatal("the answer was not taken")
	}
	closed := make(chan struct{})
	go func() {
		_ = r.Close()
		close(closed)
	}()
	select {
	case <-closed:
		t.Error("it did not wait")
	default:
	}
	r.markShown()
	<-closed
}
