//go:build unix

package terminal_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
)

const patience = 20 * time.Second

// session is a pty, the leader of its session, and what they tell. The leader
// outlives its job, so the terminal's mode can be looked at after that.
type session struct {
	t        *testing.T
	master   *os.File
	slave    *os.File
	commands *os.File
	screen   chan string // what is written to the terminal, piece by piece
	shown    string      // all of it so far
	seen     int         // up to where see has looked at it
	reports  chan string
	events   chan string
}

// newSession starts the test binary in the part of leader, which may have a job.
func newSession(t *testing.T, leader, job string) *session {
	t.Helper()
	master, slave := openPair(pty.Open())(t)
	reportsR, reportsW := openPair(os.Pipe())(t)
	commandsR, commandsW := openPair(os.Pipe())(t)
	eventsR, eventsW := openPair(os.Pipe())(t)

	cmd := exec.Command(os.Args[0])
	cmd.Env = partEnvironment(leader, job)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = slave, slave, slave
	cmd.ExtraFiles = []*os.File{reportsW, commandsR, eventsW}
	cmd.SysProcAttr = &unix.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for _, f := range []*os.File{reportsW, commandsR, eventsW} {
		_ = f.Close()
	}
	t.Cleanup(func() {
		_ = commandsW.Close()
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		_ = slave.Close()
		_ = master.Close()
	})
	return &session{
		t: t, master: master, slave: slave, commands: commandsW,
		screen: pieces(master), reports: lines(reportsR), events: lines(eventsR),
	}
}

// startSecret starts a job that asks for a secret and waits for its prompt.
func startSecret(t *testing.T) (s *session, pid int) {
	t.Helper()
	s = newSession(t, "shell", "secret")
	pid = s.start("foreground")
	s.see(promptText)
	s.wantEcho(false)
	return s, pid
}

// start starts the shell's job and returns its process ID.
func (s *session) start(where string) int {
	s.t.Helper()
	s.tell("start in " + where)
	event := s.next(s.events)
	pid, err := strconv.Atoi(strings.TrimPrefix(event, "pid "))
	if err != nil {
		s.t.Fatalf("the shell says %q", event)
	}
	return pid
}

func (s *session) tell(command string) {
	s.t.Helper()
	if _, err := fmt.Fprintln(s.commands, command); err != nil {
		s.t.Fatal(err)
	}
}

func (s *session) typeKeys(keys string) {
	s.t.Helper()
	if _, err := s.master.WriteString(keys); err != nil {
		s.t.Fatal(err)
	}
}

// see waits until text is on the screen, after what was seen before.
func (s *session) see(text string) {
	s.t.Helper()
	for {
		if _, after, found := strings.Cut(s.shown[s.seen:], text); found {
			s.seen = len(s.shown) - len(after)
			return
		}
		s.shown += s.next(s.screen)
	}
}

// refuseShown fails the test if text is on the screen.
func (s *session) refuseShown(text string) {
	s.t.Helper()
	for len(s.screen) > 0 {
		s.shown += s.next(s.screen)
	}
	if strings.Contains(s.shown, text) {
		s.t.Errorf("the screen shows %q in %q", text, s.shown)
	}
}

func (s *session) wantReport(want string) {
	s.t.Helper()
	if got := s.next(s.reports); got != want {
		s.t.Errorf("the program reports %q, want %q", got, want)
	}
}

func (s *session) wantEvent(want string) {
	s.t.Helper()
	if got := s.next(s.events); got != want {
		s.t.Fatalf("the job %q, want %q", got, want)
	}
}

func (s *session) wantEcho(want bool) {
	s.t.Helper()
	mode, err := unix.IoctlGetTermios(int(s.slave.Fd()), getTermios)
	if err != nil {
		s.t.Fatal(err)
	}
	if got := mode.Lflag&unix.ECHO != 0; got != want {
		s.t.Errorf("echo is %t, want %t", got, want)
	}
}

// next returns the next string, within the patience of a test.
func (s *session) next(from <-chan string) string {
	s.t.Helper()
	select {
	case text, open := <-from:
		if !open {
			s.t.Fatalf("nothing more comes; the screen shows %q", s.shown)
		}
		return text
	case <-time.After(patience):
		s.t.Fatalf("nothing comes; the screen shows %q", s.shown)
	}
	return ""
}

func pieces(f *os.File) chan string {
	c := make(chan string, 1024)
	go func() {
		defer close(c)
		buffer := make([]byte, 4096)
		for {
			n, err := f.Read(buffer)
			if n > 0 {
				c <- string(buffer[:n])
			}
			if err != nil {
				return
			}
		}
	}()
	return c
}

func lines(f *os.File) chan string {
	c := make(chan string, 16)
	go func() {
		defer close(c)
		defer func() { _ = f.Close() }()
		for s := bufio.NewScanner(f); s.Scan(); {
			c <- s.Text()
		}
	}()
	return c
}

// openPair fails the test if the two files could not be opened.
func openPair(a, b *os.File, err error) func(*testing.T) (*os.File, *os.File) {
	return func(t *testing.T) (*os.File, *os.File) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return a, b
	}
}
