package main

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"mxlogin/client/clienttest"
)

const (
	serverName  = "hs.test"
	user        = "@alice:" + serverName
	password    = "correct horse battery staple"
	accessToken = "an-access-token-of-some-length"
)

// hashTime is how long a server may take to check a password: bcrypt with a cost
// of 10, which servers use, takes about that.
const hashTime = 60 * time.Millisecond

// homeserver answers at once, so that what is measured is the client.
type homeserver struct {
	plain  *clienttest.Fake // http://127.0.0.1:PORT
	slow   *clienttest.Fake // the same, but for the time it takes to check a password
	secure *clienttest.Fake // https://hs.test, by way of proxy
	proxy  *clienttest.ConnectProxy
	caFile string
}

// startHomeserver starts a server with its certificate in dir. It runs until ctx
// ends.
func startHomeserver(ctx context.Context, dir string) (*homeserver, error) {
	h := &homeserver{caFile: filepath.Join(dir, "ca.pem")}
	var err error
	if h.plain, err = clienttest.StartFake(ctx, clienttest.FakeOptions{}); err != nil {
		return nil, err
	}
	if h.slow, err = clienttest.StartFake(ctx, clienttest.FakeOptions{}); err != nil {
		return nil, err
	}
	if h.secure, err = clienttest.StartFake(ctx, clienttest.FakeOptions{TLS: true, Hosts: []string{serverName}}); err != nil {
		return nil, err
	}
	address := h.secure.URL()[len("https://"):]
	if h.proxy, err = clienttest.StartConnectProxy(ctx, map[string]string{serverName + ":443": address}); err != nil {
		return nil, err
	}
	script(h.plain, serverName, logIn)
	script(h.secure, serverName, logIn)
	script(h.slow, serverName, func(w http.ResponseWriter, r *http.Request) {
		<-time.After(hashTime)
		logIn(w, r)
	})
	return h, os.WriteFile(h.caFile, h.secure.CAPEM(), 0o600)
}

// requests is how many have come so far.
func (h *homeserver) requests() int {
	return len(h.plain.Requests()) + len(h.secure.Requests())
}

// script has fake answer as the homeserver at https://host.
func script(fake *clienttest.Fake, host string, login http.HandlerFunc) {
	answer := func(request, body string) { fake.OnEvery(request, clienttest.Reply{Body: body}) }
	answer("GET /.well-known/matrix/client", `{"m.homeserver":{"base_url":"https://`+host+`"}}`)
	answer("GET /_matrix/client/versions", `{"versions":["v1.11"]}`)
	answer("GET /_matrix/client/v3/login", `{"flows":[{"type":"m.login.password"}]}`)
	answer("GET /_matrix/client/v1/auth_metadata", `{"issuer":"https://`+host+`/"}`)
	answer("GET /_matrix/client/v3/account/whoami", `{"user_id":"`+user+`"}`)
	fake.Handle("POST /_matrix/client/v3/login", login)
}

// logIn answers with the device that was asked for.
func logIn(w http.ResponseWriter, r *http.Request) {
	var asked struct {
		Password   string `json:"password"`
		Identifier struct {
			User string `json:"user"`
		} `json:"identifier"`
		DeviceID string `json:"device_id"`
	}
	if err := json.NewDecoder(r.Body).Decode(&asked); err != nil || asked.Password != password {
		http.Error(w, `{"errcode":"M_FORBIDDEN","error":"wrong password"}`, http.StatusForbidden)
		return
	}
	if asked.DeviceID == "" {
		asked.DeviceID = "SERVERSDEV"
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]string{"user_id": asked.Identifier.User, "device_id": asked.DeviceID, "access_token": accessToken})
}
