package clienttest

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"net/url"
	"strconv"
	"strings"
)

// Leak is a secret that was found, in the encoding it was found in.
type Leak struct {
	Secret   string
	Encoding string
	Offset   int // in bytes, of the first find
}

func (l Leak) String() string {
	return fmt.Sprintf("the secret %q, %s, at byte %d", l.Secret, l.Encoding, l.Offset)
}

// FindSecrets is what text holds of the secrets: as they are, in JSON, quoted as
// Go does, in HTML, URL-encoded, in hex, and in base64, where the secret may be
// the middle of something longer.
func FindSecrets(text []byte, secrets ...string) []Leak {
	lower := bytes.ToLower(text)
	var leaks []Leak
	for _, secret := range secrets {
		for _, e := range encodings(secret) {
			searched, form := text, []byte(e.form)
			if e.anyCase {
				searched, form = lower, bytes.ToLower(form)
			}
			if offset := bytes.Index(searched, form); offset >= 0 {
				leaks = append(leaks, Leak{Secret: secret, Encoding: e.name, Offset: offset})
			}
		}
	}
	return leaks
}

type encoding struct {
	name    string
	form    string
	anyCase bool // its hex digits are of either case
}

// encodings are the forms of secret. A form equal to the secret is left out: raw
// finds it.
func encodings(secret string) []encoding {
	all := []encoding{
		{name: "in JSON", form: inJSON(secret, true)},
		{name: "in JSON", form: inJSON(secret, false)},
		{name: "quoted", form: unquote(strconv.Quote(secret))},
		{name: "quoted", form: unquote(strconv.QuoteToASCII(secret))},
		{name: "in HTML", form: html.EscapeString(secret)},
		{name: "URL-encoded", form: url.QueryEscape(secret), anyCase: true},
		{name: "URL-encoded", form: url.PathEscape(secret), anyCase: true},
		{name: "URL-encoded", form: percentEncode(secret), anyCase: true},
		{name: "in hex", form: hex.EncodeToString([]byte(secret)), anyCase: true},
	}
	for before := range 3 {
		all = append(all,
			encoding{name: "in base64", form: insideBase64(base64.RawStdEncoding, secret, before)},
			encoding{name: "in base64url", form: insideBase64(base64.RawURLEncoding, secret, before)})
	}
	distinct := []encoding{{name: "as it is", form: secret}}
	seen := map[string]bool{secret: true}
	for _, e := range all {
		if !seen[e.form] {
			seen[e.form] = true
			distinct = append(distinct, e)
		}
	}
	return distinct
}

func inJSON(secret string, escapeHTML bool) string {
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(escapeHTML)
	_ = encoder.Encode(secret) // a string has no error
	return unquote(strings.TrimSuffix(b.String(), "\n"))
}

func unquote(quoted string) string {
	return quoted[1 : len(quoted)-1]
}

func percentEncode(secret string) string {
	var b strings.Builder
	for _, c := range []byte(secret) {
		fmt.Fprintf(&b, "%%%02x", c)
	}
	return b.String()
}

// insideBase64 is what all base64 texts have in common in which secret comes
// after 3n+before other bytes. The characters at its ends that depend on the
// neighbours too are left out.
func insideBase64(e *base64.Encoding, secret string, before int) string {
	padded := e.EncodeToString([]byte(strings.Repeat("\x00", before) + secret))
	first := (before*8 + 5) / 6
	last := (before + len(secret)) * 8 / 6
	return padded[first:last]
}
