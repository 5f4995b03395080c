package terminal

import "testing"

func TestHasDisplay(t *testing.T) {
	tests := []struct {
		name        string
		system      string
		environment map[string]string
		want        bool
	}{
		{"Linux, nothing set", "linux", nil, false},
		{"Linux, X", "linux", map[string]string{"DISPLAY": ":0"}, true},
		{"Linux, DISPLAY empty", "linux", map[string]string{"DISPLAY": ""}, false},
		{"Linux, Wayland", "linux", map[string]string{"WAYLAND_DISPLAY": "wayland-0"}, true},
		{"Linux, WSL", "linux", map[string]string{"WSL_DISTRO_NAME": "Debian"}, true},
		{"Linux, ssh", "linux", map[string]string{"SSH_CONNECTION": "::1 1 ::1 22", "SSH_TTY": "/dev/pts/0"}, false},
		{"Linux, ssh -X", "linux", map[string]string{"SSH_CONNECTION": "::1 1 ::1 22", "DISPLAY": "localhost:10.0"}, true},
		{"FreeBSD, nothing set", "freebsd", nil, false},
		{"FreeBSD, X", "freebsd", map[string]string{"DISPLAY": ":0"}, true},
		{"macOS", "darwin", nil, true},
		{"macOS, SSH_CONNECTION", "darwin", map[string]string{"SSH_CONNECTION": "::1 1 ::1 22"}, false},
		{"macOS, SSH_CLIENT", "darwin", map[string]string{"SSH_CLIENT": "::1 1 22"}, false},
		{"macOS, SSH_TTY", "darwin", map[string]string{"SSH_TTY": "/dev/ttys000"}, false},
		{"macOS, ssh with X", "darwin", map[string]string{"SSH_TTY": "/dev/ttys000", "DISPLAY": "localhost:10.0"}, false},
		{"macOS, SSH_TTY empty", "darwin", map[string]string{"SSH_TTY": ""}, true},
		{"Windows", "windows", nil, true},
		{"Windows, ssh", "windows", map[string]string{"SSH_CONNECTION": "::1 1 ::1 22"}, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := hasDisplay(test.system, func(name string) (string, bool) {
				value, ok := test.environment[name]
				return value, ok
			})
			if got != test.want {
				t.Errorf("got %t", got)
			}
		})
	}
}
