package config

import "testing"

func TestSynadm(t *testing.T) {
	tests := []struct {
		text, baseURL, token string
		ok                   bool
	}{
		{"base_url: http://localhost:8008\ntoken: syt_a\nuser: admin\ntimeout: 7\n", "http://localhost:8008", "syt_a", true},
		{"token: '12345'\nbase_url: \"https://hs.test\"\n", "https://hs.test", "12345", true},
		{"base_url: https://hs.test\ntoken: ''\n", "https://hs.test", "", false},
		{"token: syt_a\n", "", "syt_a", false},
		{"base_url: [a]\ntoken: syt_a\n", "", "syt_a", false},
		{"syt_a", "", "", false},
		{"MATRIX_ACCESS_TOKEN=syt_a", "", "", false},
		{"", "", "", false},
		{"a: &a [x]\nb: *c\n", "", "", false},
	}
	for _, test := range tests {
		baseURL, token, ok := Synadm(test.text)
		if ok != test.ok || ok && (baseURL != test.baseURL || token != test.token) {
			t.Errorf("Synadm(%q) = %q, %q, %v", test.text, baseURL, token, ok)
		}
	}
}
