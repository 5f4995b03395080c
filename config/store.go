package config

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

const (
	defaultLockTimeout = 10 * time.Second
	maxFileSize        = 4 << 20 // bytes; 100 accounts take about 30 KiB
)

// Notice is what a person should know about where the secrets are kept. No
// error comes of it.
type Notice struct {
	Code    string // NoticeFileMode, NoticeHardLinks, NoticeDirectory or NoticeKeyring
	Message string
}

// Codes of notices.
const (
	NoticeFileMode  = "file_mode"  // others could read the file; it was tightened
	NoticeHardLinks = "hard_links" // other names of the file keep the old content
	NoticeDirectory = "directory"  // others can replace the file
	NoticeKeyring   = "keyring"    // tokens that nothing needs are still in the keyring
)

// Store is the place of the config file.
type Store struct {
	path        string
	explicit    bool
	notify      func(Notice)
	uid         int // whose files are ours; -1 where files have no user ID
	lockTimeout time.Duration
	disk        disk
	keyring     Keyring
}

// NewStore returns the store of the file at path. explicit says that a person
// named the path: in the default place a directory of another user, or one that
// others may write, is refused; in an explicit one notify is told. notify is
// called by [Store.Update] only.
func NewStore(path string, explicit bool, notify func(Notice)) *Store {
	return &Store{
		path:        path,
		explicit:    explicit,
		notify:      notify,
		uid:         os.Geteuid(),
		lockTimeout: defaultLockTimeout,
		disk:        realDisk{},
		keyring:     SystemKeyring{},
	}
}

// WithPatience returns a Store like s whose lock is waited for longer: while a
// session is renewed the lock is held until the server has answered.
func (s *Store) WithPatience(patience time.Duration) *Store {
	patient := *s
	patient.lockTimeout = max(patience, s.lockTimeout)
	return &patient
}

// WithKeyring returns a Store like s that keeps tokens in another keyring than the
// system's.
func (s *Store) WithKeyring(keyring Keyring) *Store {
	other := *s
	other.keyring = keyring
	return &other
}

// Path is the path that the store was made with.
func (s *Store) Path() string { return s.path }

// Load reads the file; one that is missing is empty. It neither locks nor writes,
// creates or tightens anything. Errors are [FileError].
func (s *Store) Load() (*File, error) {
	target, err := s.followLinks()
	if err != nil {
		return nil, err
	}
	if _, err := os.Lstat(target); errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return s.missing(), nil // wherever it would be made
	}
	if err := s.guardDirectories(target, ignoreNotice); err != nil {
		return nil, err
	}
	file, _, err := s.read(target)
	return file, err
}

// missing is the file that is not there yet.
func (s *Store) missing() *File {
	file := newFile()
	file.path = s.path
	return file
}

func ignoreNotice(Notice) {}

// Update changes the file: it takes the lock, reads the file again, lets change
// edit it, and writes it if it changed, with the tokens that the keyring keeps. The lock
// is beside the file and is waited for up to 10 s, or as long as [Store.WithPatience]
// says. After an error of change nothing is written and that error is returned as it is;
// other errors are [FileError], [KeyringError], or the error of ctx while the lock was
// waited for. Once the lock is taken ctx has no effect, so that what was begun is saved.
func (s *Store) Update(ctx context.Context, change func(*File) error) error {
	return s.update(ctx, func(string, *File) error { return nil }, change)
}

// UpdateChecked is [Store.Update] for a change that cannot be repeated, or that something
// waits for which cannot: it is made only where it was shown, under the same lock, that it
// can be saved, by the way that Update goes but for the last step. storage is where the
// tokens will be kept.
func (s *Store) UpdateChecked(ctx context.Context, storage string, change func(*File) error) error {
	return s.update(ctx, func(target string, file *File) error {
		if err := tryWrite(s.disk, target, file.raw); err != nil || storage != StorageKeyring {
			return err
		}
		return tryKeyring(ctx, s.keyring)
	}, change)
}

func (s *Store) update(ctx context.Context, check func(string, *File) error, change func(*File) error) error {
	return s.locked(ctx, func(target string) error {
		file, info, err := s.readWritable(target)
		if err != nil {
			return err
		}
		if err := check(target, file); err != nil {
			return err
		}
		if err := change(file); err != nil {
			return err
		}
		return s.commit(ctx, target, file, info)
	})
}

// locked does work under the lock of the file.
func (s *Store) locked(ctx context.Context, work func(target string) error) error {
	target, err := s.prepare()
	if err != nil {
		return err
	}
	release, err := acquireLock(ctx, target+".lock", s.lockTimeout)
	if err != nil {
		return err
	}
	defer release()
	removeStaleTemps(target)
	return work(target)
}

// readWritable reads the file that is about to be replaced. A replacement does not
// ask for the right to write the old file, so that is done here: who marked it
// read-only meant it.
func (s *Store) readWritable(target string) (*File, fs.FileInfo, error) {
	file, info, err := s.read(target)
	if err != nil {
		return nil, nil, err
	}
	if info != nil && info.Mode().Perm()&0o200 == 0 {
		return nil, nil, newFileError("write", target, ErrReadOnly)
	}
	return file, info, nil
}

// prepare finds the file and makes its directory ready for it.
func (s *Store) prepare() (target string, err error) {
	target, err = s.followLinks()
	if err != nil {
		return "", err
	}
	dir := filepath.Dir(target)
	existing, _, err := nearestExisting(dir)
	if err != nil {
		return "", err
	}
	if err := s.guardDirectories(target, s.notify); err != nil {
		return "", err
	}
	return target, s.makeBelow(existing, dir)
}

// read reads the file at target; info is nil if there is none.
func (s *Store) read(target string) (file *File, info fs.FileInfo, err error) {
	data, info, err := s.readRaw(target)
	if errors.Is(err, fs.ErrNotExist) {
		return s.missing(), nil, nil
	}
	if err != nil {
		return nil, nil, newFileError("read", target, err)
	}
	if len(data) == 0 && s.explicit { // as touch and mktemp make it
		return s.missing(), info, nil
	}
	file, err = Parse(data)
	if err != nil {
		return nil, nil, newFileError("read", target, err)
	}
	file.path = s.path
	return file, info, nil
}

// readRaw refuses what is not a file of ours before it opens it: to open a pipe
// would block.
func (s *Store) readRaw(target string) ([]byte, fs.FileInfo, error) {
	info, err := os.Lstat(target)
	if err != nil {
		return nil, nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, nil, ErrNotRegular
	}
	opened, err := os.Open(target)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = opened.Close() }()
	if info, err = opened.Stat(); err != nil {
		return nil, nil, err
	}
	if isForeign(info, s.uid) {
		return nil, nil, ErrForeign
	}
	data, err := io.ReadAll(io.LimitReader(opened, maxFileSize+1))
	if err != nil {
		return nil, nil, err
	}
	if len(data) > maxFileSize {
		return nil, nil, &ParseError{Reason: fmt.Sprintf("larger than %d bytes", maxFileSize)}
	}
	return data, info, nil
}

// write replaces the file at target by file, unless nothing changed. What could
// not be read again is not written. info is of the old file, nil if there is none.
func (s *Store) write(target string, file *File, info fs.FileInfo) error {
	data, err := file.Bytes()
	if err != nil {
		return newFileError("write", target, err)
	}
	if bytes.Equal(data, file.raw) {
		return nil
	}
	if _, err := Parse(data); err != nil {
		return newFileError("write", target, fmt.Errorf("the result could not be read again: %w", err))
	}
	if err := replaceFile(s.disk, target, data); err != nil {
		return err
	}
	file.raw = data
	if info != nil {
		s.noticeOldFile(target, info)
	}
	return nil
}

// noticeOldFile tells what was wrong with the file that has been replaced. The
// new one has mode 0600 and one name.
func (s *Store) noticeOldFile(target string, old fs.FileInfo) {
	if isLooseFile(old) {
		s.notify(Notice{NoticeFileMode, fmt.Sprintf("%s had mode %04o, so others could use its tokens; it now has 0600", target, unixMode(old))})
	}
	if links := linkCount(old); links > 1 {
		s.notify(Notice{NoticeHardLinks, fmt.Sprintf("%s had %d hard links; the others keep the old content", target, links)})
	}
}
