package clienttest

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"
)

// Device is a device as the server has it.
type Device struct {
	ID          string `json:"device_id"`
	DisplayName string `json:"display_name"`
}

// session is what a login or a registration answers.
type session struct {
	AccessToken string `json:"access_token"`
}

// Register makes a user, by name without server. The password needs 8 characters
// at least. The new user has no device.
func (d *Dendrite) Register(ctx context.Context, user, password string) error {
	token, err := d.register(ctx, user, password)
	if err != nil {
		return fmt.Errorf("register %s: %w", user, err)
	}
	if err := d.logout(ctx, token); err != nil {
		return fmt.Errorf("end the device that registering %s left: %w", user, err)
	}
	return nil
}

// Devices is what the server has of user's devices, in the order of their IDs.
// It logs in for that, and out again; what holds of the names in
// [Dendrite.DevicesByToken] holds here.
func (d *Dendrite) Devices(ctx context.Context, user, password string) (devices []Device, err error) {
	own := "CLIENTTEST" + rand.Text()
	var s session
	err = d.call(ctx, "POST", "/_matrix/client/v3/login", "", object{
		"type":       "m.login.password",
		"identifier": object{"type": "m.id.user", "user": user},
		"password":   password,
		"device_id":  own,
	}, &s)
	if err != nil {
		return nil, fmt.Errorf("log in to list the devices of %s: %w", user, err)
	}
	defer func() { err = errors.Join(err, d.logout(ctx, s.AccessToken)) }()
	devices, err = d.DevicesByToken(ctx, s.AccessToken)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(devices, func(device Device) bool { return device.ID == own }), nil
}

// DevicesByToken is what the server has of the devices of token's user, in the
// order of their IDs. Dendrite lists a device that has no name with the name of
// a more recent one, if there is any: only the names of named devices are to be
// relied on.
func (d *Dendrite) DevicesByToken(ctx context.Context, token string) ([]Device, error) {
	var list struct {
		Devices []Device `json:"devices"`
	}
	if err := d.call(ctx, "GET", "/_matrix/client/v3/devices", token, nil, &list); err != nil {
		return nil, fmt.Errorf("list the devices: %w", err)
	}
	slices.SortFunc(list.Devices, func(a, b Device) int { return strings.Compare(a.ID, b.ID) })
	return list.Devices, nil
}

// PutLoginToken makes token good for one m.login.token login of userID, within
// five minutes.
func (d *Dendrite) PutLoginToken(ctx context.Context, userID, token string) error {
	put := exec.CommandContext(ctx, d.tools.putToken, "-db", d.databaseFile("userapi"), "-user", userID, "-token", token)
	if _, err := put.Output(); err != nil {
		return fmt.Errorf("put a login token of %s: %w", userID, withStderr(err))
	}
	return nil
}

// register is the shared secret registration that Synapse invented.
func (d *Dendrite) register(ctx context.Context, user, password string) (token string, err error) {
	const path = "/_synapse/admin/v1/register"
	var challenge struct {
		Nonce string `json:"nonce"`
	}
	if err := d.call(ctx, "GET", path, "", nil, &challenge); err != nil {
		return "", err
	}
	mac := hmac.New(sha1.New, []byte(d.secret))
	_, _ = io.WriteString(mac, strings.Join([]string{challenge.Nonce, user, password, "notadmin"}, "\x00"))
	var s session
	err = d.call(ctx, "POST", path, "", object{
		"nonce":    challenge.Nonce,
		"username": user,
		"password": password,
		"admin":    false,
		"mac":      hex.EncodeToString(mac.Sum(nil)),
	}, &s)
	return s.AccessToken, err
}

func (d *Dendrite) logout(ctx context.Context, token string) error {
	return d.call(ctx, "POST", "/_matrix/client/v3/logout", token, object{}, nil)
}

func (d *Dendrite) call(ctx context.Context, method, path, token string, in, out any) error {
	return callJSON(ctx, method, d.plainURL+path, token, in, out)
}
