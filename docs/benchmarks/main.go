// Benchmarks measures mxlogin as those who wait for it do: whole processes, from
// start to end, against a homeserver on the loopback that answers at once, beside
// the least program with mautrix-go and beside curl and jq.
//
//	go run . [-check] [-require] [-rounds N] [-dir DIR]
//
// It prints a Markdown table to stdout, the times behind it to stderr, and has to
// be run in the directory of this module, on Linux or macOS.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"time"
)

// The limits.
const (
	unsavedToMautrix = 1.00
	savingToMautrix  = 1.75
	savingToSlow     = 1.05 // where the server takes hashTime
	toCurl           = 1.0 / 3
	binaryMB         = 10
	peakMB           = 14
	accessTokenMS    = 5
	accessToken100MS = 7
	completionMS     = 10
	manyShare        = 0.8
)

type options struct {
	check   bool
	require bool
	rounds  int
	dir     string
}

func main() {
	var o options
	flag.BoolVar(&o.check, "check", false, "fail if a limit is missed")
	flag.BoolVar(&o.require, "require", false, "fail if curl, jq or GNU parallel is missing")
	flag.IntVar(&o.rounds, "rounds", 60, "how often each command is run")
	flag.StringVar(&o.dir, "dir", "", "where config files are saved, on a disk (default: the user's cache directory)")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, o, os.Stdout, os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "benchmarks:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options, stdout, stderr io.Writer) error {
	ofScript, ofMany := missingTools("sh", "curl", "jq"), missingTools("parallel")
	if missing := slices.Concat(ofScript, ofMany); len(missing) > 0 {
		text := "not installed: " + strings.Join(missing, ", ")
		if o.require {
			return errors.New(text)
		}
		fmt.Fprintln(stderr, text+"; what needs them is not measured")
	}
	b, clean, err := newBench(ctx, o.dir)
	if err != nil {
		return err
	}
	defer clean()
	fmt.Fprintln(stderr, "config files are saved in", b.dir)

	figures, err := b.measure(ctx, o.rounds, len(ofScript) == 0, stderr)
	if err != nil {
		return err
	}
	if len(ofMany) == 0 {
		many, err := b.many(ctx, stderr)
		if err != nil {
			return err
		}
		figures = append(figures, many)
	}
	if err := writeTable(stdout, figures); err != nil {
		return err
	}
	if o.check && slices.ContainsFunc(figures, figure.missed) {
		return errors.New("a limit is missed")
	}
	return nil
}

// newBench builds the programs and starts the server. clean removes what was
// made.
func newBench(ctx context.Context, parent string) (b bench, clean func(), err error) {
	if parent == "" {
		if parent, err = os.UserCacheDir(); err != nil {
			return b, nil, err
		}
	}
	if b.dir, err = os.MkdirTemp(parent, "mxlogin-benchmarks-"); err != nil {
		return b, nil, err
	}
	ctx, stop := context.WithCancel(ctx)
	clean = func() {
		stop()
		_ = os.RemoveAll(b.dir)
	}
	if b.programs, err = buildPrograms(ctx, b.dir); err == nil {
		b.server, err = startHomeserver(ctx, b.dir)
	}
	if err != nil {
		clean()
		return b, nil, err
	}
	if b.far, err = startFar(ctx, b.dir); err != nil {
		clean()
		return b, nil, err
	}
	b.url = b.server.plain.URL()
	return b, clean, nil
}

func (b bench) measure(ctx context.Context, rounds int, withCurl bool, stderr io.Writer) ([]figure, error) {
	commands := append(b.logins(withCurl), b.locals()...)
	took, err := medians(ctx, rounds, commands)
	if err != nil {
		return nil, err
	}
	for _, c := range commands {
		fmt.Fprintf(stderr, "%-36s %6.2f ms\n", c.name, float64(took[c.name])/float64(time.Millisecond))
	}
	figures := []figure{
		ratio("login, nothing saved, to the mautrix-go program", took[unsavedLogin], took[mautrixLogin], unsavedToMautrix),
		ratio("login, new account saved, to the same", took[newLogin], took[mautrixLogin], savingToMautrix),
		ratio("login, known account saved, to the same", took[savedLogin], took[mautrixLogin], savingToMautrix),
		ratio("login, new account saved, to the same, the server taking 60 ms", took[slowNewLogin], took[slowMautrixLogin], savingToSlow),
		ratio("login, known account saved, to the same, the server taking 60 ms", took[slowSavedLogin], took[slowMautrixLogin], savingToSlow),
	}
	if withCurl {
		figures = append(figures, ratio("login, nothing saved, to curl + jq", took[unsavedLogin], took[curlLogin], toCurl))
	}
	figures = append(figures,
		milliseconds("`access-token`, 1 account", took[token1], accessTokenMS),
		milliseconds("`access-token`, 100 accounts", took[token100], accessToken100MS),
		milliseconds("completion of accounts, 1 account", took[completion1], completionMS),
		milliseconds("completion of accounts, 100 accounts", took[completion], completionMS),
		milliseconds("`--help`", took[help], 0),
	)
	counts, err := b.countRequests(ctx)
	if err != nil {
		return nil, err
	}
	trips, err := b.countRoundTrips(ctx, b.far)
	if err != nil {
		return nil, err
	}
	sizes, err := b.sizes(ctx)
	return slices.Concat(figures, counts, trips, sizes), err
}

func (b bench) countRequests(ctx context.Context) ([]figure, error) {
	var figures []figure
	for _, c := range []struct {
		command command
		what    string
		want    int
	}{
		{b.unsaved(), "requests, `--skip-flows`", 1},
		{b.saving(savedLogin, []string{user}), "requests, saved account", 1},
		{b.typed(), "requests, typed URL", 2},
		{b.discovered(), "requests, discovered", 4},
		{b.local(token100, 100, "token-0\n", "access-token"), "requests, `access-token`", 0},
	} {
		before := b.server.requests()
		if _, err := c.command.run(ctx); err != nil {
			return nil, err
		}
		figures = append(figures, requests(c.what, b.server.requests()-before, c.want))
	}
	return figures, nil
}

func (b bench) sizes(ctx context.Context) ([]figure, error) {
	binary, err := os.Stat(b.programs.mxlogin)
	if err != nil {
		return nil, err
	}
	peak, err := b.saving(newLogin, nil).peak(ctx, b.programs.peak)
	if err != nil {
		return nil, err
	}
	return []figure{
		megabytes("the program, stripped", binary.Size(), binaryMB),
		megabytes("peak resident memory of a login", peak, peakMB),
	}, nil
}
