package config

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

const maxLinks = 40 // as the Linux kernel has it

// followLinks returns what the path of the store stands for once its symbolic
// links are followed. That file need not exist. A link of another user is
// refused: the kernel's own protection against links in shared directories does
// not see links that are followed by hand.
func (s *Store) followLinks() (string, error) {
	path := s.path
	for range maxLinks {
		info, err := os.Lstat(path)
		if errors.Is(err, fs.ErrNotExist) {
			return path, nil
		}
		if err != nil {
			return "", newFileError("read", path, err)
		}
		if info.Mode()&fs.ModeSymlink == 0 {
			return path, nil
		}
		if isForeign(info, s.uid) {
			return "", newFileError("follow link", path, ErrForeign)
		}
		if path, err = linkTarget(path); err != nil {
			return "", err
		}
	}
	return "", newFileError("follow link", s.path, errors.New("too many symbolic links"))
}

// linkTarget is one step from the link at path.
func linkTarget(path string) (string, error) {
	target, err := os.Readlink(path)
	if err != nil {
		return "", newFileError("follow link", path, err)
	}
	if filepath.IsAbs(target) {
		return target, nil
	}
	// The directory may be a link itself, and .. means its target's parent.
	dir, err := filepath.EvalSymlinks(filepath.Dir(path))
	if err != nil {
		return "", newFileError("follow link", path, err)
	}
	return filepath.Join(dir, target), nil
}
