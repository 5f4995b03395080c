package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"mxlogin/client/clienttest"
)

// farRuns is how often each command is run to count its round trips; the median
// counts.
const farRuns = 3

const (
	farServer = "far.test"        // is asked for the well-known file
	farHost   = "matrix.far.test" // is where that leads to
	farUser   = "@alice:" + farServer
)

// far is a homeserver that is reached by its name, over TLS, and takes its time.
type far struct {
	proxy  *clienttest.ConnectProxy
	caFile string
}

func startFar(ctx context.Context, dir string) (far, error) {
	secure, err := clienttest.StartFake(ctx, clienttest.FakeOptions{TLS: true, Hosts: []string{farServer, farHost}})
	if err != nil {
		return far{}, err
	}
	script(secure, farHost, logIn)
	address, err := startLate(ctx, secure.URL()[len("https://"):])
	if err != nil {
		return far{}, err
	}
	f := far{caFile: filepath.Join(dir, "far.pem")}
	f.proxy, err = clienttest.StartConnectProxy(ctx, map[string]string{farServer + ":443": address, farHost + ":443": address})
	if err != nil {
		return far{}, err
	}
	return f, os.WriteFile(f.caFile, secure.CAPEM(), 0o600)
}

// countRoundTrips runs what people wait for against the far server. The proxy that
// leads there is near: it adds none.
func (b bench) countRoundTrips(ctx context.Context, f far) ([]figure, error) {
	typed := "https://" + farHost
	login := func(name string, args ...string) command {
		return b.mxlogin(name, nil, accessToken, append([]string{"password", "--ca-file", f.caFile, "-o", "token"}, args...)...)
	}
	mautrix := func(name string, args ...string) command {
		return command{name: name, argv: append([]string{b.programs.mautrix}, args...), env: environment(b.dir), want: accessToken}
	}
	var figures []figure
	for _, c := range []struct {
		command command
		want    int
	}{
		{login("`--skip-flows`", farUser, "--homeserver", typed, "--skip-flows"), 3},
		{mautrix("the same by mautrix-go", typed, farUser), 0},
		{login("typed URL", farUser, "--homeserver", typed), 4},
		{mautrix("the same by mautrix-go, with its flows", "-flows", typed, farUser), 0},
		{login("discovered", farUser), 7},
		{mautrix("the same by mautrix-go", "-discover", farServer, farUser), 0},
		{b.mxlogin("`flows`, discovered, OAuth 2.0 included", nil, "m.login.password", "flows", farServer, "--ca-file", f.caFile), 6},
	} {
		c.command.env = append(c.command.env, "HTTPS_PROXY="+f.proxy.URL(), "SSL_CERT_FILE="+f.caFile)
		took := make([]time.Duration, farRuns)
		for i := range took {
			var err error
			if took[i], err = c.command.run(ctx); err != nil {
				return nil, fmt.Errorf("round trips, %s: %w", c.command.name, err)
			}
		}
		figures = append(figures, requestsAtMost("round trips, "+c.command.name, roundTrips(median(took)), c.want))
	}
	return figures, nil
}

// roundTrips is how many a run took that the far server has answered.
func roundTrips(took time.Duration) int { return int(took / latency) }
