package transport_test

import (
	"errors"
	"strings"
	"testing"

	"mxlogin/client/transport"
)

// TestH45_WhatAnAnswerSays: a refusal has a code of a sensible length, a failure is one
// whatever it says, and the rest is no answer of the API.
func TestH45_WhatAnAnswerSays(t *testing.T) {
	const matrix, server, protocol = "MatrixError", "ServerError", "ProtocolError"
	cases := []struct {
		name, body string
		status     int
		kind, code string
	}{
		{"success", `{}`, 200, "", ""},
		{"another success", `{}`, 201, protocol, ""},
		{"a refusal", `{"errcode":"M_FORBIDDEN","error":"no"}`, 403, matrix, "M_FORBIDDEN"},
		{"the longest code", `{"errcode":"` + strings.Repeat("X", 255) + `"}`, 400, matrix, strings.Repeat("X", 255)},
		{"a longer code", `{"errcode":"` + strings.Repeat("X", 256) + `"}`, 400, protocol, ""},
		{"no code", `{"error":"no"}`, 400, protocol, ""},
		{"an empty code", `{"errcode":""}`, 400, protocol, ""},
		{"a number", `{"errcode":1}`, 400, protocol, ""},
		{"a page", `<html>`, 404, protocol, ""},
		{"the last of the refusals", `{"errcode":"M_X"}`, 499, matrix, "M_X"},
		{"the first of the failures", `{"errcode":"M_X"}`, 500, server, "M_X"},
		{"a page of a gateway", `<html>`, 502, server, ""},
	}
	for _, c := range cases {
		err := (&transport.Response{Request: "POST https://hs.test/x", Status: c.status, Body: []byte(c.body)}).Refusal()
		var refused *transport.MatrixError
		var failed *transport.ServerError
		var broken *transport.ProtocolError
		kind, code := "", ""
		switch {
		case errors.As(err, &refused):
			kind, code = matrix, refused.Code
		case errors.As(err, &failed):
			kind, code = server, failed.Code
		case errors.As(err, &broken):
			kind = protocol
		}
		if kind != c.kind || code != c.code {
			t.Errorf("%s: %s %q, %v", c.name, kind, code, err)
		}
		if err != nil && !strings.HasSuffix(err.Error(), "POST https://hs.test/x)") {
			t.Errorf("%s: the request is not named last: %v", c.name, err)
		}
	}
}
