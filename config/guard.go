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

// makeDirectory makes dir and what is missing above it, with mode 0700 whatever
// the umask is.
func makeDirectory(dir string) error {
	if _, err := os.Stat(dir); err == nil {
		return nil
	}
	parent := filepath.Dir(dir)
	if parent != dir {
		if err := makeDirectory(parent); err != nil {
			return err
		}
	}
	err := os.Mkdir(dir, 0o700)
	if errors.Is(err, fs.ErrExist) { // made by another process meanwhile
		return nil
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
