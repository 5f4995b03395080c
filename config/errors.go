package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// Targets of errors.Is.
var (
	// ErrLocked: another process kept the lock for longer than the lock timeout.
	ErrLocked = errors.New("locked by another process")
	// ErrInvalid: the file is broken, cut short or not a config file.
	ErrInvalid = errors.New("not a valid config file")
	// ErrNewer: the file was written by a newer mxlogin.
	ErrNewer = errors.New("newer than this mxlogin understands")
	// ErrForeign: the file, or a directory on the way to it, is another user's.
	ErrForeign = errors.New("owned by another user")
	// ErrLoose: a directory is writable by others.
	ErrLoose = errors.New("writable by others")
	// ErrReadOnly: the file is marked read-only.
	ErrReadOnly = errors.New("marked read-only")
	// ErrNotRegular: the path names a device, a pipe or a directory.
	ErrNotRegular = errors.New("not a regular file")
	// ErrNoDefaultPath: the environment does not say where the file belongs. It
	// is a usage error: --config names the file.
	ErrNoDefaultPath = errors.New("no home directory: name the config file with --config")
	// ErrNoAccount: no account has this name.
	ErrNoAccount = errors.New("no such account")
	// ErrAccountExists: another account has this name.
	ErrAccountExists = errors.New("an account of this name exists")
)

// FileError says that the config file could not be read, locked or written.
type FileError struct {
	Op   string // "read", "lock", "write", "create", ...
	Path string // of the file or directory concerned
	Err  error
}

func (e *FileError) Error() string {
	return fmt.Sprintf("cannot %s %s: %v", e.Op, e.Path, e.Err)
}

func (e *FileError) Unwrap() error { return e.Err }

// Hint says what a person can do about the error, or nothing.
func (e *FileError) Hint() string {
	switch {
	case errors.Is(e.Err, errNoVersion):
		return fmt.Sprintf("the file was left unchanged; begin it with the two lines below, or move it to %s.broken and log in again\nversion: 1\naccounts: []", e.Path)
	case errors.Is(e.Err, syscall.ENOLCK), errors.Is(e.Err, syscall.ENOSYS), errors.Is(e.Err, syscall.EOPNOTSUPP):
		return "its file system does not support locks; use a local file with --config, or save nothing: --storage none"
	case errors.Is(e.Err, syscall.EBUSY):
		return "it is a mount of its own and cannot be replaced; mount its directory instead"
	case errors.Is(e.Err, ErrInvalid):
		return fmt.Sprintf("the file was left unchanged; fix it, or move it to %s.broken and log in again", e.Path)
	case errors.Is(e.Err, ErrLocked):
		return "try again when the other mxlogin has finished"
	case errors.Is(e.Err, ErrNewer):
		return "the file was left unchanged; update mxlogin, or name another file with --config"
	case errors.Is(e.Err, ErrForeign):
		return "name a file of your own with --config (under sudo, use sudo -H)"
	case errors.Is(e.Err, ErrLoose):
		return fmt.Sprintf("chmod go-w %s, or name another file with --config", e.Path)
	case errors.Is(e.Err, ErrReadOnly):
		return fmt.Sprintf("make %s writable, or use --storage none", e.Path)
	}
	return ""
}

// newFileError drops the path that errors of package os carry: path says it.
func newFileError(op, path string, err error) *FileError {
	var pathError *fs.PathError
	if errors.As(err, &pathError) {
		err = pathError.Err
	}
	var linkError *os.LinkError
	if errors.As(err, &linkError) {
		err = linkError.Err
	}
	return &FileError{Op: op, Path: path, Err: err}
}

// ParseError says where a config file breaks the format. It names lines and
// keys of the format, never a value. It is an [ErrInvalid].
type ParseError struct {
	Line   int    // 1 for the first; 0 if it concerns the whole file
	Field  string // such as accounts[0].expires_at; may be empty
	Reason string

	noVersion bool
}

func (e *ParseError) Error() string {
	text := e.Reason
	if e.Field != "" {
		text = e.Field + ": " + text
	}
	if e.Line > 0 {
		text = fmt.Sprintf("line %d: %s", e.Line, text)
	}
	return fmt.Sprintf("%v: %s", ErrInvalid, text)
}

// Is makes every ParseError an [ErrInvalid].
func (e *ParseError) Is(target error) bool {
	return target == ErrInvalid || target == errNoVersion && e.noVersion
}

// errNoVersion: the file is YAML that does not say which version of the format it has.
var errNoVersion = errors.New("no version")

// SettingError says that a setting is unknown or that its value is of the wrong
// kind. It repeats neither a value nor an unknown key: people paste secrets in the
// wrong place.
type SettingError struct {
	Key        string
	Source     string // what gave the value, such as --timeout; empty for the setting itself
	Want       string // what is expected; empty for an unknown key
	Suggestion string // the nearest known key, for an unknown one
}

func (e *SettingError) Error() string {
	switch {
	case e.Want == "":
		return "unknown setting"
	case e.Source == "":
		return fmt.Sprintf("%s must be %s", e.Key, e.Want)
	}
	return fmt.Sprintf("%s must be %s", e.Source, e.Want)
}

// Hint says what a person can do about the error, or nothing.
func (e *SettingError) Hint() string {
	switch {
	case e.Suggestion != "":
		return fmt.Sprintf("did you mean %s?", e.Suggestion)
	case e.Want == "":
		return "to list all settings: mxlogin config list"
	}
	return ""
}
