//go:build !(linux || netbsd || openbsd || (freebsd && cgo) || (dragonfly && cgo))

package config

func hasKeyring() bool { return true }

func isNoService(error) bool { return false }
