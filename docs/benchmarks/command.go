package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"
)

// command is a whole process to measure.
type command struct {
	name    string
	argv    []string
	env     []string
	want    string       // that the output has to hold, lest a failure be measured
	prepare func() error // puts the files into the state that a run starts from; may be nil
}

// run runs the command once, from its start to its end, and returns the wall time.
func (c command) run(ctx context.Context) (time.Duration, error) {
	_, took, err := c.output(ctx)
	return took, err
}

// peak runs the command once, by the program at path, and returns its peak
// resident memory in bytes.
func (c command) peak(ctx context.Context, path string) (int64, error) {
	c.argv = append([]string{path}, c.argv...)
	text, _, err := c.output(ctx)
	if err != nil {
		return 0, err
	}
	words := strings.Fields(text)
	return strconv.ParseInt(words[len(words)-1], 10, 64)
}

func (c command) output(ctx context.Context) (text string, took time.Duration, err error) {
	if c.prepare != nil {
		if err := c.prepare(); err != nil {
			return "", 0, err
		}
	}
	// A file, since the time to empty a pipe would be this process's.
	out, err := os.CreateTemp("", "mxlogin-benchmarks-")
	if err != nil {
		return "", 0, err
	}
	defer func() { err = errors.Join(err, out.Close(), os.Remove(out.Name())) }()
	process := exec.CommandContext(ctx, c.argv[0], c.argv[1:]...)
	process.Env = c.env
	process.Stdout, process.Stderr = out, out
	start := time.Now()
	failed := process.Run()
	took = time.Since(start)

	written, err := os.ReadFile(out.Name())
	line := strings.Join(c.argv, " ")
	switch {
	case failed != nil:
		return "", 0, fmt.Errorf("%s: %w: %s", line, failed, bytes.TrimSpace(written))
	case err != nil:
		return "", 0, err
	case !strings.Contains(string(written), c.want):
		return "", 0, fmt.Errorf("%s: the output does not hold %q: %q", line, c.want, written)
	}
	return string(written), took, nil
}

// warmUp is how many rounds are not counted: the first ones load the programs
// from the disk.
const warmUp = 3

// medians runs the commands in turn, in as many rounds as told, and returns the
// median wall time of each. Whatever else the machine does meanwhile slows all of
// them alike.
func medians(ctx context.Context, rounds int, commands []command) (map[string]time.Duration, error) {
	times := map[string][]time.Duration{}
	for round := range warmUp + rounds {
		for _, command := range commands {
			took, err := command.run(ctx)
			if err != nil {
				return nil, err
			}
			if round >= warmUp {
				times[command.name] = append(times[command.name], took)
			}
		}
	}
	result := map[string]time.Duration{}
	for name, of := range times {
		result[name] = median(of)
	}
	return result, nil
}

func median(times []time.Duration) time.Duration {
	slices.Sort(times)
	n := len(times)
	return (times[(n-1)/2] + times[n/2]) / 2
}
