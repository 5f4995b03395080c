package cmd

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"mxlogin/client"
	"mxlogin/client/oauth"
	"mxlogin/client/transport"
	"mxlogin/cmd/choose"
	"mxlogin/cmd/output"
	"mxlogin/cmd/session"
	"mxlogin/cmd/terminal"
)

func newDevices(r *run) *cobra.Command {
	group := &cobra.Command{
		Use:   "devices",
		Short: "List the devices of a user, rename and delete them",
		Long: `List the devices of a saved session's user, as the server knows them. Each is a
login somewhere; an asterisk marks the one in use.`,
		Example: `  mxlogin devices
  mxlogin devices -o json --account bot`,
		RunE: r.tokenless(func(ctx context.Context, _ []string) error { return runDevices(ctx, r) }),
	}
	group.AddCommand(newDevicesRename(r), newDevicesDelete(r), newDevicesPrune(r))
	return group
}

func newDevicesRename(r *run) *cobra.Command {
	return &cobra.Command{
		Use:     "rename DEVICE_ID NAME",
		Short:   "Give a device another name",
		Long:    `Give a device another name. Everyone who shares a room with you can see it.`,
		Example: `  mxlogin devices rename ABCDEFGHIJ "nightly report"`,
		Args:    exactly(2, " DEVICE_ID NAME"),
		RunE: r.tokenless(func(ctx context.Context, args []string) error {
			return runDevicesRename(ctx, r, args[0], args[1])
		}),
	}
}

func newDevicesDelete(r *run) *cobra.Command {
	password := newSecretFlags(envPassword)
	cmd := &cobra.Command{
		Use:   "delete DEVICE_ID...",
		Short: "Log devices out, and delete them",
		Long: `Log devices out and delete them. The device of the session in use is not one of
them: that is what mxlogin logout is for.

The server asks you to authenticate again. A password is asked for on the
terminal, or comes from --password-stdin, --password-file, --password-command
or MXLOGIN_PASSWORD; for other ways a page of the server is opened in a
browser.`,
		Example: `  mxlogin devices delete ABCDEFGHIJ KLMNOPQRST`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return exactly(1, " DEVICE_ID...")(cmd, args)
			}
			return nil
		},
		RunE: r.tokenless(func(ctx context.Context, args []string) error {
			return runDevicesDelete(ctx, r, &password, args)
		}),
	}
	password.addFlags(cmd.Flags())
	addSettingFlags(cmd.Flags(), "login_timeout")
	return cmd
}

type pruneOptions struct {
	olderThan string
	name      string
	yes       bool
	password  secretFlags
}

func newDevicesPrune(r *run) *cobra.Command {
	o := &pruneOptions{password: newSecretFlags(envPassword)}
	cmd := &cobra.Command{
		Use:   "prune (--older-than AGE | --name PATTERN)",
		Short: "Delete devices that have not been used for a long time",
		Long: `Show the devices that have not been used for some time, or whose names match a
pattern, or both, and with --yes delete them. A device that the server knows no
time of is never old.

Devices of saved sessions are left out. The server asks you to authenticate
again, as for mxlogin devices delete.`,
		Example: `  mxlogin devices prune --older-than 90d
  mxlogin devices prune --name "ci-*" --older-than 2w --yes --password-file pw`,
		Args:                  exactly(0, " --older-than 30d"),
		DisableFlagsInUseLine: true,
		RunE:                  r.tokenless(func(ctx context.Context, _ []string) error { return runDevicesPrune(ctx, r, o) }),
	}
	flags := cmd.Flags()
	flags.StringVar(&o.olderThan, "older-than", "", "devices that were last used longer ago than this `age`, such as 30d, 2w or 12h")
	flags.StringVar(&o.name, "name", "", "devices whose name matches this `pattern`, in which * stands for any text")
	flags.BoolVar(&o.yes, "yes", false, "delete them; without it they are only shown")
	o.password.addFlags(flags)
	addSettingFlags(flags, "login_timeout")
	return cmd
}

// deviceList is the JSON of devices.
type deviceList struct {
	Devices []listedDevice `json:"devices" doc:"the devices; for prune and delete those that are meant"`
	Deleted *bool          `json:"deleted,omitempty" doc:"true where they have been deleted"` // of what is pruned
}

type listedDevice struct {
	DeviceID    string     `json:"device_id" doc:"its ID"`
	DisplayName string     `json:"display_name,omitempty" doc:"its public name"`
	LastSeenAt  *time.Time `json:"last_seen_at,omitempty" doc:"when it was last used, in UTC"`
	LastSeenIP  string     `json:"last_seen_ip,omitempty" doc:"from which address"`
	Current     bool       `json:"current" doc:"it is that of the session in use"`
}

func runDevices(ctx context.Context, r *run) error {
	devices, err := r.devices(ctx)
	if err != nil {
		return err
	}
	return r.printDevices(devices.list, devices.current, nil)
}

func runDevicesRename(ctx context.Context, r *run, deviceID, name string) error {
	if name == "" || terminal.Safe(name) != name {
		return &choose.UsageError{Message: "the name is empty, too long or has characters that cannot be shown"}
	}
	opened, err := r.open(ctx, "")
	if err != nil {
		return err
	}
	err = opened.Do(ctx, func(homeserver *client.Client, token transport.Credential) error {
		return homeserver.RenameDevice(ctx, token, deviceID, name)
	})
	var refusal *transport.MatrixError
	if errors.As(err, &refusal) && refusal.Status == http.StatusNotFound {
		return noSuchDevice()
	}
	if err != nil {
		return err
	}
	if r.format == output.JSON {
		return r.print().JSON(listedDevice{DeviceID: deviceID, DisplayName: name, Current: deviceID == opened.Account.DeviceID})
	}
	return r.print().Lines(fmt.Sprintf("Device %s is now called %s", deviceID, name))
}

func runDevicesDelete(ctx context.Context, r *run, password *secretFlags, deviceIDs []string) error {
	if err := password.check(); err != nil {
		return err
	}
	devices, err := r.devices(ctx)
	if err != nil {
		return err
	}
	var chosen []client.Device
	for _, id := range deviceIDs {
		i := slices.IndexFunc(devices.list, func(d client.Device) bool { return d.ID == id })
		switch {
		case i < 0:
			return noSuchDevice()
		case id == devices.current:
			return &choose.UsageError{Message: "this is the device of the session in use", Hint: "end it with mxlogin logout"}
		}
		chosen = append(chosen, devices.list[i])
	}
	return r.deleteDevices(ctx, devices, chosen, password)
}

func runDevicesPrune(ctx context.Context, r *run, o *pruneOptions) error {
	if err := o.password.check(); err != nil {
		return err
	}
	isStale, err := o.filter(r.Now())
	if err != nil {
		return err
	}
	devices, err := r.devices(ctx)
	if err != nil {
		return err
	}
	saved := r.savedDevices(devices.opened)
	stale := slices.DeleteFunc(slices.Clone(devices.list), func(d client.Device) bool {
		return d.ID == devices.current || slices.Contains(saved, d.ID) || !isStale(d)
	})
	if o.yes && len(stale) > 0 {
		return r.deleteDevices(ctx, devices, stale, &o.password)
	}
	deleted := false
	if r.format == output.JSON {
		return r.printDevices(stale, devices.current, &deleted)
	}
	if len(stale) == 0 {
		return r.print().Lines("No devices to delete.")
	}
	if err := r.printDevices(stale, devices.current, nil); err != nil {
		return err
	}
	r.reporter.Notice("dry_run", fmt.Sprintf("nothing was deleted; --yes deletes %s", plural(len(stale), "this device", "these %d devices")), nil)
	return nil
}

// filter is what makes a device stale.
func (o *pruneOptions) filter(now time.Time) (func(client.Device) bool, error) {
	if o.olderThan == "" && o.name == "" {
		return nil, &choose.UsageError{Message: "say which devices: --older-than or --name", Hint: "such as --older-than 30d"}
	}
	var age time.Duration
	if o.olderThan != "" {
		var err error
		if age, err = parseAge(o.olderThan); err != nil {
			return nil, err
		}
	}
	if _, err := path.Match(o.name, ""); err != nil {
		return nil, &choose.UsageError{Message: "--name is not a pattern", Hint: "write a literal [ as \\["}
	}
	return func(d client.Device) bool {
		isOld := o.olderThan == "" || !d.LastSeen.IsZero() && d.LastSeen.Before(now.Add(-age))
		fits, _ := path.Match(o.name, d.Name)
		return isOld && (o.name == "" || fits)
	}, nil
}

// listedDevices are the devices of the user of a session.
type listedDevices struct {
	opened  *session.Session
	list    []client.Device // the last used first
	current string          // the device of the session itself
}

// devices lists the devices of the user whose session is meant.
func (r *run) devices(ctx context.Context) (listedDevices, error) {
	opened, err := r.open(ctx, "")
	if err != nil {
		return listedDevices{}, err
	}
	who, err := opened.WhoAmI(ctx)
	if err != nil {
		return listedDevices{}, err
	}
	found := listedDevices{opened: opened, current: who.DeviceID}
	opened.Account.UserID, opened.Account.DeviceID = who.UserID.String(), who.DeviceID
	err = opened.Do(ctx, func(homeserver *client.Client, token transport.Credential) error {
		found.list, err = homeserver.Devices(ctx, token)
		return err
	})
	slices.SortStableFunc(found.list, func(a, b client.Device) int { return b.LastSeen.Compare(a.LastSeen) })
	return found, err
}

// savedDevices are the devices that the config file has sessions of, of the same user.
func (r *run) savedDevices(of *session.Session) []string {
	var saved []string
	for _, account := range r.file.AccountsOf(of.Account.UserID) {
		if account.Homeserver == of.Account.Homeserver && account.HasSession() {
			saved = append(saved, account.DeviceID)
		}
	}
	return saved
}

// deleteDevices deletes devices, by a request where the server lets that be done and on
// the server's page for it where not.
func (r *run) deleteDevices(ctx context.Context, devices listedDevices, chosen []client.Device, password *secretFlags) error {
	action, page := oauth.ActionDevicesList, ""
	if len(chosen) == 1 {
		action, page = oauth.ActionDeviceDelete, chosen[0].ID
	}
	err := devices.opened.Elsewhere(ctx, action, page)
	var elsewhere *session.ElsewhereError
	if errors.As(err, &elsewhere) && elsewhere.URL != "" {
		return r.visitAccountPage(ctx, elsewhere.URL)
	}
	if err != nil {
		return err
	}
	ids := make([]string, len(chosen))
	for i, device := range chosen {
		ids[i] = device.ID
	}
	err = devices.opened.Do(ctx, func(homeserver *client.Client, token transport.Credential) error {
		prove := r.prover(homeserver, devices.opened.Account.UserID, password).prove
		return homeserver.DeleteDevices(ctx, token, ids, prove)
	})
	if err != nil {
		return err
	}
	deleted := true
	if r.format == output.JSON {
		return r.printDevices(chosen, devices.current, &deleted)
	}
	return r.print().Lines("Deleted " + strings.Join(ids, ", "))
}

// visitAccountPage sends the person to where devices are managed.
func (r *run) visitAccountPage(ctx context.Context, url string) error {
	return r.person.Visit(ctx, terminal.Visit{
		Needed:  terminal.InteractionError{Needed: "a person with a browser", Hint: "open " + url},
		What:    "went to the page in the browser",
		Message: "this server manages devices on a page of its own:",
		URL:     url,
		Prompt:  "Press Enter when that is done: ",
		Entered: func(string) error { return nil },
	})
}

func noSuchDevice() error {
	return &choose.UsageError{Message: "the user has no device with this ID", Hint: "to list them: mxlogin devices"}
}

func (r *run) printDevices(devices []client.Device, current string, deleted *bool) error {
	if r.format == output.JSON {
		list := deviceList{Devices: []listedDevice{}, Deleted: deleted}
		for _, d := range devices {
			shown := listedDevice{DeviceID: d.ID, DisplayName: d.Name, LastSeenIP: d.LastSeenIP, Current: d.ID == current}
			if !d.LastSeen.IsZero() {
				seen := d.LastSeen.Truncate(time.Second)
				shown.LastSeenAt = &seen
			}
			list.Devices = append(list.Devices, shown)
		}
		return r.print().JSON(list)
	}
	rows := make([][]string, len(devices))
	for i, d := range devices {
		rows[i] = []string{marked(d.ID, current), d.Name, ago(r.Now(), d.LastSeen), d.LastSeenIP}
	}
	return r.print().Table([]string{"DEVICE ID", "NAME", "LAST USED", "FROM"}, rows)
}
