package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// guardDirectories looks at the directory of the store's path and at that of the
// file it leads to. What is wrong is refused in the default place; elsewhere
// notify is told.
func (s *Store) guardDirectories(target string, notify func(Notice)) error {
	dirs := []string{filepath.Dir(s.path)}
	if dir := filepath.Dir(target); dir != dirs[0] {
		dirs = append(dirs, dir)
	}
	for _, dir := range dirs {
		err := s.guardDirectory(dir)
		var refused *FileError
		if !errors.As(err, &refused) {
			continue
		}
		harmless := errors.Is(err, ErrForeign) || errors.Is(err, ErrLoose)
		if !s.explicit || !harmless {
			return err
		}
		notify(Notice{NoticeDirectory, fmt.Sprintf("%s is %v: others may replace the config file", refused.Path, refused.Err)})
	}
	return nil
}

// guardDirectory says what is wrong with dir. Of one that is still missing it is
// the directory where it would be made: under sudo with another user's HOME,
// root must not leave files there.
func (s *Store) guardDirectory(dir string) error {
	existing, info, err := nearestExisting(dir)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return newFileError("use", existing, errors.New("not a directory"))
	}
	if isForeign(info, s.uid) {
		return newFileError("use", existing, ErrForeign)
	}
	// An empty volume of a container is open to all; the directory that is made in it, at
	// an explicit path, is not.
	isLoose := isOpenToAll(info) && !s.explicit
	if existing == dir {
		isLoose = isLooseDirectory(info)
	}
	if isLoose {
		return newFileError("use", existing, fmt.Errorf("%w (mode %04o)", ErrLoose, unixMode(info)))
	}
	return nil
}

// nearestExisting is dir or the first directory above it that exists.
func nearestExisting(dir string) (string, fs.FileInfo, error) {
	for {
		info, err := os.Stat(dir)
		if err == nil {
			return dir, info, nil
		}
		parent := filepath.Dir(dir)
		if !errors.Is(err, fs.ErrNotExist) || parent == dir {
			return "", nil, newFileError("use", dir, err)
		}
		dir = parent
	}
}

// makeBelow makes dir and what is missing above it, down from existing, with mode 0700
// whatever the umask is. existing was the last that was there before the directories were
// looked at.
func (s *Store) makeBelow(existing, dir string) error {
	if dir == existing {
		return nil
	}
	parent := filepath.Dir(dir)
	if err := s.makeBelow(existing, parent); err != nil {
		return err
	}
	err := os.Mkdir(dir, 0o700)
	if errors.Is(err, fs.ErrExist) {
		return s.guardMade(dir)
	}
	if err == nil {
		err = os.Chmod(dir, 0o700) //nolint:gosec,forbidigo // a directory, made just now; the umask may have taken away what opening it needs
	}
	if err == nil {
		err = syncDirectory(parent)
	}
	if err != nil {
		return newFileError("create", dir, err)
	}
	return nil
}

// guardMade says what is wrong with a directory that somebody made between the look at
// it and its making: another process of this user, or another user where all may write.
func (s *Store) guardMade(dir string) error {
	info, err := os.Lstat(dir)
	switch {
	case err != nil:
	case !info.IsDir():
		err = errors.New("not a directory")
	case isForeign(info, s.uid):
		err = ErrForeign
	case isLooseDirectory(info):
		err = fmt.Errorf("%w (mode %04o)", ErrLoose, unixMode(info))
	}
	if err != nil {
		return newFileError("use", dir, err)
	}
	return nil
}

// unixMode is the mode as chmod writes it.
func unixMode(info fs.FileInfo) uint32 {
	mode := uint32(info.Mode().Perm())
	for bit, value := range map[fs.FileMode]uint32{fs.ModeSetuid: 0o4000, fs.ModeSetgid: 0o2000, fs.ModeSticky: 0o1000} {
		if info.Mode()&bit != 0 {
			mode |= value
		}
	}
	return mode
}
