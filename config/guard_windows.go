package config

import "io/fs"

// noFollow has no counterpart on Windows.
const noFollow = 0

// Windows keeps others out by access control lists, which the directory of a
// user hands down to what is made in it. The mode bits say nothing.

func isForeign(fs.FileInfo, int) bool { return false }

func isLooseDirectory(fs.FileInfo) bool { return false }

func isOpenToAll(fs.FileInfo) bool { return false }

func isLooseFile(fs.FileInfo) bool { return false }

func linkCount(fs.FileInfo) uint64 { return 1 }
