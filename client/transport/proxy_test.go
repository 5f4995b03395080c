package transport

import (
	"errors"
	"net/http"
	"strings"
	"testing"
)

func TestQ32_ProxiesOfTheEnvironment(t *testing.T) {
	for value, want := range map[string]bool{
		"": true, "http://proxy.test:3128": true, "proxy.test:3128": true, "proxy.test": true, "socks5://127.0.0.1:1080": true,
		"https://user:pw@proxy.test/": true, "http://[::1]:3128": true,
		"ftp://proxy.test": false, "http://user:hunter2@proxy.test:port": false, "a b": false, "http://": false, ":": false, "http://proxy.test\n": false,
	} {
		for _, name := range proxyVariables() {
			err := CheckProxies(func(asked string) (string, bool) { return value, asked == name })
			var proxy *ProxyError
			if want != (err == nil) || !want && (!errors.As(err, &proxy) || proxy.Variable != name || strings.Contains(err.Error(), "hunter2")) {
				t.Errorf("%s=%q: %v", name, value, err)
			}
		}
	}
}

func TestQ32_WhatAProxySays(t *testing.T) {
	for status, want := range map[int]string{407: "the proxy requires a user name and a password", 502: "the proxy answered 502 instead of the server"} {
		err := checkConnect(t.Context(), nil, nil, &http.Response{StatusCode: status})
		if got := networkReason(err); got != want {
			t.Errorf("%d: %s", status, got)
		}
	}
	if err := checkConnect(t.Context(), nil, nil, &http.Response{StatusCode: http.StatusOK}); err != nil {
		t.Error(err)
	}
}
