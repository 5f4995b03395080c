package config

import (
	"os"
	"path/filepath"
	"strings"
)

// replaceFile puts data in the place of the file at path. Whenever it is cut off
// the file is the old or the new one, and once it returns without an error the
// new one outlives a loss of power.
func replaceFile(d disk, path string, data []byte) error {
	dir := filepath.Dir(path)
	temp, err := d.createTemp(dir, tempPrefix(path))
	if err != nil {
		return newFileError("write", path, err)
	}
	err = fill(temp, data)
	if err == nil {
		err = d.rename(temp.Name(), path)
	}
	if err != nil {
		_ = d.remove(temp.Name())
		return newFileError("write", path, err)
	}
	if err := d.syncDirectory(dir); err != nil {
		return newFileError("write", path, err)
	}
	return nil
}

// tryWrite writes data beside path and removes it again.
func tryWrite(d disk, path string, data []byte) error {
	temp, err := d.createTemp(filepath.Dir(path), tempPrefix(path))
	if err != nil {
		return newFileError("write", path, err)
	}
	_, err = temp.Write(data)
	if closeErr := temp.Close(); err == nil {
		err = closeErr
	}
	if removeErr := d.remove(temp.Name()); err == nil {
		err = removeErr
	}
	if err != nil {
		return newFileError("write", path, err)
	}
	return nil
}

// fill writes data to temp and closes it.
func fill(temp tempFile, data []byte) error {
	_, err := temp.Write(data)
	if err == nil {
		err = temp.Chmod(0o600) // the umask may have taken bits away
	}
	if err == nil {
		err = temp.Sync()
	}
	if closeErr := temp.Close(); err == nil {
		err = closeErr
	}
	return err
}

// removeStaleTemps removes what processes that were killed left beside path: whoever
// writes has the lock, so none of it is in use. That it fails is no reason not to write.
func removeStaleTemps(path string) {
	dir := filepath.Dir(path)
	entries, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	for _, entry := range entries {
		if !strings.HasPrefix(entry.Name(), tempPrefix(path)) {
			continue
		}
		if entry.Type().IsRegular() {
			_ = os.Remove(filepath.Join(dir, entry.Name()))
		}
	}
}

// tempPrefix is how the names of the temporary files of path begin.
func tempPrefix(path string) string {
	return "." + filepath.Base(path) + ".tmp-"
}
