package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"mxlogin/client/oauth"
	"mxlogin/cmd/choose"
	"mxlogin/cmd/output"
	"mxlogin/cmd/session"
	"mxlogin/cmd/terminal"
	"mxlogin/config"
)

// Run runs mxlogin with args, which do not hold the program's name, and returns
// the exit code. It is the only place that reports an error, and it can be called
// more than once in a process.
func Run(ctx context.Context, args []string, app *App) (code int) {
	r := newRun(app)
	r.ended = ctx.Done
	defer func() {
		if p := recover(); p != nil {
			code = r.report(panicked(p))
		}
	}()
	root := r.commandTree()
	if isCompletion(args) {
		addCompletions(r, root, args)
	}
	root.SetArgs(args)
	root.SetIn(app.Stdin)
	root.SetOut(r.stream(app.Stdout))
	root.SetErr(r.stream(app.Stderr))
	executed, err := root.ExecuteContextC(ctx)
	if r.flags == nil && executed != nil { // it failed before its flags were noted
		r.begin(executed.Flags())
	}
	return r.end(err, context.Cause(ctx))
}

// run is one run of a command. It is made anew by every Run, and filled once,
// before the command's own code.
type run struct {
	*App
	flags    *pflag.FlagSet         // of the command that runs
	ended    func() <-chan struct{} // see [stream]
	scrubber *terminal.Scrubber
	reporter *output.Reporter

	settings *config.Settings
	file     *config.File // as it was when the run began
	format   output.Format
	person   *terminal.Person
	keeper   *session.Keeper // of sessions that are saved nowhere; saving has the other
}

func newRun(app *App) *run {
	r := &run{App: app, scrubber: &terminal.Scrubber{}, ended: func() <-chan struct{} { return nil }}
	r.reporter = r.newReporter(false, false)
	return r
}

// command makes the code of a command that knows the settings and the file. From
// then on only store can fail.
func (r *run) command(f func(context.Context, []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		if err := r.load(); err != nil {
			return err
		}
		return f(cmd.Context(), args)
	}
}

// tokenless is command for one that has no token to show.
func (r *run) tokenless(f func(context.Context, []string) error) func(*cobra.Command, []string) error {
	return r.command(func(ctx context.Context, args []string) error {
		if r.format.ShowsToken() {
			return &choose.UsageError{
				Message: fmt.Sprintf("--output %s is only for commands that return a token", r.format),
				Hint:    "use text or json",
			}
		}
		return f(ctx, args)
	})
}

// begin notes the flags of the command that is about to run. They are enough to
// report what is wrong with the settings.
func (r *run) begin(flags *pflag.FlagSet) {
	r.flags = flags
	r.reporter = r.newReporter(r.wantsJSON(), r.isGiven("quiet"))
}

// load reads the config file and the settings in force.
func (r *run) load() error {
	file, err := r.loadFile()
	if err != nil {
		return err
	}
	settings, err := config.Resolve(r.settingFlags(), r.Environment.Lookup, file)
	if err != nil {
		return err
	}
	if r.format, err = output.ParseFormat(settings.Output); err != nil {
		return err
	}
	r.file, r.settings = file, settings
	r.reporter = r.newReporter(r.format == output.JSON, settings.Quiet)
	for _, unknown := range file.UnknownKeys() {
		message := fmt.Sprintf("unknown key in line %d of the config file", unknown.Line) // whose name may be a secret
		if unknown.Suggestion != "" {
			message += fmt.Sprintf(": %s; did you mean %s?", unknown.Key, unknown.Suggestion)
		}
		r.reporter.Warning("unknown_key", message)
	}
	r.person, r.keeper = r.newPerson(), r.newKeeper()
	return nil
}

func (r *run) newPerson() *terminal.Person {
	person := &terminal.Person{
		Open:     r.OpenTerminal,
		NoInput:  r.settings.NoInput,
		Patience: r.settings.LoginTimeout,
		Stdin:    r.Stdin,
		Stderr:   r.Stderr,
		Environ:  r.Environment.ForChildren(),
		Hide:     r.scrubber.Add,
		Warn:     r.reporter.Warning,
		Refuse:   r.reporter.NotTaken,
		Link:     func(message, link string) { r.reporter.Link("open_url", message, link, nil) },

		ShowCode:  r.showCode,
		CountDown: r.reporter.AwaitApproval,
	}
	if !r.settings.NoBrowser {
		person.OpenBrowser = r.OpenBrowser
	}
	return person
}

func (r *run) newKeeper() *session.Keeper {
	network := session.Network{
		Timeout:   r.settings.Timeout,
		MaxWait:   r.settings.MaxWait,
		UserAgent: "mxlogin/" + buildVersion().Version,
		CAFile:    r.settings.CAFile,
		AllowHTTP: r.settings.AllowHTTP,

		CAFileFrom: r.settings.Origin("ca_file"), AllowHTTPFrom: r.settings.Origin("allow_http"),

		Metadata:     &oauth.Cache{Now: r.Now},
		Lookup:       r.Environment.Lookup,
		RoundTripper: r.RoundTripper,
		Hide:         r.scrubber.Add,
		WaitOut:      r.reporter.WaitOut,
		OnSlow:       r.reporter.Slow,
	}
	if r.settings.Verbose {
		network.OnTrace = r.reporter.Trace
	}
	return &session.Keeper{Network: network, Reporter: r.reporter, Hide: r.scrubber.Add, Now: r.Now}
}

// saving returns the keeper of sessions that the config file holds.
func (r *run) saving() (*session.Keeper, error) {
	store, err := r.store()
	if err != nil {
		return nil, err
	}
	keeper := *r.keeper
	keeper.Store = store
	return &keeper, nil
}

// loadFile reads the config file. Where no home directory says where it belongs,
// nothing can have been saved: it is empty.
func (r *run) loadFile() (*config.File, error) {
	store, err := r.store()
	if errors.Is(err, config.ErrNoDefaultPath) {
		return config.Empty(), nil
	}
	if err != nil {
		return nil, err
	}
	return store.Load()
}

// store returns the config file's place.
func (r *run) store() (*config.Store, error) {
	path, explicit := r.namedConfig()
	if !explicit {
		var err error
		if path, err = config.DefaultPath(r.Environment.Lookup); err != nil {
			return nil, err
		}
	}
	store := config.NewStore(path, explicit, func(n config.Notice) {
		r.reporter.Warning(n.Code, n.Message)
	})
	if r.settings == nil {
		return store, nil
	}
	return store.WithPatience(r.settings.Timeout + r.settings.MaxWait + lockPatience), nil
}

// lockPatience is how much longer than a server the config file's lock is waited for:
// who holds it may be renewing a session.
const lockPatience = 10 * time.Second

// stream returns an output that cannot hold the run up once it has ended.
func (r *run) stream(w io.Writer) io.Writer {
	return stream{w, func() <-chan struct{} { return r.ended() }}
}

// printer returns what writes the result to stdout, in this format.
func (r *run) printer(format output.Format) output.Printer {
	return output.Printer{W: r.stream(r.Stdout), Format: format, Scrub: r.scrubber.Scrub}
}

// print returns what writes the result in the format that is set.
func (r *run) print() output.Printer { return r.printer(r.format) }

func (r *run) newReporter(json, quiet bool) *output.Reporter {
	return output.NewReporter(r.stream(r.Stderr), json, quiet, r.scrubber.Clean)
}

// namedConfig returns the path that a person gave for the config file. It is
// known before the settings, which may be in that file.
func (r *run) namedConfig() (path string, explicit bool) {
	if path, ok := r.settingFlags()["config"]; ok && path != "" {
		return config.ExpandHome(path, r.Environment.Lookup), true
	}
	path, _ = r.Environment.Lookup("MXLOGIN_CONFIG")
	return config.ExpandHome(path, r.Environment.Lookup), path != ""
}

// wantsJSON tells from flags and environment alone.
func (r *run) wantsJSON() bool {
	format, given := r.settingFlags()["output"]
	if !given {
		format, _ = r.Environment.Lookup("MXLOGIN_OUTPUT")
	}
	return format == string(output.JSON)
}

func (r *run) isGiven(flag string) bool {
	return r.flags != nil && r.flags.Changed(flag)
}

// settingFlags returns the flags that were given and stand for a setting, by its
// key.
func (r *run) settingFlags() map[string]string {
	given := map[string]string{}
	if r.flags == nil {
		return given
	}
	for _, setting := range config.Table() {
		if flag := r.flags.Lookup(setting.Flag); flag != nil && flag.Changed {
			given[setting.Key] = flag.Value.String()
		}
	}
	return given
}

// end returns the exit code of a run that came to err while ctx had ended by
// cause. A signal decides, whatever it made fail; a run that had done its work
// all the same says nothing.
func (r *run) end(err, cause error) int {
	var status *ExitStatusError
	switch {
	case errors.As(err, &status):
		return status.Code
	case cause == nil || errors.Is(err, cause):
		return r.report(err)
	case err == nil:
		return explain(cause).ExitCode
	}
	return r.report(fmt.Errorf("%w (%w)", err, cause))
}

// report tells of err, if it is one, and returns its exit code.
func (r *run) report(err error) int {
	if err == nil {
		return exitOK
	}
	failure := explain(err)
	if failure.Message != "" {
		r.reporter.Failure(failure)
	}
	return failure.ExitCode
}
