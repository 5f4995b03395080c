package cmd

import (
	"errors"
	"strings"
	"testing"

	"mxlogin/cmd/choose"
	"mxlogin/config"
)

func TestAPIPaths(t *testing.T) {
	account := config.Account{UserID: "@alice/x:hs.test:8448", DeviceID: "A B"}
	for text, want := range map[string]string{
		"/_matrix/client/v3/joined_rooms":                "/_matrix/client/v3/joined_rooms",
		"/_matrix/client/v3/sync?since=a/../b&x={":       "",
		"/_matrix/client/v3/sync?since=a/../b":           "/_matrix/client/v3/sync ? since=a/../b",
		"/_matrix/client/v3/profile/{user_id}":           "/_matrix/client/v3/profile/@alice%2Fx:hs.test:8448",
		"/_matrix/client/v3/devices/{device_id}":         "/_matrix/client/v3/devices/A%20B",
		"/_synapse/admin/v1/x/{server_name}?user=%40a":   "/_synapse/admin/v1/x/hs.test:8448 ? user=%40a",
		"/_matrix/client/v3/rooms/!a:b/event/%24a%2Fb":   "/_matrix/client/v3/rooms/!a:b/event/%24a%2Fb",
		"https://hs.test/_matrix/client/v3/joined_rooms": "",
		"//evil.test/_matrix/":                           "",
		"/_matrix":                                       "",
		"/_matrixx/y":                                    "",
		"/other/_matrix/":                                "",
		"/_matrix/../admin":                              "",
		"/_matrix/%2e%2e/admin":                          "",
		"/_matrix/%2E./admin":                            "",
		"/_matrix/a%2F..%2Fb":                            "",
		"/_matrix/a%5C..%5Cb":                            "",
		"/_matrix/./x":                                   "",
		"/_matrix//x":                                    "",
		"/_matrix/x/":                                    "",
		"/_matrix/x\\y":                                  "",
		"/_matrix/x#y":                                   "",
		"/_matrix/x y":                                   "",
		"/_matrix/x\ny":                                  "",
		"/_matrix/x%0d%0aHost:y":                         "",
		"/_matrix/%zz":                                   "",
		"/_matrix/{token}":                               "",
		"/_matrix/é":                                     "",
	} {
		path, query, err := parseAPIPath(text, account)
		got := path
		if query != "" {
			got += " ? " + query
		}
		var usage *choose.UsageError
		if want == "" && (!errors.As(err, &usage) || !strings.HasPrefix(usage.Message, "the path ")) || want != "" && (err != nil || got != want) {
			t.Errorf("%q gave %q, %v; want %q", text, got, err, want)
		}
	}
}

// FuzzAPIPath holds that what is accepted stays where it is when it is joined to a base.
func FuzzAPIPath(f *testing.F) {
	for _, seed := range []string{"/_matrix/client/v3/sync?x=y", "/_matrix/%2e%2e/x", "/_synapse/{user_id}", "/_matrix/a%252e"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		path, _, err := parseAPIPath(text, config.Account{UserID: "@a:h", DeviceID: "D"})
		if err != nil {
			return
		}
		lower := strings.ReplaceAll(strings.ToLower(path), "%2e", ".")
		if !strings.HasPrefix(path, "/_matrix/") && !strings.HasPrefix(path, "/_synapse/") || strings.Contains(lower+"/", "/../") || strings.Contains(lower+"/", "/./") || strings.Contains(path, "//") {
			t.Errorf("%q gave %q", text, path)
		}
	})
}
