//go:build unix

package config

import (
	"io/fs"
	"syscall"
)

// noFollow makes open refuse a symbolic link.
const noFollow = syscall.O_NOFOLLOW

// isForeign reports whether info is of a file of another user than uid. Root is
// no other user: it can do what it wants anyway.
func isForeign(info fs.FileInfo, uid int) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && stat.Uid != 0 && int(stat.Uid) != uid
}

// isLooseDirectory reports whether others than the owner may write to it.
func isLooseDirectory(info fs.FileInfo) bool {
	return info.Mode().Perm()&0o022 != 0
}

// isOpenToAll reports whether everybody may rename what is in the directory.
func isOpenToAll(info fs.FileInfo) bool {
	return info.Mode().Perm()&0o002 != 0 && info.Mode()&fs.ModeSticky == 0
}

// isLooseFile reports whether the mode allows more than reading and writing by
// the owner.
func isLooseFile(info fs.FileInfo) bool {
	const special = fs.ModeSetuid | fs.ModeSetgid | fs.ModeSticky
	return info.Mode().Perm()&^0o600 != 0 || info.Mode()&special != 0
}

func linkCount(info fs.FileInfo) uint64 {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 1
	}
	return uint64(stat.Nlink) //nolint:unconvert // it has 16 or 32 bits on other systems
}
