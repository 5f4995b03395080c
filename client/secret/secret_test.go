package secret_test

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"mxlogin/client/secret"
)

const canary = "tok-CANARY-5f1c"

type exported struct{ Token secret.Value }

type unexported struct {
	name  string
	token secret.Value
}

type nested struct {
	inner unexported
	list  []secret.Value
	byKey map[string]secret.Value
	ptr   *secret.Value
	any   any
}

// TestK6_NoVerbOrEncoderShowsTheSecret holds that whatever prints a Value, or a
// structure with one in it, shows nothing of it.
func TestK6_NoVerbOrEncoderShowsTheSecret(t *testing.T) {
	v := secret.New(canary)
	shapes := map[string]any{
		"value":      v,
		"pointer":    &v,
		"exported":   exported{v},
		"unexported": unexported{"n", v},
		"nested":     nested{unexported{"n", v}, []secret.Value{v}, map[string]secret.Value{"k": v}, &v, v},
		"error":      fmt.Errorf("wrapped: %v", v),
	}
	verbs := []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%o", "%b", "%c", "%U", "%t", "%e", "%g", "%p", "%T", "%10.3s"}
	for name, shape := range shapes {
		for _, verb := range verbs {
			refuseLeak(t, name+" "+verb, fmt.Sprintf(verb, shape))
		}
		var text, jsonLog bytes.Buffer
		slog.New(slog.NewTextHandler(&text, nil)).Info("m", "v", shape)
		slog.New(slog.NewJSONHandler(&jsonLog, nil)).Info("m", "v", shape)
		refuseLeak(t, name+" slog text", text.String())
		refuseLeak(t, name+" slog json", jsonLog.String())
		encoded, err := json.Marshal(shape)
		refuseLeak(t, name+" json", string(encoded)+fmt.Sprint(err))
		var g bytes.Buffer
		err = gob.NewEncoder(&g).Encode(shape)
		refuseLeak(t, name+" gob", g.String()+fmt.Sprint(err))
	}
}

// refuseLeak looks for the canary as it is and as %x would write it.
func refuseLeak(t *testing.T, where, text string) {
	t.Helper()
	for _, form := range []string{canary, fmt.Sprintf("%x", canary), fmt.Sprintf("%X", canary)} {
		if strings.Contains(text, form) {
			t.Errorf("%s shows the secret: %s", where, text)
		}
	}
}

func TestValueRedactsItself(t *testing.T) {
	v := secret.New(canary)
	for _, got := range []string{fmt.Sprint(v), v.String(), fmt.Sprintf("%#v", v)} {
		if got != "[redacted]" {
			t.Errorf("got %q", got)
		}
	}
	encoded, err := json.Marshal(exported{v})
	if err != nil || string(encoded) != `{"Token":"[redacted]"}` {
		t.Errorf("json: %s, %v", encoded, err)
	}
}

func TestValue(t *testing.T) {
	var zero secret.Value
	if !zero.IsZero() || zero.Reveal() != "" || !secret.New("").IsZero() {
		t.Error("the zero Value is not the empty string")
	}
	v := secret.New(canary)
	if v.Reveal() != canary || v.IsZero() {
		t.Error("Reveal does not return the secret")
	}
	if !v.Equal(secret.New(canary)) || v.Equal(secret.New("x")) || v.Equal(zero) {
		t.Error("Equal is wrong")
	}
}

func TestWipeClearsEveryCopy(t *testing.T) {
	buffer := []byte(canary)
	v := secret.Take(buffer)
	other := v
	v.Wipe()
	if strings.Trim(string(buffer), "\x00") != "" || strings.Trim(other.Reveal(), "\x00") != "" {
		t.Error("the secret is still in memory")
	}
}
