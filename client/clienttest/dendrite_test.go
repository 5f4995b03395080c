package clienttest_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mxlogin/client/clienttest"
)

const password = "correct horse battery"

func TestDendrite_LoginAndDevices(t *testing.T) {
	t.Parallel()
	d := clienttest.NewDendrite(t, clienttest.DendriteOptions{})
	register(t, d, "alice")
	if got := devices(t, d, "alice"); len(got) != 0 {
		t.Errorf("a new user has devices: %v", got)
	}

	token := login(t, http.DefaultClient, d, object{"device_id": "AFIRST", "initial_device_display_name": "one name"})
	login(t, http.DefaultClient, d, object{"device_id": "BSECOND", "initial_device_display_name": "another"})
	want := []clienttest.Device{{ID: "AFIRST", DisplayName: "one name"}, {ID: "BSECOND", DisplayName: "another"}}
	if diff := cmp.Diff(want, devices(t, d, "alice")); diff != "" {
		t.Errorf("devices (-want +got):\n%s", diff)
	}
	got, err := d.DevicesByToken(t.Context(), token)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("devices by token (-want +got):\n%s", diff)
	}
	if _, err := d.Devices(t.Context(), "alice", "wrong password"); err == nil {
		t.Error("a wrong password lists devices")
	}
	if err := d.Register(t.Context(), "alice", password); err == nil || !strings.Contains(err.Error(), "M_USER_IN_USE") {
		t.Errorf("registered twice: %v", err)
	}
}

func TestDendrite_LoginTokenWorksOnce(t *testing.T) {
	t.Parallel()
	d := clienttest.NewDendrite(t, clienttest.DendriteOptions{})
	register(t, d, "alice")
	token := clienttest.NewCanary("lt").String()
	if err := d.PutLoginToken(t.Context(), "@alice:localhost", token); err != nil {
		t.Fatal(err)
	}
	for i, want := range []int{http.StatusOK, http.StatusForbidden} {
		status, body := post(t, http.DefaultClient, d.URL()+"/_matrix/client/v3/login", object{"type": "m.login.token", "token": token})
		if status != want {
			t.Errorf("use %d: %d %s", i+1, status, body)
		}
	}
	if err := d.PutLoginToken(t.Context(), "@alice:localhost", ""); err == nil {
		t.Error("an empty login token was taken")
	}
}

func TestDendrite_RateLimit(t *testing.T) {
	t.Parallel()
	d := clienttest.NewDendrite(t, clienttest.DendriteOptions{
		RateLimit: &clienttest.RateLimit{Threshold: 2, Cooloff: time.Hour},
	})
	register(t, d, "alice")
	client := &http.Client{Transport: &http.Transport{}} // one connection, which is what is limited
	defer client.CloseIdleConnections()
	var got []int
	for range 3 {
		status, _ := get(t, client, d.URL()+"/_matrix/client/v3/login")
		got = append(got, status)
	}
	if diff := cmp.Diff([]int{200, 200, 429}, got); diff != "" {
		t.Errorf("statuses (-want +got):\n%s", diff)
	}
}

func TestDendrite_TLS(t *testing.T) {
	t.Parallel()
	ca, err := clienttest.NewCA()
	if err != nil {
		t.Fatal(err)
	}
	files, err := ca.WriteFiles(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	d := clienttest.NewDendrite(t, clienttest.DendriteOptions{
		ServerName: "hs.test",
		TLS:        &files,
		WellKnown:  clienttest.WellKnownSelf,
	})
	register(t, d, "alice")
	client := trusting(t, ca.PEM())
	login(t, client, d, nil)
	_, body := get(t, client, d.URL()+"/.well-known/matrix/client")
	if want := fmt.Sprintf(`{"m.homeserver":{"base_url":%q}}`, d.URL()); body != want {
		t.Errorf("well-known: got %s, want %s", body, want)
	}
	if !strings.HasPrefix(d.URL(), "https://") {
		t.Errorf("URL: %s", d.URL())
	}
}

func TestDendrite_AppService(t *testing.T) {
	t.Parallel()
	registration := filepath.Join(t.TempDir(), "as.yaml")
	content := `{id: bridge, url: null, as_token: as-token-1, hs_token: hs-token-1, sender_localpart: bot,
		namespaces: {users: [{regex: "@bridge_.*:localhost", exclusive: true}], aliases: [], rooms: []}}`
	if err := os.WriteFile(registration, []byte(strings.ReplaceAll(content, "\t", "")), 0o600); err != nil {
		t.Fatal(err)
	}
	d := clienttest.NewDendrite(t, clienttest.DendriteOptions{AppServices: []string{registration}})
	if _, body := get(t, http.DefaultClient, d.URL()+"/_matrix/client/v3/login"); !strings.Contains(body, "m.login.application_service") {
		t.Errorf("flows: %s", body)
	}
}

func TestDendrite_TwoAtOnceKnowNothingOfEachOther(t *testing.T) {
	t.Parallel()
	a := clienttest.NewDendrite(t, clienttest.DendriteOptions{})
	b := clienttest.NewDendrite(t, clienttest.DendriteOptions{})
	register(t, a, "alice")
	login(t, http.DefaultClient, a, nil)
	if _, err := b.Devices(t.Context(), "alice", password); err == nil {
		t.Error("the second server knows the user of the first")
	}
}

func TestDendrite_StopRemovesOnlyItsOwnDirectory(t *testing.T) {
	t.Parallel()
	needDendrite(t)
	own := start(t, t.Context(), clienttest.DendriteOptions{})
	given := start(t, t.Context(), clienttest.DendriteOptions{Dir: t.TempDir()})
	for _, d := range []*clienttest.Dendrite{own, given} {
		for range 2 {
			if err := d.Stop(); err != nil {
				t.Errorf("stop: %v\n%s", err, d.Log())
			}
		}
		if _, err := http.Get(d.URL()); err == nil {
			t.Error("answers after Stop")
		}
	}
	if _, err := os.Stat(own.Dir); !os.IsNotExist(err) {
		t.Errorf("its own directory is left: %v", err)
	}
	if _, err := os.Stat(given.Dir); err != nil {
		t.Errorf("the directory that it was given is gone: %v", err)
	}
}

// The same directory makes the same server again: users and devices stay.
func TestDendrite_StartsAgainInItsDirectory(t *testing.T) {
	t.Parallel()
	needDendrite(t)
	dir := t.TempDir()
	first := start(t, t.Context(), clienttest.DendriteOptions{Dir: dir})
	register(t, first, "alice")
	if err := first.Stop(); err != nil {
		t.Fatal(err)
	}
	second := start(t, t.Context(), clienttest.DendriteOptions{Dir: dir})
	defer func() { _ = second.Stop() }()
	login(t, http.DefaultClient, second, nil)
}

func TestDendrite_EndsWithItsContext(t *testing.T) {
	t.Parallel()
	needDendrite(t)
	ctx, cancel := context.WithCancel(t.Context())
	d := start(t, ctx, clienttest.DendriteOptions{})
	cancel()
	if err := d.Stop(); err != nil {
		t.Errorf("stop: %v", err)
	}
}

func TestDendrite_RefusedConfigurationIsTold(t *testing.T) {
	t.Parallel()
	needDendrite(t)
	d, err := clienttest.StartDendrite(t.Context(), clienttest.DendriteOptions{AppServices: []string{"/nowhere.yaml"}})
	if err == nil {
		_ = d.Stop()
		t.Fatal("started without its application service")
	}
	if !strings.Contains(err.Error(), "nowhere.yaml") {
		t.Errorf("the error does not say why: %v", err)
	}
}

func BenchmarkStartDendrite(b *testing.B) {
	needDendrite(b)
	for b.Loop() {
		if err := start(b, b.Context(), clienttest.DendriteOptions{}).Stop(); err != nil {
			b.Fatal(err)
		}
	}
}

type object = map[string]any

func needDendrite(t testing.TB) {
	t.Helper()
	if testing.Short() {
		t.Skip("needs a real homeserver")
	}
}

func start(t testing.TB, ctx context.Context, o clienttest.DendriteOptions) *clienttest.Dendrite {
	t.Helper()
	d, err := clienttest.StartDendrite(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func register(t *testing.T, d *clienttest.Dendrite, user string) {
	t.Helper()
	if err := d.Register(t.Context(), user, password); err != nil {
		t.Fatal(err)
	}
}

func devices(t *testing.T, d *clienttest.Dendrite, user string) []clienttest.Device {
	t.Helper()
	got, err := d.Devices(t.Context(), user, password)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// login logs alice in and returns the access token.
func login(t *testing.T, client *http.Client, d *clienttest.Dendrite, more object) string {
	t.Helper()
	request := object{
		"type":       "m.login.password",
		"identifier": object{"type": "m.id.user", "user": "alice"},
		"password":   password,
	}
	maps.Copy(request, more)
	status, body := post(t, client, d.URL()+"/_matrix/client/v3/login", request)
	var answer struct {
		UserID      string `json:"user_id"`
		AccessToken string `json:"access_token"`
	}
	if err := json.Unmarshal([]byte(body), &answer); err != nil || status != http.StatusOK {
		t.Fatalf("login: %d %s", status, body)
	}
	if want := "@alice:" + d.ServerName; answer.UserID != want {
		t.Errorf("logged in as %s, want %s", answer.UserID, want)
	}
	return answer.AccessToken
}

func trusting(t *testing.T, ca []byte) *http.Client {
	t.Helper()
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(ca) {
		t.Fatal("no certificate in the CA file")
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

func get(t *testing.T, client *http.Client, url string) (int, string) {
	t.Helper()
	return do(t, client, http.MethodGet, url, nil)
}

func post(t *testing.T, client *http.Client, url string, body object) (int, string) {
	t.Helper()
	encoded, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	return do(t, client, http.MethodPost, url, encoded)
}

func do(t *testing.T, client *http.Client, method, url string, body []byte) (int, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(answer)
}
