package config

import "os"

// disk is what writing the config file asks of the file system, so that each call can be
// made to fail in a test on every system.
type disk interface {
	// createTemp makes a new file of mode 0600 in dir whose name begins with prefix.
	createTemp(dir, prefix string) (tempFile, error)
	rename(from, to string) error
	remove(path string) error
	syncDirectory(dir string) error
}

// tempFile is the file that is to be the config file.
type tempFile interface {
	Name() string
	Write(data []byte) (int, error)
	Chmod(mode os.FileMode) error
	Sync() error
	Close() error
}

// realDisk is the one of the machine.
type realDisk struct{}

func (realDisk) createTemp(dir, prefix string) (tempFile, error) {
	return os.CreateTemp(dir, prefix+"*") // 0600 and O_EXCL
}

func (realDisk) rename(from, to string) error { return rename(from, to) }

func (realDisk) remove(path string) error { return os.Remove(path) }

func (realDisk) syncDirectory(dir string) error { return syncDirectory(dir) }
